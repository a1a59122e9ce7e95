// vec.rotate, vec.transpose, vec.scan, vec.argmax; the table of instructions; results that appear late.
#include "Fixture.h"

#include <cfenv>
#include <limits>

namespace garam::sim::insns {

namespace {

using rt::DType;
using rt::Opcode;

DType any(Random &random, const std::vector<DType> &types) {
  return types[size_t(random.in(0, int64_t(types.size()) - 1))];
}

void randomRows(Random &random, Opcode opcode, DType type, DType outType) {
  const int64_t rows = random.size(50), cols = random.one(8) ? random.in(1000, 2100) : random.size(150);
  const int size = rt::byteSize(type), outSize = rt::byteSize(outType);
  const int64_t outRows = opcode == Opcode::VecTranspose ? cols : rows;
  const int64_t outCols = opcode == Opcode::VecTranspose ? rows : opcode == Opcode::VecArgmax ? 1 : cols;
  const int64_t stride = (cols + random.in(0, 3)) * size, outStride = (outCols + random.in(0, 3)) * outSize;
  const int64_t out = (rows * stride + 63) / 64 * 64;
  Machine machine(size_t(out + outRows * outStride), 0);
  random.fill(type, random.one(2), machine.l1.data(), rows * stride / size);
  expectSame(opcode, {rows, cols, 0, stride, out, outStride, int64_t(type) | int64_t(outType) << 4}, machine);
}

TEST(Rows, FastEqualsPlain) {
  Random random(7);
  for (DType type : kAll)
    for (DType outType : kAll)
      for (int i = 0; i < 4; ++i) {
        randomRows(random, Opcode::VecTranspose, type, outType);
        randomRows(random, Opcode::VecScan, type, outType);
        randomRows(random, Opcode::VecArgmax, type, i % 2 ? DType::I32 : DType::I64);
        if (HasFailure())
          return;
      }
}

TEST(Rows, RotateFastEqualsPlain) {
  Random random(8);
  for (int i = 0; i < 200 && !HasFailure(); ++i) {
    const DType type = any(random, kFloats), outType = any(random, kFloats);
    const int64_t rows = random.size(9), heads = random.in(1, 5),
                  dim = 2 * (random.one(20) ? random.in(512, 600) : random.size(70));
    const int64_t size = rt::byteSize(type), cols = heads * dim, stride = (cols + random.in(0, 3)) * size;
    const int64_t cos = (rows * stride + 3) / 4 * 4, sin = cos + rows * dim * 4, out = sin + rows * dim * 4;
    Machine machine(size_t(out + rows * cols * 4), 0);
    random.fill(type, random.one(2), machine.l1.data(), rows * stride / size);
    random.fill(DType::F32, random.one(2), machine.l1.data() + cos, 2 * rows * dim);
    expectSame(Opcode::VecRotate,
               {rows, heads, dim, 0, stride, cos, dim * 4, sin, dim * 4, out, cols * rt::byteSize(outType),
                int64_t(type) | int64_t(outType) << 4, random.in(0, 1)},
               machine);
  }
}

template <class Out>
std::vector<Out> run(Opcode opcode, std::vector<float> source, int64_t rows, size_t outCount, int64_t outStride,
                     DType outType) {
  Machine machine(4096, 0);
  std::memcpy(machine.l1.data(), source.data(), source.size() * 4);
  const int64_t cols = int64_t(source.size()) / rows;
  Memory memory = machine.memory();
  Result result;
  execute(opcode, {memory, {rows, cols, 0, cols * 4, 2048, outStride, int64_t(outType) << 4}}, result);
  result.commit(memory);
  std::vector<Out> out(outCount);
  std::memcpy(out.data(), machine.l1.data() + 2048, outCount * sizeof(Out));
  return out;
}

TEST(Rows, Meaning) {
  const float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(run<float>(Opcode::VecTranspose, {1, 2, 3, 4, 5, 6}, 2, 6, 8, DType::F32),
            (std::vector<float>{1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(run<int32_t>(Opcode::VecScan, {1, 0, 1, 1}, 1, 4, 16, DType::I32), (std::vector<int32_t>{1, 1, 2, 3}));
  EXPECT_EQ(run<int64_t>(Opcode::VecArgmax, {-1, 5, 5, -infinity, -infinity, -infinity}, 2, 2, 8, DType::I64),
            (std::vector<int64_t>{1, 0}));
  EXPECT_EQ(run<int32_t>(Opcode::VecArgmax, {1, nan, infinity, nan}, 1, 1, 4, DType::I32), (std::vector<int32_t>{1}));
  EXPECT_EQ(run<int32_t>(Opcode::VecArgmax, {-0.0f, 0.0f}, 1, 1, 4, DType::I32), (std::vector<int32_t>{0}));
}

TEST(Rows, RotatePairs) {
  Machine machine(256, 0);
  const float x[] = {1, 2, 3, 4}, cos[] = {0, 0, 0, 0}, sin[] = {1, 1, 1, 1};
  std::memcpy(machine.l1.data(), x, 16);
  std::memcpy(machine.l1.data() + 16, cos, 16);
  std::memcpy(machine.l1.data() + 32, sin, 16);
  Memory memory = machine.memory();
  for (int64_t mode : {0, 1}) {
    Result result;
    execute(Opcode::VecRotate, {memory, {1, 1, 4, 0, 0, 16, 0, 32, 0, 64, 0, 0, mode}}, result);
    result.commit(memory);
    std::vector<float> out(4);
    std::memcpy(out.data(), machine.l1.data() + 64, 16);
    EXPECT_EQ(out, mode == 0 ? (std::vector<float>{-3, -4, 1, 2}) : (std::vector<float>{-2, 1, -4, 3}));
  }
}

TEST(Rows, WhatTheInstructionSetLeavesOpen) {
  Machine machine(64, 0);
  EXPECT_EQ(errorOf(Opcode::VecRotate, {1, 1, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, machine),
            "vec.rotate.dim: 3; an even number");
  EXPECT_EQ(errorOf(Opcode::VecRotate, {1, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}, machine), "vec.rotate.mode: 2; 0 or 1");
  EXPECT_EQ(errorOf(Opcode::VecArgmax, {1, 1, 0, 0, 0, 0, 0}, machine),
            "vec.argmax.types: result of type 0; i32 (8) or i64 (9)");
  EXPECT_EQ(errorOf(Opcode::VecScan, {1, 16, 0, 0, 4, 0, 0}, machine),
            "vec.scan.dst: 1 rows of 64 bytes at 0x4 with stride 0 leave L1; 0x0 to 0x40");
  EXPECT_EQ(errorOf(Opcode::VecScan, {2, 4, 0, 0, 0, 12, 0}, machine),
            "vec.scan.dst: rows of 16 bytes with stride 12 overlap; a stride of at least a row");
}

TEST(Insns, EveryEngineInstructionHasABody) {
  start();
  Machine machine(0, 0);
  Memory memory = machine.memory();
  Result result;
  execute(Opcode::VectorSync, {memory, {}}, result);
  EXPECT_TRUE(result.writes().empty());
  EXPECT_THROW(execute(Opcode::DmaLoad, {memory, {}}, result), rt::Error);
}

TEST(Insns, ResultsAppearAtCompletion) {
  Machine machine(64, 0);
  const float source[] = {1, 2, 3, 4};
  std::memcpy(machine.l1.data(), source, 16);
  Memory memory = machine.memory();
  Result result;
  execute(Opcode::VecScan, {memory, {1, 4, 0, 0, 0, 0, 0}}, result); // in place
  EXPECT_EQ(std::memcmp(machine.l1.data(), source, 16), 0);
  std::memset(machine.l1.data(), 0, 16); // sources were read at start
  result.commit(memory);
  const float expected[] = {1, 3, 6, 10};
  EXPECT_EQ(std::memcmp(machine.l1.data(), expected, 16), 0);
}

#if HWY_ARCH_X86
TEST(Insns, HostWithoutFusedMultiplyAddIsRefused) {
  hwy::SetSupportedTargetsForTest(HWY_SSE4);
  try {
    requireFma();
    ADD_FAILURE();
  } catch (const rt::Error &error) {
    EXPECT_EQ(error.kind, rt::ErrorKind::Unimplemented);
    EXPECT_STREQ(error.what(), "host: no fused multiply-add; x86-64-v3 (AVX2, FMA, F16C) or later");
  }
  hwy::SetSupportedTargetsForTest(0);
  requireFma();
}
#endif

/// Any field values: a result inside memory or an error, and never an access outside (the sanitizer build watches).
TEST(Insns, AnyFieldValues) {
  Random random(9);
  Machine machine(512, 256);
  rt::Chain chain;
  chain.sources = {{{DType::BF16, true}, {DType::F32, true, true}, {DType::I8, true}}};
  chain.dst = {DType::F32, true};
  chain.reduction = rt::Reduction::Sum;
  const int64_t interesting[] = {
      0, 4, 8, 16, 64, 508, 512, -4, -64, rt::kAccBase, rt::kAccBase + 252, rt::kAccBase - 4};
  const Opcode opcodes[] = {Opcode::Mma,          Opcode::VecMap,  Opcode::VecRotate,
                            Opcode::VecTranspose, Opcode::VecScan, Opcode::VecArgmax};
  int64_t ran = 0;
  for (int i = 0; i < 100000; ++i) {
    rt::SlotValues values;
    for (int64_t &value : values)
      value = random.one(40)  ? int64_t(random.bits())
              : random.one(2) ? random.in(0, 9)
                              : interesting[random.in(0, int64_t(std::size(interesting)) - 1)];
    chain.reduceRows = random.one(2);
    ran += errorOf(opcodes[random.in(0, 5)], values, machine, &chain).empty();
  }
  EXPECT_GT(ran, 1000);
}

TEST(Insns, FloatEnvironmentIsRestored) {
  std::fesetround(FE_UPWARD);
  {
    const FloatEnvironment environment;
    EXPECT_EQ(std::fegetround(), FE_TONEAREST);
  }
  EXPECT_EQ(std::fegetround(), FE_UPWARD);
  std::fesetround(FE_TONEAREST);
}

} // namespace

} // namespace garam::sim::insns
