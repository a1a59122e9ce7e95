// Banks of the L1: rules A1 to A5, worked out by hand on 16 banks of 64 bytes.
#include "Run.h"

using namespace garam;
using namespace garam::test;
using rt::Engine;
using rt::Opcode;

namespace {

constexpr int64_t kTurn = 16 * 64; // bytes of all banks

rt::Chain copyChain() {
  rt::Chain copy;
  copy.sources[0] = {rt::DType::F32, true, false};
  copy.dst = {rt::DType::F32, true, false};
  return copy;
}

/// Runs a body on core 0, its engines released together by two tokens.
rt::RunResult together(KernelBuilder body, const std::vector<rt::Override> &overrides = {}) {
  body.add(Opcode::DmaInSync, {}, {{}, {token(1), token(2)}});
  KernelBuilder kernel = body;
  kernel.insns.clear();
  onlyOn(kernel, 0, body);
  ProgramBuilder p;
  p.kernel(kernel).launch();
  std::vector<rt::Override> all = overrides;
  all.insert(all.end(), {"vector.lanes=16", "l1.banks=16", "l1.beat_bytes=64"});
  sim::SimDevice device(rt::loadChip("unit", all));
  device.load(p.program, rt::Mode::Both);
  return run(device);
}

} // namespace

TEST(L1, TheVectorEngineWaitsForTheArrayOnTheSameBank) {
  KernelBuilder body;
  int chain = body.descriptor(copyChain());
  // Weights: two cycles, banks 0 to 7, then 8 to 15. Rows: eight cycles, bank 0 each.
  body.add(Opcode::Mma, {0, kTurn, 65536, 64, rt::kAccBase, 64, 8, 16, 16, 0, 0}, {{token(1)}, {}});
  // Eight beats on bank 0, results elsewhere.
  body.add(Opcode::VecMap, {chain, 8, 16, 32768, kTurn, 0, 0, 0, 0, rt::kAccBase + 8192, 64, 0, 0}, {{token(2)}, {}});
  rt::RunResult result = together(body);
  rt::InsnRecord mma = record(result, 0, Engine::Matrix, 0), map = record(result, 0, Engine::Vector, 0);
  ASSERT_EQ(map.start, mma.start);
  EXPECT_EQ(mma.end, mma.start + 2 + 8 + 31);
  // One slip, a beat beside the second half of the weights, eight slips, seven beats, one cycle for the result.
  EXPECT_EQ(map.end, map.start + 1 + 1 + 8 + 7 + 1);
  EXPECT_EQ(result.engines[3].stalls[size_t(rt::Stall::OperandL1)], 9);
}

TEST(L1, OtherBanksAreFree) {
  KernelBuilder body;
  int chain = body.descriptor(copyChain());
  body.add(Opcode::Mma, {0, kTurn, 65536, 64, rt::kAccBase, 64, 8, 16, 16, 0, 0}, {{token(1)}, {}});
  body.add(Opcode::VecMap, {chain, 8, 16, 32768 + 9 * 64, kTurn, 0, 0, 0, 0, rt::kAccBase + 8192, 64, 0, 0},
           {{token(2)}, {}});
  rt::RunResult result = together(body);
  rt::InsnRecord map = record(result, 0, Engine::Vector, 0);
  // Only the second half of the weights is in the way.
  EXPECT_EQ(map.end, map.start + 8 + 1 + 1);
}

TEST(L1, AResultThatWaitsHasItsOwnCause) {
  KernelBuilder body;
  int chain = body.descriptor(copyChain());
  body.add(Opcode::Mma, {0, kTurn, 65536, 64, rt::kAccBase, 64, 8, 16, 16, 0, 0}, {{token(1)}, {}});
  body.add(Opcode::VecMap, {chain, 8, 16, rt::kAccBase + 8192, 64, 0, 0, 0, 0, 32768, kTurn, 0, 0}, {{token(2)}, {}});
  rt::RunResult result = together(body);
  EXPECT_EQ(result.engines[3].stalls[size_t(rt::Stall::OutputL1)], 9);
  EXPECT_EQ(result.engines[3].stalls[size_t(rt::Stall::OperandL1)], 0);
}

TEST(L1, ArrivingBurstsHoldTheArray) {
  KernelBuilder body;
  int tile = body.descriptor(KernelBuilder::dense(4096));
  // A copy inside the core: 64 cycles, a read and a write beat in each, on the same bank; the array reads one bank.
  body.set(1, rt::l1Address(0, 131072)).load(tile, r(1), 131072 + 8192);
  body.add(Opcode::Mma, {0, kTurn, 65536, 64, rt::kAccBase, 64, 64, 16, 16, 0, 0}, {{token(1)}, {}});
  KernelBuilder early = body;
  // The sync comes before the copy in the queue, so that the product starts first.
  early.insns.insert(early.insns.begin(), rt::Insn{});
  early.insns.front().opcode = Opcode::DmaInSync;
  early.insns.front().signals[0] = token(1);
  KernelBuilder kernel = early;
  kernel.insns.clear();
  onlyOn(kernel, 0, early);
  ProgramBuilder p;
  p.kernel(kernel).launch();
  sim::SimDevice device(rt::loadChip("unit", {"l1.banks=16", "l1.beat_bytes=64"}));
  device.load(p.program, rt::Mode::Both);
  rt::RunResult result = run(device);
  rt::InsnRecord mma = record(result, 0, Engine::Matrix, 0), load = record(result, 0, Engine::DmaIn, 1);
  EXPECT_EQ(load.end, load.start + 1 + 64);
  // The rows want bank 0, which the copy has every sixteenth cycle: four or five times. Each half of the weights waits
  // at most for the copy to pass its eight banks.
  int64_t slips = result.engines[2].stalls[size_t(rt::Stall::OperandL1)];
  EXPECT_EQ(mma.end, mma.start + 2 + 64 + 31 + slips);
  EXPECT_GE(slips, 4);
  EXPECT_LE(slips, 5 + 16);
}

TEST(L1, APlayedRunTakesWhatTheTimingSaysWhenNothingIsInTheWay) {
  KernelBuilder body;
  int chain = body.descriptor(copyChain());
  body.add(Opcode::MatrixSync, {}, {{token(1)}, {}});
  body.add(Opcode::VecMap, {chain, 5, 100, 0, 400, 0, 0, 0, 0, 65536, 400, 0, 0}, {{token(2)}, {}});
  body.add(Opcode::VecTranspose, {20, 30, 0, 120, 65536, 80, 0});
  body.add(Opcode::VecScan, {3, 40, 0, 160, 65536, 160, 0});
  body.add(Opcode::VecArgmax, {2, 64, 0, 256, 65536, 8, 0x90});
  rt::RunResult result = together(body, {"vector.latency_cycles=5"});
  const int64_t lengths[] = {1 + 5 + 35, 1 + 5 + 40, 1 + 5 + 9 * 5, 1 + 5 + 8 * 2 + 12};
  for (size_t i = 0; i < 4; ++i) {
    rt::InsnRecord own = record(result, 0, Engine::Vector, i);
    EXPECT_EQ(own.end - own.start, lengths[i]) << i;
  }
}

TEST(L1, TheFoldOfArgmaxComesAfterItsBeats) { // V2
  KernelBuilder body;
  // Rows: eight cycles on bank 0 after two of weights. Beats of two cycles, each of which begins on bank 0.
  body.add(Opcode::Mma, {0, kTurn, 65536, 64, rt::kAccBase, 64, 8, 16, 16, 0, 0}, {{token(1)}, {}});
  body.add(Opcode::VecArgmax, {2, 16, 32768, kTurn, 40960, 8, 0x90}, {{token(2)}, {}});
  rt::RunResult result = together(body);
  rt::InsnRecord mma = record(result, 0, Engine::Matrix, 0), argmax = record(result, 0, Engine::Vector, 0);
  ASSERT_EQ(argmax.start, mma.start);
  // One slip, two cycles beside the weights and the first row, seven slips, the second beat, the fold, one cycle for
  // the result.
  EXPECT_EQ(argmax.end, argmax.start + 1 + 2 + 7 + 2 + 12 + 1);
}
