// How fast a whole chip is simulated: every core streams its die's HBM through DMA, or gathers rows of it, cycles only.
//   bench-chip [--benchmark_filter=…]
// Counters: core cycles and bursts per second of one host core, share of the HBM's peak, messages per burst.
#include "../sim/units/ProgramBuilder.h"
#include "runtime/timing/Bursts.h"
#include "sim/SimDevice.h"

#include <benchmark/benchmark.h>

using namespace garam;
using namespace garam::test;
using rt::Opcode;

namespace {

constexpr int64_t kTile = 128 << 10;

/// Every core reads `tiles` tiles of its die, each core a stretch of its own.
rt::Program stream(const rt::Chip &chip, int64_t tiles) {
  KernelBuilder k;
  int tile = k.descriptor(KernelBuilder::dense(kTile));
  const int64_t perDie = chip.topology.coresPerDie;
  k.add(Opcode::SeqCore, {0});
  // r1 = die, r2 = core of the die.
  int shift = 0;
  while (int64_t(1) << shift < perDie)
    ++shift;
  k.add(Opcode::SeqShr, {1, r(0), shift}).add(Opcode::SeqAnd, {2, r(0), perDie - 1});
  k.add(Opcode::SeqShl, {3, r(1), 48});
  // Neighbours start on different channels, as the stretches of a tensor do that is cut over cores.
  const int64_t skew = chip.dram.channels() / perDie * chip.dram.interleaveBytes;
  k.set(4, tiles * kTile + skew).add(Opcode::SeqMul, {5, r(2), r(4)}).add(Opcode::SeqAdd, {3, r(3), r(5)});
  k.set(6, kTile);
  k.add(Opcode::SeqLoop, {7, 0, tiles, 1, 2});
  k.load(tile, r(3), 0);
  k.add(Opcode::SeqAdd, {3, r(3), r(6)});
  ProgramBuilder p(chip.name, uint32_t(chip.topology.dies));
  for (int die = 0; die < chip.topology.dies; ++die)
    p.segment("read" + std::to_string(die), rt::hbmAddress(die, 0), uint64_t(perDie * (tiles * kTile + skew)));
  p.kernel(k).launch();
  return std::move(p.program);
}

/// Every core gathers rows of 1 KB from anywhere in 1 GB of its die.
rt::Program gather(const rt::Chip &chip, int64_t lists) {
  constexpr int64_t kRow = 1024, kRows = 128, kTable = 1 << 30;
  KernelBuilder k;
  int rows = k.descriptor(rt::DmaShape{{kRow, 1, 1, 1, kRows}, {1, 0, 0, 0, kRow}, {1, 0, 0, 0, kRow}});
  int shift = 0;
  while (int64_t(1) << shift < chip.topology.coresPerDie)
    ++shift;
  k.add(Opcode::SeqCore, {0}).add(Opcode::SeqShr, {1, r(0), shift}).add(Opcode::SeqShl, {3, r(1), 48});
  k.add(Opcode::SeqLoop, {7, 0, lists, 1, 1});
  k.add(Opcode::DmaGather, {rows, r(3), 0, 0, 0, 0, 0, 0, kRow * kRows, int64_t(rt::DType::I32)});
  ProgramBuilder p(chip.name, uint32_t(chip.topology.dies));
  for (int die = 0; die < chip.topology.dies; ++die)
    p.segment("table" + std::to_string(die), rt::hbmAddress(die, 0), kTable);
  p.kernel(k).launch();
  return std::move(p.program);
}

/// Every core multiplies tiles as a compiled product does: two operands in, double buffered, a product of several
/// passes, a chain on its sums, the result out.
rt::Program multiply(const rt::Chip &chip, int64_t tiles) {
  KernelBuilder k;
  const int64_t m = 128, depth = 256, n = 128;
  int a = k.descriptor(KernelBuilder::dense(m * depth * 2)), w = k.descriptor(KernelBuilder::dense(depth * n * 2));
  int c = k.descriptor(KernelBuilder::dense(m * n * 2));
  rt::Chain gelu;
  gelu.sources[0] = {rt::DType::F32, true, false};
  gelu.dst = {rt::DType::BF16, true, false};
  gelu.steps = {{rt::StepOp::SaveT0}, {rt::StepOp::Erf}, {rt::StepOp::Mul, rt::StepArg::T0}};
  int chain = k.descriptor(gelu);
  const int64_t bufferW = 256 << 10, bufferC = 512 << 10;
  k.add(Opcode::SeqCore, {0}).add(Opcode::SeqShl, {1, r(0), 20});
  k.add(Opcode::SeqLoop, {2, 0, tiles, 1, 12});
  k.add(Opcode::SeqAnd, {3, r(2), 1}).add(Opcode::SeqShl, {4, r(3), 16});
  k.add(Opcode::SeqAdd, {5, r(4), bufferW}).add(Opcode::SeqAdd, {6, r(4), bufferC});
  k.add(Opcode::SeqShl, {7, r(3), 16}).add(Opcode::SeqAdd, {7, r(7), rt::kAccBase});
  // Semaphores: 0 and 1 operands there, 2 buffers free, 3 sums there, 4 acc free, 5 result there, 6 its buffer free.
  k.add(Opcode::DmaLoad, {a, r(1), r(4), 0, 0, 0, 0, 0, 0}, {{token(2)}, {token(0)}});
  k.add(Opcode::DmaLoad, {w, r(1), r(5), 0, 0, 0, 0, 0, 0}, {{}, {token(0)}});
  k.add(Opcode::Mma, {r(4), depth * 2, r(5), n * 2, r(7), n * 4, m, depth, n, 0, 0x22},
        {{token(0, 2), token(4)}, {token(2), token(3)}});
  k.add(Opcode::VecMap, {chain, m, n, r(7), n * 4, 0, 0, 0, 0, r(6), n * 2, 0, 0},
        {{token(3), token(6)}, {token(4), token(5)}});
  k.add(Opcode::DmaStore, {c, r(6), r(1), 0, 0, 0, 0, 0, 0}, {{token(5)}, {token(6)}});
  k.add(Opcode::SeqAdd, {1, r(1), 4096});
  for (int semaphore : {2, 4, 6})
    k.initialTokens[size_t(semaphore)] = 2;
  ProgramBuilder p(chip.name, uint32_t(chip.topology.dies));
  p.segment("tiles", 0, uint64_t(chip.cores() << 20) + uint64_t(tiles * 4096 + m * depth * 2)).kernel(k).launch();
  return std::move(p.program);
}

void products(benchmark::State &state, const char *name) {
  rt::Chip chip = rt::loadChip(name);
  sim::SimDevice device(chip);
  device.load(multiply(chip, state.range(0)), rt::Mode::Cycles);
  rt::RunOptions options;
  options.mode = rt::Mode::Cycles;
  double cycles = 0, busy = 0;
  for (auto _ : state) {
    rt::RunResult result = device.run(options);
    cycles += double(result.cycles);
    busy = double(result.engines[2].busy) / double(result.cycles);
  }
  state.counters["cycles_per_second"] = benchmark::Counter(cycles, benchmark::Counter::kIsRate);
  state.counters["matrix_busy"] = busy;
}

/// Bursts of `bytes`, all of them reads.
void reads(benchmark::State &state, const rt::Chip &chip, const rt::Program &program, int64_t bytes) {
  sim::SimDevice device(chip);
  device.load(program, rt::Mode::Cycles);
  rt::RunOptions options;
  options.mode = rt::Mode::Cycles;
  double cycles = 0, share = 0, bursts = 0, messages = 0;
  for (auto _ : state) {
    rt::RunResult result = device.run(options);
    cycles += double(result.cycles);
    bursts += double(result.hbm.readBytes) / double(bytes);
    share = double(result.hbm.readBytes) / chip.seconds(result.cycles) / chip.peakHbmBytesPerSecond();
    messages += double(device.messages());
  }
  state.counters["cycles_per_second"] = benchmark::Counter(cycles, benchmark::Counter::kIsRate);
  state.counters["bursts_per_second"] = benchmark::Counter(bursts, benchmark::Counter::kIsRate);
  state.counters["hbm_share"] = share;
  state.counters["messages_per_burst"] = messages / bursts;
}

void streamHbm(benchmark::State &state, const char *name) {
  const rt::Chip chip = rt::loadChip(name);
  reads(state, chip, stream(chip, state.range(0)), rt::burstGrain(chip));
}

void gatherHbm(benchmark::State &state, const char *name) {
  const rt::Chip chip = rt::loadChip(name);
  reads(state, chip, gather(chip, state.range(0)), 1024);
}

BENCHMARK_CAPTURE(gatherHbm, rebel100, "rebel100")->Arg(16)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(streamHbm, rebel100, "rebel100")->Arg(32)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(streamHbm, atom, "atom")->Arg(64)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(products, atom, "atom")->Arg(64)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(products, rebel100, "rebel100")->Arg(16)->Unit(benchmark::kMillisecond);

} // namespace

BENCHMARK_MAIN();
