// vec.map: random chains on both paths, and what the steps, reductions and operands mean.
#include "Fixture.h"

#include <limits>

namespace garam::sim::insns {

namespace {

using rt::Chain;
using rt::DType;
using rt::Reduction;
using rt::Step;
using rt::StepArg;
using rt::StepOp;

rt::SlotValues words(int64_t rows, int64_t cols, std::array<int64_t, 3> sources, std::array<int64_t, 3> strides,
                     int64_t dst, int64_t dstStride, int64_t dst2, int64_t scalar = 0) {
  return {0,          rows,       cols, sources[0], strides[0], sources[1], strides[1],
          sources[2], strides[2], dst,  dstStride,  dst2,       scalar};
}

StepOp randomOp(Random &random, bool integer) {
  for (;;) {
    const rt::StepInfo &step = rt::kSteps[random.in(0, int64_t(std::size(rt::kSteps)) - 1)];
    if (step.onIntegers || !integer)
      return step.op;
  }
}

Chain randomChain(Random &random, bool integer) {
  Chain chain;
  chain.integer = integer;
  const auto &types = integer ? kIntegers : kAll;
  for (rt::ChainOperand &source : chain.sources) {
    source.present = &source == &chain.sources[0] ? !random.one(8) : random.one(2);
    source.type = types[size_t(random.in(0, int64_t(types.size()) - 1))];
    source.perRow = random.one(3);
  }
  chain.dst.present = !random.one(4);
  chain.dst.type = kAll[size_t(random.in(0, int64_t(kAll.size()) - 1))];
  chain.reduction = random.one(2) || !chain.dst.present ? Reduction(random.in(1, 3)) : Reduction::None;
  chain.reduceRows = random.one(2);
  for (int64_t i = random.in(0, 8); i > 0; --i)
    chain.constants.push_back(float(random.in(-50, 50)) / 8);
  std::vector<StepArg> args = {StepArg::T0, StepArg::T1, StepArg::Row, StepArg::Col, StepArg::Scalar};
  for (int i = 0; i < 3; ++i)
    if (chain.sources[size_t(i)].present)
      args.insert(args.end(), 2, StepArg(1 + i));
  for (size_t i = 0; i < chain.constants.size(); ++i)
    args.push_back(StepArg(16 + i));
  for (int64_t i = random.in(0, 16); i > 0; --i) {
    const StepOp op = randomOp(random, integer);
    chain.steps.push_back(
        {op, rt::stepTakesOperand(op) ? args[size_t(random.in(0, int64_t(args.size()) - 1))] : StepArg::None});
  }
  return chain;
}

void randomCase(Random &random, bool integer) {
  const Chain chain = randomChain(random, integer);
  const int64_t rows = random.size(20), cols = random.one(6) ? random.in(1000, 2600) : random.size(300);
  int64_t next = 0;
  std::array<int64_t, 3> sources{}, strides{};
  const auto place = [&](int64_t rowBytes, int64_t size) {
    const int64_t stride = rowBytes + (random.one(2) ? 0 : random.in(0, 9) * size);
    const int64_t address = next;
    next += (rows * stride + 63) / 64 * 64;
    return std::pair(address, stride);
  };
  for (size_t i = 0; i < 3; ++i) {
    const int64_t size = rt::byteSize(chain.sources[i].type);
    std::tie(sources[i], strides[i]) = place(size * (chain.sources[i].perRow ? 1 : cols), size);
  }
  const int64_t size = rt::byteSize(chain.dst.type);
  const auto [dst, dstStride] = place(size * cols, size);
  const int64_t dst2 = next;
  next += 4 * std::max(rows, cols);
  Machine machine(size_t(next), 0);
  const bool special = random.one(2);
  for (size_t i = 0; i < 3; ++i)
    random.fill(chain.sources[i].type, special, machine.l1.data() + sources[i],
                rows * strides[i] / rt::byteSize(chain.sources[i].type));
  if (random.one(5) && rows > 1) { // rows from last to first
    sources[0] += (rows - 1) * strides[0];
    strides[0] = -strides[0];
  }
  expectSame(rt::Opcode::VecMap, words(rows, cols, sources, strides, dst, dstStride, dst2, random.in(-1000, 1000)),
             machine, &chain);
}

TEST(VecMap, FastEqualsPlainOnRandomChains) {
  Random random(5);
  for (int i = 0; i < 600 && !::testing::Test::HasFailure(); ++i) {
    SCOPED_TRACE(i);
    randomCase(random, i % 6 == 0);
  }
}

/// Every step alone on every kind of value.
TEST(VecMap, FastEqualsPlainOnEveryStep) {
  Random random(6);
  for (int op = 1; op < 256; ++op) {
    Chain chain;
    chain.sources = {{{DType::F32, true}, {DType::F32, true}, {DType::F32, true}}};
    chain.dst = {DType::F32, true};
    // t0 = s2, v = s0, then the step.
    chain.steps = {{StepOp::Set, StepArg::S2}, {StepOp::SaveT0}, {StepOp::Set, StepArg::S0}, {StepOp(op), StepArg::S1}};
    Machine machine(4 * 4096, 0);
    random.fill(DType::F32, true, machine.l1.data(), 3 * 1024);
    if (!rt::find(StepOp(op))) {
      EXPECT_NE(errorOf(rt::Opcode::VecMap, words(1, 1024, {0, 4096, 8192}, {}, 12288, 0, 0), machine, &chain), "");
      continue;
    }
    SCOPED_TRACE(op);
    expectSame(rt::Opcode::VecMap, words(1, 1024, {0, 4096, 8192}, {}, 12288, 0, 0), machine, &chain);
  }
}

/// Runs a chain from one row of s0 to dst, or to dst2 if it reduces.
std::vector<float> run(const Chain &chain, std::vector<float> s0, int64_t rows = 1, int64_t scalar = 0) {
  Machine machine(1 << 16, 0);
  std::memcpy(machine.l1.data(), s0.data(), s0.size() * 4);
  const int64_t cols = int64_t(s0.size()) / rows;
  Memory memory = machine.memory();
  Result result;
  execute(rt::Opcode::VecMap, {memory, words(rows, cols, {}, {cols * 4}, 1 << 14, cols * 4, 1 << 15, scalar), &chain},
          result);
  result.commit(memory);
  const bool reduces = chain.reduction != Reduction::None;
  std::vector<float> out(!reduces ? s0.size() : size_t(chain.reduceRows ? cols : rows));
  std::memcpy(out.data(), machine.l1.data() + (reduces ? 1 << 15 : 1 << 14), out.size() * 4);
  return out;
}

Chain chainOf(std::vector<Step> steps, std::vector<float> constants = {}) {
  Chain chain;
  chain.sources[0] = chain.dst = {DType::F32, true};
  chain.steps = std::move(steps);
  chain.constants = std::move(constants);
  return chain;
}

TEST(VecMap, Steps) {
  const StepArg c0 = StepArg::Const0;
  EXPECT_EQ(run(chainOf({{StepOp::RSub, c0}}, {10}), {1, 2}), (std::vector<float>{9, 8}));
  EXPECT_EQ(run(chainOf({{StepOp::RDiv, c0}}, {1}), {2, 4}), (std::vector<float>{0.5f, 0.25f}));
  EXPECT_EQ(run(chainOf({{StepOp::SaveT0}, {StepOp::Set, c0}, {StepOp::Fma, StepArg::Col}}, {3}), {1, 2}),
            (std::vector<float>{3, 7}));
  EXPECT_EQ(run(chainOf({{StepOp::SaveT0}, {StepOp::Set, c0}, {StepOp::Select, StepArg::Row}}, {5}), {0, -2}),
            (std::vector<float>{0, 5}));
  EXPECT_EQ(run(chainOf({{StepOp::Round}}), {0.5f, 1.5f, -2.5f}), (std::vector<float>{0, 2, -2}));
  EXPECT_EQ(run(chainOf({{StepOp::Floor}}), {0.5f, -0.5f}), (std::vector<float>{0, -1}));
  EXPECT_EQ(run(chainOf({{StepOp::Lt, StepArg::Scalar}}), {1, 2, 3}, 1, 2), (std::vector<float>{1, 0, 0}));
  EXPECT_EQ(
      run(chainOf(
              {{StepOp::Set, StepArg::Row}, {StepOp::SaveT1}, {StepOp::Set, StepArg::Col}, {StepOp::Mul, StepArg::T1}}),
          {0, 0, 0, 0, 0, 0}, 2),
      (std::vector<float>{0, 0, 0, 0, 1, 2}));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(std::isnan(run(chainOf({{StepOp::Max, c0}}, {1}), {nan})[0]));
  EXPECT_TRUE(std::signbit(run(chainOf({{StepOp::Min, c0}}, {0}), {-0.0f})[0]));
  EXPECT_FALSE(std::signbit(run(chainOf({{StepOp::Max, c0}}, {-0.0f}), {0.0f})[0]));
}

TEST(VecMap, SumsHave64Partials) {
  // Columns 0 and 64 share a partial: 2^24 + 1 is lost there, but 1 + 1 of columns 1 and 65 is not.
  std::vector<float> row(66, 0.0f);
  row[0] = 0x1p24f;
  row[64] = row[1] = row[65] = 1;
  Chain chain = chainOf({});
  chain.reduction = Reduction::Sum;
  EXPECT_EQ(run(chain, row)[0], 0x1p24f + 2);
  // Partial 32 folds onto 0 before partial 16 does.
  std::vector<float> fold(64, 0.0f);
  fold[0] = 0x1p24f, fold[32] = 1, fold[16] = 1;
  EXPECT_EQ(run(chain, fold)[0], 0x1p24f);
  fold[32] = 0, fold[48] = 1;
  EXPECT_EQ(run(chain, fold)[0], 0x1p24f + 2);
}

TEST(VecMap, ReductionsOverRows) {
  Chain chain = chainOf({});
  chain.reduceRows = true;
  chain.reduction = Reduction::Sum;
  EXPECT_EQ(run(chain, {0x1p24f, 1, 1, 1, 1, 0x1p24f}, 3), (std::vector<float>{0x1p24f, 0x1p24f + 2}));
  chain.reduction = Reduction::Min;
  EXPECT_EQ(run(chain, {3, 1, 2, 5}, 2), (std::vector<float>{2, 1}));
}

TEST(VecMap, IntegerChains) {
  Chain chain;
  chain.integer = true;
  chain.sources[0] = {DType::I64, true};
  chain.dst = {DType::I64, true};
  const auto apply = [&](StepOp op, int64_t value, int64_t scalar) {
    chain.steps = {{op, StepArg::Scalar}};
    Machine machine(16, 0);
    std::memcpy(machine.l1.data(), &value, 8);
    Memory memory = machine.memory();
    Result result;
    execute(rt::Opcode::VecMap, {memory, words(1, 1, {}, {}, 8, 0, 0, scalar), &chain}, result);
    result.commit(memory);
    std::memcpy(&value, machine.l1.data() + 8, 8);
    return value;
  };
  EXPECT_EQ(apply(StepOp::Add, INT64_MAX, 1), INT64_MIN);
  EXPECT_EQ(apply(StepOp::Mul, (1LL << 53) + 1, 3), 3 * ((1LL << 53) + 1));
  EXPECT_EQ(apply(StepOp::Div, -7, 2), -3);
  EXPECT_EQ(apply(StepOp::Div, 7, 0), -1);
  EXPECT_EQ(apply(StepOp::Div, INT64_MIN, -1), INT64_MIN);
  EXPECT_EQ(apply(StepOp::And, 12, 10), 8);
}

TEST(VecMap, WhatTheInstructionSetLeavesOpen) {
  Machine machine(256, 0);
  Chain chain = chainOf({});
  const auto error = [&](int64_t cols = 4) {
    return errorOf(rt::Opcode::VecMap, words(1, cols, {}, {}, 128, 0, 0), machine, &chain);
  };
  EXPECT_EQ(error(), "");
  EXPECT_EQ(error(40), "vec.map.dst: 1 rows of 160 bytes at 0x80 with stride 0 leave L1; 0x0 to 0x100");
  chain.steps = {{StepOp(99), StepArg::S0}};
  EXPECT_EQ(error(), "vec.map.chain: step 0 has operation 99; an operation of rt::StepOp");
  chain.steps = {{StepOp::Add, StepArg::S1}};
  EXPECT_EQ(error(), "vec.map.chain: step 0 reads source 1; sources that the chain has");
  chain.steps = {{StepOp::Add, StepArg(17)}};
  EXPECT_EQ(error(), "vec.map.chain: step 0 has operand 17; an operand of rt::StepArg, a constant that the chain has");
  chain.steps = std::vector<Step>(17, Step{StepOp::Neg});
  EXPECT_EQ(error(), "vec.map.chain: 17 steps; at most 16");
  chain.steps.clear();
  chain.integer = true;
  EXPECT_EQ(error(), "vec.map.chain: a floating-point source of an integer chain; i1, i8, i32 and i64");
  EXPECT_EQ(errorOf(rt::Opcode::VecMap, words(1, 4, {}, {}, 128, 0, 0), machine),
            "vec.map.chain: descriptor is no chain; a chain descriptor");
}

} // namespace

} // namespace garam::sim::insns
