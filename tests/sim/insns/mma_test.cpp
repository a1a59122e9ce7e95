// mma: the fast path against the definition, and the definition against numbers worked out by hand.
#include "Fixture.h"

namespace garam::sim::insns {

namespace {

rt::SlotValues words(int64_t a, int64_t aStride, int64_t w, int64_t wStride, int64_t acc, int64_t accStride, int64_t m,
                     int64_t k, int64_t n, bool accumulate, rt::DType aType, rt::DType wType, bool transposed) {
  return {a,
          aStride,
          w,
          wStride,
          rt::kAccBase + acc,
          accStride,
          m,
          k,
          n,
          accumulate,
          int64_t(aType) | int64_t(wType) << 4 | int64_t(transposed) << 8};
}

void randomCase(Random &random, rt::DType aType, rt::DType wType, int64_t largestM = 150) {
  const int64_t m = random.size(largestM), k = random.size(300), n = random.size(200);
  const bool transposed = random.one(2), special = random.one(3);
  const int aSize = rt::byteSize(aType), wSize = rt::byteSize(wType);
  const int64_t aStride = (k + random.in(0, 5)) * aSize;
  const int64_t wStride = ((transposed ? k : n) + random.in(0, 5)) * wSize;
  const int64_t accStride = (n + random.in(0, 5)) * 4;
  const int64_t wAddress = (m * aStride + 63) / 64 * 64;
  Machine machine(size_t(wAddress + (transposed ? n : k) * wStride), size_t(m * accStride));
  random.fill(aType, special, machine.l1.data(), m * aStride / aSize);
  random.fill(wType, special, machine.l1.data() + wAddress, (transposed ? n : k) * wStride / wSize);
  random.fill(aType == rt::DType::I8 ? rt::DType::I32 : rt::DType::F32, special, machine.acc.data(), m * accStride / 4);
  const int64_t rows[] = {1, 16, 64, 128, 256, 7};
  const int64_t arrayRows = rows[random.in(0, 5)];
  SCOPED_TRACE(fmt::format("{}×{}×{} types {} {} transposed {} rows {}", m, k, n, int(aType), int(wType), transposed,
                           arrayRows));
  expectSame(rt::Opcode::Mma,
             words(0, aStride, wAddress, wStride, 0, accStride, m, k, n, random.one(2), aType, wType, transposed),
             machine, nullptr, arrayRows);
}

TEST(Mma, FastEqualsPlainOnEveryPairOfTypes) {
  Random random(1);
  for (rt::DType a : kFloats)
    for (rt::DType w : kFloats)
      for (int i = 0; i < 12; ++i)
        randomCase(random, a, w);
  for (int i = 0; i < 40; ++i)
    randomCase(random, rt::DType::I8, rt::DType::I8);
}

TEST(Mma, FastEqualsPlainOnFewRows) {
  Random random(3);
  for (rt::DType w : kFloats)
    for (int i = 0; i < 60; ++i)
      randomCase(random, random.one(2) ? rt::DType::BF16 : w, w, 8);
  for (int i = 0; i < 60; ++i)
    randomCase(random, rt::DType::I8, rt::DType::I8, 8);
}

TEST(Mma, FastEqualsPlainBeyondOneBlock) {
  Random random(2);
  for (auto [m, k, n] : {std::array<int64_t, 3>{403, 70, 1061}, {3, 40, 4201}}) {
    Machine machine(size_t((m + n) * k * 2), size_t(m * n * 4));
    random.fill(rt::DType::BF16, false, machine.l1.data(), (m + n) * k);
    random.fill(rt::DType::F32, false, machine.acc.data(), m * n);
    for (bool transposed : {false, true})
      expectSame(rt::Opcode::Mma,
                 words(0, k * 2, m * k * 2, (transposed ? k : n) * 2, 0, n * 4, m, k, n, true, rt::DType::BF16,
                       rt::DType::BF16, transposed),
                 machine, nullptr, 32);
  }
}

float oneElement(std::vector<float> a, std::vector<float> w, float before, bool accumulate, int64_t arrayRows) {
  Machine machine(64 * 8, 4);
  std::memcpy(machine.l1.data(), a.data(), a.size() * 4);
  std::memcpy(machine.l1.data() + 256, w.data(), w.size() * 4);
  std::memcpy(machine.acc.data(), &before, 4);
  Memory memory = machine.memory();
  Result result;
  const rt::SlotValues values =
      words(0, 0, 256, 4, 0, 0, 1, int64_t(a.size()), 1, accumulate, rt::DType::F32, rt::DType::F32, false);
  execute(rt::Opcode::Mma, {memory, values, nullptr, arrayRows}, result);
  result.commit(memory);
  float after;
  std::memcpy(&after, machine.acc.data(), 4);
  return after;
}

TEST(Mma, OrderOfSummation) {
  const float big = 0x1p24f;
  EXPECT_EQ(oneElement({big, 1, 1}, {1, 1, 1}, 5, false, 8), big);     // each 1 is lost, one by one
  EXPECT_EQ(oneElement({1, 1, big}, {1, 1, 1}, 5, false, 8), big + 2); // ascending k
  EXPECT_EQ(oneElement({big, 1, 1}, {1, 1, 1}, 5, false, 1), big); // a pass for each row: the sums are added in order
  EXPECT_EQ(oneElement({1, 1}, {1, 1}, big, true, 2), big + 2);    // the pass is summed before it is added
  EXPECT_EQ(oneElement({1, 1}, {1, 1}, big, true, 1), big);
  EXPECT_EQ(oneElement({-1, 1 + 0x1p-12f}, {1 + 0x1p-11f, 1 + 0x1p-12f}, 0, false, 8), 0x1p-24f); // fused
}

TEST(Mma, ZeroCountsDoNothing) {
  Machine machine(64, 64);
  Memory memory = machine.memory();
  Result result;
  for (int zero = 0; zero < 3; ++zero) {
    const rt::SlotValues values = words(1 << 20, 0, 1 << 20, 0, 0, 0, zero == 0 ? 0 : 1, zero == 1 ? 0 : 1,
                                        zero == 2 ? 0 : 1, false, rt::DType::F32, rt::DType::F32, false);
    execute(rt::Opcode::Mma, {memory, values, nullptr, 64}, result);
    EXPECT_TRUE(result.writes().empty());
  }
}

TEST(Mma, WhatTheInstructionSetLeavesOpen) {
  using enum rt::DType;
  Machine machine(1024, 1024);
  const auto error = [&](rt::SlotValues values) { return errorOf(rt::Opcode::Mma, values, machine); };
  EXPECT_EQ(error(words(0, 64, 512, 64, 0, 64, 8, 16, 16, false, F32, F32, false)),
            "mma.w: 16 rows of 64 bytes at 0x200 with stride 64 leave L1; 0x0 to 0x400");
  EXPECT_EQ(error(words(0, 64, 0, 64, 0, 1 << 20, 8, 16, 16, false, F32, F32, false)),
            "mma.acc: 8 rows of 64 bytes at 0x40000000 with stride 1048576 leave acc; 0x40000000 to 0x40000400");
  EXPECT_EQ(error(words(0, -64, 0, 64, 0, 64, 2, 16, 16, false, F32, F32, false)),
            "mma.a: 2 rows of 64 bytes at 0x0 with stride -64 leave L1; 0x0 to 0x400");
  EXPECT_EQ(error(words(2, 64, 0, 64, 0, 64, 1, 4, 4, false, F32, F32, false)),
            "mma.a: address 0x2 with stride 64; multiples of 4");
  EXPECT_EQ(error(words(0, 64, 0, 64, -rt::kAccBase, 64, 1, 4, 4, false, F32, F32, false)),
            "mma.acc: address 0x0; 0x40000000 up");
  EXPECT_EQ(error(words(0, 64, 0, 64, 0, 64, 1, -4, 4, false, F32, F32, false)),
            "mma.k: count -4; zero or more, and inside memory");
  EXPECT_EQ(error(words(0, INT64_MAX & ~3, 0, 64, 0, 64, 1 << 30, 4, 4, false, F32, F32, false)).substr(0, 5), "mma.a");
  EXPECT_EQ(error(words(0, 64, 0, 64, 0, 64, 1, 4, 4, false, I8, BF16, false)),
            "mma.types: 5 and 2; two floating-point types, or i8 and i8 (5)");
  EXPECT_EQ(error(words(0, 64, 0, 64, 0, 64, 1, 4, 4, false, rt::DType(7), BF16, false)),
            "mma.types: 7 in bits 3 to 0; 0 to 6, 8 or 9");
}

} // namespace

} // namespace garam::sim::insns
