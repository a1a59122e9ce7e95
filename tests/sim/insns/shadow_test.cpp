// What of a result is marked: no more than can change, and what a selection discards is not.
#include "Fixture.h"

namespace garam::sim::insns {

namespace {

using rt::DType;
using rt::Opcode;
using rt::StepArg;
using rt::StepOp;

/// On ordinary numbers what is marked changes with what nobody wrote, but for chance.
void expectExact(const Coverage &coverage) {
  EXPECT_GT(coverage.marked, 0);
  EXPECT_LT(coverage.marked, coverage.all);
  EXPECT_GE(double(coverage.changed), 0.95 * double(coverage.marked));
}

/// Numbers are forgotten as a whole: a byte of a mantissa may matter to no maximum.
Coverage wholeMarked(Random &random, Opcode opcode, const rt::SlotValues &values, const Machine &machine,
                     const rt::Chain *chain = nullptr) {
  return expectMarked(random, opcode, values, machine, chain, 64, true);
}

void add(Coverage &all, const Coverage &one) {
  all.all += one.all, all.marked += one.marked, all.changed += one.changed;
}

TEST(Shadow, ProductsAreMarkedByRowAndColumn) {
  Random random(21);
  Coverage all;
  for (int i = 0; i < 60; ++i) {
    const int64_t m = random.in(1, 40), k = random.in(1, 60), n = random.in(1, 40), w = m * k * 2;
    const bool transposed = random.one(2);
    Machine machine(size_t((m + n) * k * 2), size_t(m * n * 4));
    random.fill(DType::BF16, false, machine.l1.data(), (m + n) * k);
    random.fill(DType::F32, false, machine.acc.data(), m * n);
    const int64_t types = int64_t(DType::BF16) * 17 | int64_t(transposed) << 8;
    const int64_t wStride = (transposed ? k : n) * 2;
    add(all, wholeMarked(random, Opcode::Mma,
                         {0, k * 2, w, wStride, rt::kAccBase, n * 4, m, k, n, random.in(0, 1), types}, machine));
  }
  expectExact(all);
}

TEST(Shadow, RowsAreMarkedByWhatTheyRead) {
  Random random(22);
  Coverage scans, transposes, rotations;
  for (int i = 0; i < 60; ++i) {
    const int64_t rows = random.in(1, 20), cols = 2 * random.in(1, 40), out = 3 * rows * cols * 4;
    Machine machine(size_t(out + rows * cols * 4), 0);
    random.fill(DType::F32, false, machine.l1.data(), 3 * rows * cols);
    const rt::SlotValues same{rows, cols, 0, cols * 4, out, cols * 4, 0},
        turned{rows, cols, 0, cols * 4, out, rows * 4, 0};
    add(scans, wholeMarked(random, Opcode::VecScan, same, machine));
    add(transposes, wholeMarked(random, Opcode::VecTranspose, turned, machine));
    const int64_t cos = rows * cols * 4, sin = 2 * cos;
    add(rotations,
        wholeMarked(random, Opcode::VecRotate,
                    {rows, 1, cols, 0, cols * 4, cos, cols * 4, sin, cols * 4, out, cols * 4, 0, i % 2}, machine));
  }
  expectExact(scans);
  expectExact(transposes);
  expectExact(rotations);
}

TEST(Shadow, ChainsAreMarkedByElementAndReduction) {
  Random random(23);
  for (rt::Reduction reduction : {rt::Reduction::None, rt::Reduction::Sum, rt::Reduction::Max}) {
    Coverage all;
    for (int i = 0; i < 60; ++i) {
      const int64_t rows = random.in(2, 20), cols = random.in(2, 80), part = rows * cols * 4;
      rt::Chain chain;
      chain.sources = {{{DType::F32, true}, {DType::F32, true, true}, {DType::F32, false}}};
      chain.dst = {DType::F32, reduction == rt::Reduction::None};
      chain.steps = {{StepOp::Mul, StepArg::S1}, {StepOp::SaveT0}, {StepOp::Fma, StepArg::S0}, {StepOp::Neg}};
      chain.reduction = reduction;
      chain.reduceRows = i % 2;
      Machine machine(size_t(3 * part), 0);
      random.fill(DType::F32, false, machine.l1.data(), 2 * rows * cols);
      add(all,
          wholeMarked(random, Opcode::VecMap,
                      {0, rows, cols, 0, cols * 4, part, 4, 0, 0, 2 * part, cols * 4, 2 * part, 0}, machine, &chain));
    }
    expectExact(all);
  }
}

/// Marks of one row of eight f32 through a chain; of s0 the elements `unwritten` are.
std::vector<bool> marked(const rt::Chain &chain, std::vector<size_t> unwritten, std::vector<float> s0 = {},
                         std::vector<float> s1 = {}) {
  constexpr int64_t kCols = 8;
  Machine values(128, 0), marks(128, 0);
  s0.resize(kCols), s1.resize(kCols);
  std::memcpy(values.l1.data(), s0.data(), 32);
  std::memcpy(values.l1.data() + 32, s1.data(), 32);
  std::ranges::fill(marks.l1, kWritten);
  for (size_t i : unwritten)
    marks.l1[4 * i + 1] = kUnwritten;
  const Memory memory = values.memory();
  Result result;
  execute(Opcode::VecMap,
          {marks.memory(), {0, 1, kCols, 0, 32, 32, 32, 0, 0, 64, 32, 96, 0}, &chain, 0, Path::Shadow, &memory},
          result);
  std::vector<bool> found;
  for (int64_t i = 0; i < kCols; ++i)
    found.push_back(result.data(0)[4 * i] != kWritten);
  return found;
}

rt::Chain twoSources(std::vector<rt::Step> steps, std::vector<float> constants = {}) {
  rt::Chain chain;
  chain.sources = {{{DType::F32, true}, {DType::F32, true}, {DType::F32, false}}};
  chain.dst = {DType::F32, true};
  chain.steps = std::move(steps);
  chain.constants = std::move(constants);
  return chain;
}

TEST(Shadow, ASelectionDiscardsWhatItDoesNotTake) {
  const std::vector<float> mask{1, 0, 1, 0, 1, 0, 1, 0};
  const rt::Chain select = twoSources(
      {{StepOp::Set, StepArg::S1}, {StepOp::SaveT0}, {StepOp::Set, StepArg::S0}, {StepOp::Select, StepArg::Const0}},
      {0});
  EXPECT_EQ(marked(select, {0, 1, 3}, {}, mask), (std::vector<bool>{true, 0, 0, 0, 0, 0, 0, 0}));
  // A condition that nobody wrote marks both.
  const rt::Chain byUnwritten =
      twoSources({{StepOp::SaveT0}, {StepOp::Set, StepArg::Const0}, {StepOp::Select, StepArg(17)}}, {1, 2});
  EXPECT_EQ(marked(byUnwritten, {2, 3}, mask), (std::vector<bool>{0, 0, true, true, 0, 0, 0, 0}));
  // By column: keys behind the last.
  const rt::Chain tail = twoSources({{StepOp::Set, StepArg::Col},
                                     {StepOp::Lt, StepArg::Const0},
                                     {StepOp::SaveT0},
                                     {StepOp::Set, StepArg::S0},
                                     {StepOp::Select, StepArg(17)}},
                                    {5, -1e30f});
  EXPECT_EQ(marked(tail, {4, 5, 6, 7}), (std::vector<bool>{0, 0, 0, 0, true, 0, 0, 0}));
}

TEST(Shadow, AZeroFactorDiscardsNothing) {
  EXPECT_EQ(marked(twoSources({{StepOp::Mul, StepArg::Const0}}, {0}), {6}),
            (std::vector<bool>{0, 0, 0, 0, 0, 0, true, 0}));
  EXPECT_EQ(marked(twoSources({{StepOp::Max, StepArg::Const0}}, {1e30f}), {6}),
            (std::vector<bool>{0, 0, 0, 0, 0, 0, true, 0}));
}

TEST(Shadow, ATruthThatDecidesAlone) {
  const std::vector<float> other{1, 0, 1, 0, 1, 0, 1, 0};
  EXPECT_EQ(marked(twoSources({{StepOp::And, StepArg::S1}}), {0, 1}, {}, other),
            (std::vector<bool>{true, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(marked(twoSources({{StepOp::Or, StepArg::S1}}), {0, 1}, {}, other),
            (std::vector<bool>{0, true, 0, 0, 0, 0, 0, 0}));
}

TEST(Shadow, ASetForgetsWhatWasThere) {
  EXPECT_EQ(marked(twoSources({{StepOp::Set, StepArg::S1}}), {0, 1, 2}), std::vector<bool>(8, false));
}

} // namespace

} // namespace garam::sim::insns
