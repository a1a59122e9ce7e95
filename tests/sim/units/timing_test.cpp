// Rules of docs/hardware/machine.md as tight pairs: what may not happen at cycle n - 1 happens at n.
#include "Run.h"
#include "runtime/Error.h"

using namespace garam;
using namespace garam::test;
using rt::Engine;
using rt::Opcode;

namespace {

rt::RunResult runOn(const std::vector<rt::Override> &overrides, const KernelBuilder &kernel,
                    const std::string &chip = "unit") {
  ProgramBuilder p(chip);
  p.segment("memory", rt::hbmAddress(0, 0), 1 << 20);
  p.kernel(kernel).launch();
  sim::SimDevice device(rt::loadChip(chip, overrides));
  device.load(p.program, rt::Mode::Both);
  return run(device);
}

KernelBuilder onCore0(const KernelBuilder &body) {
  KernelBuilder kernel = body;
  kernel.insns.clear();
  onlyOn(kernel, 0, body);
  return kernel;
}

} // namespace

TEST(Timing, ALocalSignalIsSeenAfterItsCycles) { // Y1
  for (int64_t cycles : {1, 2, 7}) {
    KernelBuilder body;
    body.add(Opcode::MatrixSync, {}, {{token(1)}, {}});
    body.add(Opcode::VectorSync, {}, {{}, {token(1)}});
    rt::RunResult result = runOn({fmt::format("sync.local_cycles={}", cycles)}, onCore0(body));
    EXPECT_EQ(record(result, 0, Engine::Matrix, 0).start, record(result, 0, Engine::Vector, 0).end + cycles);
  }
}

TEST(Timing, BothWaitsAreTakenTogether) { // Y2
  KernelBuilder body;
  body.add(Opcode::MatrixSync, {}, {{token(1), token(2, 2)}, {}});
  body.add(Opcode::VectorSync, {}, {{}, {token(1), token(2)}});
  body.add(Opcode::VectorSync, {}, {{}, {token(2)}});
  rt::RunResult result = runOn({}, onCore0(body));
  EXPECT_EQ(record(result, 0, Engine::Matrix, 0).start, record(result, 0, Engine::Vector, 1).end + 1);
}

TEST(Timing, AnInstructionIsSeenACycleAfterItsIssue) { // S2
  KernelBuilder body;
  body.add(Opcode::VectorSync).add(Opcode::VectorSync);
  rt::RunResult result = runOn({}, onCore0(body));
  rt::InsnRecord first = record(result, 0, Engine::Vector, 0), second = record(result, 0, Engine::Vector, 1);
  EXPECT_EQ(first.start, first.issue + 1);
  EXPECT_EQ(first.end, first.start + 1);
  EXPECT_EQ(second.issue, first.issue + 1);
  EXPECT_EQ(second.start, first.end);
}

TEST(Timing, AFullQueueHoldsTheSequencer) { // S2
  KernelBuilder body;
  body.add(Opcode::MatrixSync, {}, {{token(1)}, {}});
  body.add(Opcode::MatrixSync).add(Opcode::MatrixSync);
  body.add(Opcode::VectorSync, {}, {{}, {token(1)}});
  rt::RunResult deep = runOn({"sequencer.queue_depth=3"}, onCore0(body));
  EXPECT_EQ(record(deep, 0, Engine::Vector, 0).issue, record(deep, 0, Engine::Matrix, 0).issue + 3);
  EXPECT_THROW(runOn({"sequencer.queue_depth=2"}, onCore0(body)), rt::Error);
}

TEST(Timing, ScalarInstructionsAndLoopsTakeTheirCycles) { // S1
  auto issueAfter = [](int64_t trips) {
    KernelBuilder body;
    body.add(Opcode::VectorSync);
    body.add(Opcode::SeqLoop, {1, 0, trips, 1, 1}).add(Opcode::SeqSet, {2, 7, 0});
    body.add(Opcode::VectorSync);
    rt::RunResult result = runOn({}, onCore0(body));
    return record(result, 0, Engine::Vector, 1).issue - record(result, 0, Engine::Vector, 0).issue;
  };
  EXPECT_EQ(issueAfter(0), 2); // the loop alone
  EXPECT_EQ(issueAfter(1), 3); // and its body
  EXPECT_EQ(issueAfter(4), 9); // four bodies and three ways back
}

TEST(Timing, NestedLoopsOfZeroTripsAndEmptyBodiesAreLeft) { // S1
  KernelBuilder body;
  body.add(Opcode::SeqLoop, {1, 0, 3, 1, 2}).add(Opcode::SeqLoop, {2, 0, 0, 1, 1}).add(Opcode::VectorSync);
  body.add(Opcode::SeqLoop, {3, 0, 5, 2, 0});
  body.add(Opcode::MatrixSync);
  rt::RunResult result = runOn({}, onCore0(body));
  EXPECT_EQ(result.records.size(), 1u);
}

TEST(Timing, TheStagesOfTheArrayOverlap) { // X1
  KernelBuilder body;
  for (int i = 0; i < 2; ++i)
    body.add(Opcode::Mma, {0, 64, 4096, 64, rt::kAccBase, 64, 8, 16, 16, 0, 0});
  rt::RunResult result = runOn({"matrix.weight_rows_per_cycle=4"}, onCore0(body));
  rt::InsnRecord first = record(result, 0, Engine::Matrix, 0), second = record(result, 0, Engine::Matrix, 1);
  // f32 weights: 16 rows of two 16-bit rows each at four in a cycle.
  EXPECT_EQ(first.end, first.start + 8 + 8 + 31);
  EXPECT_EQ(second.start, first.start + 8);
  EXPECT_EQ(second.end, first.end + 8);
}

TEST(Timing, ABarrierEndsTogether) { // B1
  KernelBuilder k;
  k.add(Opcode::SeqCore, {1});
  k.add(Opcode::SeqLoop, {2, 0, r(1), 1, 1}).add(Opcode::SeqSet, {3, 0, 0});
  k.add(Opcode::SyncBarrier, {1});
  rt::RunResult result = runOn({"sync.barrier_chip_ns=20"}, k);
  int64_t last = 0;
  for (int core = 0; core < 4; ++core)
    last = std::max(last, record(result, core, Engine::DmaOut, 0).start);
  for (int core = 0; core < 4; ++core)
    EXPECT_EQ(record(result, core, Engine::DmaOut, 0).end, last + 20);
  EXPECT_GT(result.engines[1].stalls[size_t(rt::Stall::WaitBarrier)], 20);
}

TEST(Timing, ATransferOfNoBytesCompletesAfterItsPreparation) { // D1
  KernelBuilder body;
  int none = body.descriptor(KernelBuilder::dense(0));
  body.set(1, rt::hbmAddress(0, 0)).load(none, r(1), 0);
  rt::RunResult result = runOn({"dma.startup_cycles=9"}, onCore0(body));
  rt::InsnRecord load = record(result, 0, Engine::DmaIn, 0);
  EXPECT_EQ(load.end, load.start + 9);
}

TEST(Timing, ACopyInsideACoreTakesABeatACycle) { // D4
  KernelBuilder body;
  int tile = body.descriptor(KernelBuilder::dense(640));
  body.set(1, rt::l1Address(0, 0)).load(tile, r(1), 4096);
  rt::RunResult result = runOn({"dma.startup_cycles=1"}, onCore0(body));
  rt::InsnRecord load = record(result, 0, Engine::DmaIn, 0);
  EXPECT_EQ(load.end, load.start + 1 + 10);
}

TEST(Timing, LaunchAndFetchAreCausesOfTheirOwn) { // L1, L2
  KernelBuilder k;
  k.add(Opcode::VectorSync);
  ProgramBuilder p;
  p.kernel(k).launch().launch();
  sim::SimDevice device(rt::loadChip("unit", {"launch.latency_ns=10", "sequencer.fetch_bytes_per_cycle=64"}));
  device.load(p.program, rt::Mode::Both);
  rt::RunResult result = run(device);
  for (const rt::EngineCounters &engine : result.engines) {
    EXPECT_EQ(engine.stalls[size_t(rt::Stall::Launch)], 20);
    EXPECT_EQ(engine.stalls[size_t(rt::Stall::Fetch)], 2); // two words, once
  }
}

TEST(Timing, SignalsThatComeAfterTheEndTakeNoCycles) { // L3, C5
  for (int64_t cycles = 1; cycles < 12; ++cycles) {
    KernelBuilder body;
    body.add(Opcode::VectorSync).add(Opcode::VectorSync, {}, {{}, {token(1)}});
    KernelBuilder kernel = onCore0(body);
    kernel.waiters[1] = uint8_t(Engine::Matrix);
    ProgramBuilder p;
    p.kernel(kernel).launch().launch();
    sim::SimDevice device(rt::loadChip("unit", {fmt::format("sync.local_cycles={}", cycles), "launch.latency_ns=5"}));
    device.load(p.program, rt::Mode::Both);
    run(device);
  }
}
