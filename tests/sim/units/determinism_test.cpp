// The same program again and again, with units constructed in either order: the same bits, cycles, accounts and times
// of every instruction. Programs are drawn: all engines, all memories, all dies, multicast, remote signals and
// barriers. GARAM_LONG=1 makes it 100 runs of each.
#include "Run.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <random>
#include <thread>

using namespace garam;
using namespace garam::test;
using rt::Opcode;

namespace {

constexpr int64_t kPiece = 16384;        // bytes of a tile
constexpr int64_t kOutput = 16 * kPiece; // of a core
constexpr int64_t kList = 900032;        // where a core keeps its index list

int rounds() {
  const char *all = std::getenv("GARAM_LONG");
  return all && *all == '1' ? 100 : 20;
}

const std::vector<rt::Override> kChip = {"topology.cores_per_die=4", "topology.clusters_per_die=1",
                                         "noc.mesh_columns=3",       "noc.mesh_rows=2",
                                         "l1.size_bytes=1048576",    "launch.latency_ns=10.0"};

/// Every core runs the same drawn steps; what it writes is its own, what it reads is written by nobody.
rt::Program drawn(uint64_t seed, int dies) {
  std::mt19937_64 random(seed);
  auto below = [&](int64_t n) { return int64_t(random() % uint64_t(n)); };
  const int64_t cores = dies * 4;
  KernelBuilder k;
  const rt::DmaShape rows{{256, 8, 2, 4, 1}, {1, 512, 4096, 8192, 0}, {1, 256, 2048, 4096, 0}};
  int dense = k.descriptor(KernelBuilder::dense(kPiece)), strided = k.descriptor(rows),
      gather = k.descriptor(rt::DmaShape{{256, 1, 1, 1, 32}, {1, 0, 0, 0, 256}, {1, 0, 0, 0, 256}});
  rt::Chain gelu;
  gelu.sources[0] = {rt::DType::F32, true, false};
  gelu.dst = {rt::DType::F32, true, false};
  gelu.steps = {{rt::StepOp::SaveT0}, {rt::StepOp::Erf}, {rt::StepOp::Mul, rt::StepArg::T0}};
  int chain = k.descriptor(gelu);
  // r1: own part of the output, r2: core of the next die, r3: where it may be written to.
  k.add(Opcode::SeqCore, {0}).set(4, kOutput).add(Opcode::SeqMul, {1, r(0), r(4)});
  k.set(5, rt::hbmAddress(rt::kAllDies, 1 << 20)).add(Opcode::SeqAdd, {1, r(1), r(5)});
  k.add(Opcode::SeqAdd, {2, r(0), 4}).add(Opcode::SeqShr, {6, r(2), 2}).add(Opcode::SeqEq, {6, r(6), dies});
  k.add(Opcode::SeqMul, {6, r(6), cores}).add(Opcode::SeqSub, {2, r(2), r(6)});
  k.set(10, rt::hbmAddress(rt::kAllDies, 0));
  k.load(k.descriptor(KernelBuilder::dense(128)), r(10), kList, {{}, {token(6)}});
  k.add(Opcode::DmaInSync, {}, {{token(6)}, {}});
  // Semaphores: 0 a tile is here, 1 sums are there, 2 a result is there, 3 its buffer is free, 4 a tile of the other
  // core.
  const int64_t trips = 2 + below(3), body = 3 + below(3);
  KernelBuilder loop;
  for (int64_t step = 0; step < body; ++step) {
    const int64_t from = below(1 << 19) & ~int64_t(63), m = 8 + below(24), depth = 16 + below(60), n = 16 + below(60);
    const int64_t wide = n * 4, address = (below(4) + 2) * 65536;
    switch (below(4)) {
    case 0:
      loop.set(7, rt::hbmAddress(rt::kAllDies, from)).load(strided, r(7), 0, {{}, {token(0)}});
      break;
    case 1:
      loop.set(7, rt::hbmAddress(below(dies), from)).load(dense, r(7), 0, {{}, {token(0)}});
      break;
    case 2:
      loop.set(7, rt::sharedAddress(below(dies), from)).load(dense, r(7), 0, {{}, {token(0)}});
      break;
    default:
      loop.set(7, rt::hbmAddress(below(dies), 0));
      loop.add(Opcode::DmaGather, {gather, r(7), 0, 0, 0, 0, 0, 0, kList, int64_t(rt::DType::I32)}, {{}, {token(0)}});
    }
    loop.add(Opcode::Mma, {0, depth * 2, 4096, wide / 2, rt::kAccBase, wide, m, depth, n, 0, 0x22},
             {{token(0)}, {token(1)}});
    loop.add(Opcode::VecMap, {chain, m, n, rt::kAccBase, wide, 0, 0, 0, 0, address, wide, 0, 0},
             {{token(1), token(3)}, {token(2)}});
    if (below(3) == 0)
      loop.add(Opcode::SyncBarrier, {below(2)});
    loop.store(dense, address, r(1), {{token(2)}, {token(3)}});
    loop.add(Opcode::SeqAdd, {1, r(1), kPiece / 8});
  }
  k.add(Opcode::SeqLoop, {8, 0, trips, 1, int64_t(loop.insns.size())});
  k.insns.insert(k.insns.end(), loop.insns.begin(), loop.insns.end());
  for (size_t i = 0; i < loop.waiters.size(); ++i)
    if (loop.waiters[i] != 255)
      k.waiters[i] = loop.waiters[i];
  // The first core of each die gives a tile to the others; each core gives one to its fellow on the next die.
  k.add(Opcode::SeqAnd, {9, r(0), 3}).add(Opcode::SeqEq, {9, r(9), 0}).add(Opcode::SeqSkip, {r(9), 1});
  k.load(dense, r(10), 600000, {{}, {token(4)}}, 0b1111);
  k.add(Opcode::VectorSync, {}, {{token(4)}, {}});
  k.initialTokens[3] = 1;
  k.add(Opcode::DmaOutSync, {r(2)}, {{}, {remote(5)}}).add(Opcode::MatrixSync, {}, {{token(5)}, {}});
  ProgramBuilder p("rebel100", uint32_t(dies));
  p.segment("in", rt::hbmAddress(rt::kAllDies, 0), 1 << 20)
      .segment("out", rt::hbmAddress(rt::kAllDies, 1 << 20), uint64_t(cores * kOutput));
  for (int die = 0; die < dies; ++die)
    p.segment("own" + std::to_string(die), rt::hbmAddress(die, 0), 1 << 20)
        .segment("shared" + std::to_string(die), rt::sharedAddress(die, 0), 1 << 20);
  p.kernel(k).launch().launch();
  return std::move(p.program);
}

/// All that a run says, records by core and engine in order.
auto told(rt::RunResult result) {
  std::vector<std::array<int64_t, 7>> records;
  for (const rt::InsnRecord &own : result.records)
    records.push_back({own.launch, own.core, int64_t(own.engine), own.index, own.issue, own.start, own.end});
  std::sort(records.begin(), records.end());
  std::vector<int64_t> counts{result.cycles,      result.hbm.readBytes, result.hbm.writeBytes,
                              result.hbm.rowHits, result.hbm.activates, result.hbm.refreshes};
  for (const rt::EngineCounters &engine : result.engines) {
    counts.insert(counts.end(), {engine.busy, engine.idle, engine.instructions});
    counts.insert(counts.end(), engine.stalls.begin(), engine.stalls.end());
  }
  return std::tuple(counts, records, result.channelBytes);
}

} // namespace

TEST(Determinism, RunsInEitherOrderOfConstructionAreTheSame) {
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    const int dies = 1 + int(seed) % 4;
    const rt::Program program = drawn(seed, dies);
    sim::SimDevice device(rt::loadChip("rebel100", kChip).withDies(dies));
    device.load(program, rt::Mode::Both);
    std::vector<float> values((1 << 20) / 4);
    for (size_t i = 0; i < values.size(); ++i)
      values[i] = float(int(i * 37 % 1001) - 500) / 128;
    // What begins the input is a list of indices.
    for (int32_t i = 0; i < 32; ++i)
      std::memcpy(&values[size_t(i)], std::to_array({i * 11 % 32}).data(), 4);
    std::vector<uint8_t> bits;
    decltype(told({})) first;
    for (int round = 0; round < rounds(); ++round) {
      writeAll(device, "in", values);
      writeAll(device, "out", std::vector<uint8_t>(size_t(dies * 4) * kOutput));
      rt::RunResult result = run(device, rt::Mode::Both, round % 2);
      const auto out = readAll<uint8_t>(device, "out", size_t(dies * 4) * kOutput);
      if (round == 0) {
        first = told(result);
        bits = out;
        EXPECT_NE(std::count(out.begin(), out.end(), 0), int64_t(out.size()));
      }
      ASSERT_TRUE(told(result) == first) << "program " << seed << ", run " << round;
      ASSERT_TRUE(out == bits) << "program " << seed << ", run " << round;
      if (round < 2) {
        ASSERT_EQ(run(device, rt::Mode::Cycles, round).cycles, run(device, rt::Mode::Cycles).cycles);
      }
    }
  }
}

// SystemC has one simulation at a time; threads take turns, each with what it would have had alone.
TEST(Determinism, DevicesInTwoThreadsAreAsAlone) {
  struct Own {
    rt::Program program;
    std::unique_ptr<sim::SimDevice> device;
    decltype(told({})) alone;
    int apart = 0;
  };
  std::array<Own, 2> all;
  for (size_t i = 0; i < all.size(); ++i) {
    const int dies = 1 + int(i);
    all[i].program = drawn(11 + i, dies);
    all[i].device = std::make_unique<sim::SimDevice>(rt::loadChip("rebel100", kChip).withDies(dies));
    all[i].device->load(all[i].program, rt::Mode::Both);
    all[i].alone = told(run(*all[i].device));
  }
  std::vector<std::thread> threads;
  for (Own &own : all)
    threads.emplace_back([&own] {
      for (int round = 0; round < rounds(); ++round)
        own.apart += told(run(*own.device, rt::Mode::Both, round % 2)) != own.alone;
    });
  for (std::thread &thread : threads)
    thread.join();
  for (const Own &own : all)
    EXPECT_EQ(own.apart, 0);
}
