// Stall-free cycles against counting pass by pass, and the published peaks.
#include "runtime/Error.h"
#include "runtime/timing/Timing.h"

#include <gtest/gtest.h>

#include <algorithm>

using namespace garam::rt;

namespace {
MatrixParams array(int64_t rows, int64_t columns) {
  return {.rows = rows,
          .columns = columns,
          .weightRowsPerCycle = 4,
          .accBytes = 1 << 17,
          .f32CyclesPerRow = 4,
          .i8RowsPerCycle = 4,
          .f8RowsPerCycle = 0};
}

/// Rule X2 by hand: passes n outer, k inner; each hides the load of the next.
int64_t streamByPasses(const MatrixParams &p, int64_t m, int64_t k, int64_t n) {
  std::vector<int64_t> loads;
  for (int64_t column = 0; column < n; column += p.columns)
    for (int64_t row = 0; row < k; row += p.rows)
      loads.push_back((std::min(p.rows, k - row) + p.weightRowsPerCycle - 1) / p.weightRowsPerCycle);
  int64_t cycles = 0;
  for (size_t i = 0; i < loads.size(); ++i)
    cycles += i + 1 < loads.size() ? std::max(m, loads[i + 1]) : m;
  return cycles;
}
} // namespace

TEST(Mma, StreamIsTheSumOfItsPasses) {
  for (int64_t rows : {4, 16, 64})
    for (int64_t m : {1, 3, 15, 16, 17, 128})
      for (int64_t k : {1, 15, 16, 63, 64, 65, 200})
        for (int64_t n : {1, 31, 32, 33, 129}) {
          MatrixParams p = array(rows, 32);
          EXPECT_EQ(timing::mma(p, DType::BF16, DType::BF16, m, k, n).stream, streamByPasses(p, m, k, n))
              << rows << ' ' << m << ' ' << k << ' ' << n;
        }
}

TEST(Mma, RatesOfTypes) {
  MatrixParams p = array(64, 32);
  EXPECT_EQ(timing::mma(p, DType::BF16, DType::BF16, 1000, 64, 32).stream, 1000);
  EXPECT_EQ(timing::mma(p, DType::F32, DType::F32, 1000, 64, 32).stream, 4000);
  EXPECT_EQ(timing::mma(p, DType::I8, DType::I8, 1000, 64, 32).stream, 250);
  EXPECT_EQ(timing::mma(p, DType::BF16, DType::BF16, 1000, 64, 32).drain, 95);
  EXPECT_FALSE(timing::supportsMma(p, DType::F8E4M3, DType::F8E4M3));
  EXPECT_FALSE(timing::supportsMma(p, DType::I8, DType::BF16));
  EXPECT_EQ(timing::mma(p, DType::BF16, DType::BF16, 0, 64, 32).stream, 1);
}

TEST(Vector, BeatsPackWholeRows) {
  VectorParams v{.lanes = 64, .latencyCycles = 8};
  EXPECT_EQ(timing::vectorBeats(v, 10, 64), 10);
  EXPECT_EQ(timing::vectorBeats(v, 10, 65), 20);
  EXPECT_EQ(timing::vectorBeats(v, 10, 32), 5);
  EXPECT_EQ(timing::vectorBeats(v, 10, 33), 10);
  EXPECT_EQ(timing::vectorBeats(v, 10, 1), 1);
  EXPECT_EQ(timing::vectorBeats(v, 0, 5), 0);
}

TEST(Vector, ChainCostsItsSteps) {
  VectorParams v{.lanes = 64, .latencyCycles = 8};
  Chain chain;
  chain.steps = {{StepOp::SaveT0}, {StepOp::Erf}, {StepOp::Mul, StepArg::T0}};
  const auto cycles = [&] { return timing::vectorWork(v, Opcode::VecMap, {0, 4, 64}, &chain).cycles(); };
  EXPECT_EQ(cycles(), 1 + 8 + 4 * 3);
  chain.steps.clear();
  EXPECT_EQ(cycles(), 1 + 8 + 4);
  chain.reduction = Reduction::Sum;
  EXPECT_EQ(cycles(), 1 + 8 + 4 + 6);
}

TEST(Vector, CostsOfBeatsAndWhatFollows) {
  VectorParams v{.lanes = 64, .latencyCycles = 8};
  const auto cycles = [&](Opcode opcode, SlotValues values) { return timing::vectorWork(v, opcode, values).cycles(); };
  EXPECT_EQ(cycles(Opcode::VecTranspose, {4, 64}), 1 + 8 + 4);
  EXPECT_EQ(cycles(Opcode::VecScan, {4, 64}), 1 + 8 + 4 * 7); // distances 1 to 32, and the carry
  EXPECT_EQ(cycles(Opcode::VecScan, {4, 1}), 1 + 8 + 1 * 2);
  EXPECT_EQ(cycles(Opcode::VecArgmax, {4, 65}), 1 + 8 + 8 * 2 + 12);
  EXPECT_EQ(cycles(Opcode::VecRotate, {4, 2, 64}), 1 + 8 + 8 * 3);
  EXPECT_EQ(cycles(Opcode::VecScan, {0, 64}), 1 + 8);
  EXPECT_EQ(cycles(Opcode::VectorSync, {}), 1);
}

TEST(Vector, EveryInstructionHasItsTime) {
  VectorParams v{.lanes = 64, .latencyCycles = 8};
  const Chain chain;
  for (const InsnInfo &insn : instructions())
    if (insn.engine == Engine::Vector)
      EXPECT_NO_THROW(timing::vectorWork(v, insn.opcode, {}, &chain)) << insn.mnemonic;
    else
      EXPECT_THROW(timing::vectorWork(v, insn.opcode, {}, &chain), Error) << insn.mnemonic;
}
