// How fast a whole chip is simulated: every core streams its die's HBM through DMA, cycles only.
//   bench-chip [--benchmark_filter=…]
// Counters: core cycles and bursts per host second, share of the HBM's peak, messages per burst.
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
  p.kernel(k).launch();
  return std::move(p.program);
}

void streamHbm(benchmark::State &state, const char *name) {
  rt::Chip chip = rt::loadChip(name);
  const int64_t tiles = state.range(0);
  sim::SimDevice device(chip);
  device.load(stream(chip, tiles), rt::Mode::Cycles);
  rt::RunOptions options;
  options.mode = rt::Mode::Cycles;
  double cycles = 0, share = 0, bursts = 0, messages = 0, seconds = 0;
  for (auto _ : state) {
    rt::RunResult result = device.run(options);
    cycles += double(result.cycles);
    bursts += double(result.hbm.readBytes) / double(rt::burstGrain(chip));
    share = double(result.hbm.readBytes) / chip.seconds(result.cycles) / chip.peakHbmBytesPerSecond();
    messages += double(device.messages());
    seconds += result.hostSeconds;
  }
  state.counters["cycles_per_second"] = cycles / seconds;
  state.counters["bursts_per_second"] = bursts / seconds;
  state.counters["hbm_share"] = share;
  state.counters["messages_per_burst"] = messages / bursts;
}

BENCHMARK_CAPTURE(streamHbm, rebel100, "rebel100")->Arg(32)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(streamHbm, atom, "atom")->Arg(64)->Unit(benchmark::kMillisecond);

} // namespace

BENCHMARK_MAIN();
