// Conversions: every pattern of the narrow types, every rounding boundary between them, and the two paths against each
// other.
#include "Fixture.h"

#include "sim/insns/fast/Convert.h"

#include <bit>
#include <limits>

namespace garam::sim::insns {

namespace {

using rt::DType;

const DType kNarrow[] = {DType::F16, DType::BF16, DType::F8E4M3, DType::F8E5M2};

float value(DType type, uint32_t bits) { return plain::loadFloat(type, reinterpret_cast<const uint8_t *>(&bits)); }

uint32_t stored(DType type, float value) {
  uint32_t bits = 0;
  plain::storeFloat(type, value, reinterpret_cast<uint8_t *>(&bits));
  return bits;
}

uint32_t fastStored(DType type, float value) {
  uint32_t bits = 0;
  fast::storeFloats(type, &value, 1, reinterpret_cast<uint8_t *>(&bits));
  return bits;
}

uint32_t patterns(DType type) { return 1u << (8 * rt::byteSize(type)); }

TEST(Convert, KnownValues) {
  EXPECT_EQ(value(DType::F16, 0x3c00), 1.0f);
  EXPECT_EQ(value(DType::F16, 0x0001), 0x1p-24f);
  EXPECT_EQ(value(DType::F16, 0xfbff), -65504.0f);
  EXPECT_EQ(value(DType::BF16, 0x3f80), 1.0f);
  EXPECT_EQ(value(DType::BF16, 0x0001), 0x1p-133f);
  EXPECT_EQ(value(DType::F8E4M3, 0x7e), 448.0f);
  EXPECT_EQ(value(DType::F8E4M3, 0x01), 0x1p-9f);
  EXPECT_TRUE(std::isnan(value(DType::F8E4M3, 0xff)));
  EXPECT_EQ(value(DType::F8E5M2, 0x7b), 57344.0f);
  EXPECT_EQ(value(DType::F8E5M2, 0xfc), -std::numeric_limits<float>::infinity());
  EXPECT_EQ(value(DType::F8E5M2, 0x01), 0x1p-16f);
}

TEST(Convert, EveryPatternComesBack) {
  for (DType type : kNarrow)
    for (uint32_t bits = 0; bits < patterns(type); ++bits) {
      const float v = value(type, bits);
      const bool infinite = std::isinf(v) && type == DType::F8E5M2;
      if (std::isnan(v))
        EXPECT_TRUE(std::isnan(value(type, stored(type, v))));
      else
        EXPECT_EQ(stored(type, v), infinite ? bits - 1 : bits) << int(type); // f8 saturates
    }
}

TEST(Convert, NanIsCanonical) {
  for (uint32_t bits : {0x7f800001u, 0xffffffffu, 0x7fc00000u, 0xffc12345u}) {
    const float nan = std::bit_cast<float>(bits);
    const std::pair<DType, uint32_t> expected[] = {
        {DType::F32, 0x7fc00000}, {DType::F16, 0x7e00}, {DType::BF16, 0x7fc0}, {DType::F8E4M3, 0x7f},
        {DType::F8E5M2, 0x7e},    {DType::I8, 0},       {DType::I32, 0},       {DType::I1, 1}};
    for (auto [type, pattern] : expected) {
      EXPECT_EQ(stored(type, nan), pattern);
      EXPECT_EQ(fastStored(type, nan), pattern);
    }
  }
}

/// Between neighbours of a type: just below the middle, the middle (to even) and just above it.
TEST(Convert, EveryBoundaryRoundsToNearestEven) {
  for (DType type : kNarrow)
    for (uint32_t bits = 0; bits + 1 < patterns(type) / 2; ++bits) {
      const float low = value(type, bits), high = value(type, bits + 1);
      if (std::isnan(low) || std::isnan(high) || std::isinf(high))
        continue;
      const float middle = float((double(low) + double(high)) / 2);
      const uint32_t even = bits % 2 == 0 ? bits : bits + 1;
      const uint32_t sign = patterns(type) / 2;
      for (auto store : {stored, fastStored}) {
        ASSERT_EQ(store(type, middle), even) << int(type) << " " << bits;
        ASSERT_EQ(store(type, std::nextafter(middle, 0.0f)), bits);
        ASSERT_EQ(store(type, std::nextafter(middle, HUGE_VALF)), bits + 1);
        ASSERT_EQ(store(type, -middle), even | sign);
      }
    }
}

TEST(Convert, Overflow) {
  const float infinity = std::numeric_limits<float>::infinity();
  for (auto store : {stored, fastStored}) {
    EXPECT_EQ(store(DType::F16, 65519.0f), 0x7bffu);
    EXPECT_EQ(store(DType::F16, 65520.0f), 0x7c00u);
    EXPECT_EQ(store(DType::BF16, 0x1.fep127f), 0x7f7fu);
    EXPECT_EQ(store(DType::BF16, 0x1.ffp127f), 0x7f80u);
    EXPECT_EQ(store(DType::F8E4M3, 1e9f), 0x7eu);
    EXPECT_EQ(store(DType::F8E4M3, -infinity), 0xfeu);
    EXPECT_EQ(store(DType::F8E5M2, 1e9f), 0x7bu);
    EXPECT_EQ(store(DType::F8E5M2, -infinity), 0xfbu);
    EXPECT_EQ(store(DType::I8, 1e9f), 0x7fu);
    EXPECT_EQ(store(DType::I8, -infinity), 0x80u);
    EXPECT_EQ(store(DType::I32, 0x1p31f), 0x7fffffffu);
    EXPECT_EQ(store(DType::I32, -0x1p40f), 0x80000000u);
    EXPECT_EQ(store(DType::I8, 2.5f), 2u);
    EXPECT_EQ(store(DType::I8, 3.5f), 4u);
    EXPECT_EQ(store(DType::I1, -0.0f), 0u);
    EXPECT_EQ(store(DType::I1, 0.25f), 1u);
  }
}

TEST(Convert, FastLoadsEveryPattern) {
  for (DType type : kNarrow) {
    const size_t size = size_t(rt::byteSize(type));
    std::vector<uint8_t> bytes(patterns(type) * size);
    for (uint32_t bits = 0; bits < patterns(type); ++bits)
      std::memcpy(bytes.data() + bits * size, &bits, size);
    std::vector<float> loaded(patterns(type));
    fast::loadFloats(type, bytes.data(), patterns(type), loaded.data());
    for (uint32_t bits = 0; bits < patterns(type); ++bits) {
      const float expected = value(type, bits);
      if (std::isnan(expected))
        ASSERT_TRUE(std::isnan(loaded[bits]));
      else
        ASSERT_EQ(std::bit_cast<uint32_t>(loaded[bits]), std::bit_cast<uint32_t>(expected)) << int(type) << " " << bits;
    }
  }
}

TEST(Convert, FastEqualsPlainOnRandomBits) {
  Random random(3);
  std::vector<float> values(1 << 16);
  for (float &v : values)
    v = std::bit_cast<float>(uint32_t(random.bits()));
  for (DType type : kAll) {
    const int size = rt::byteSize(type);
    std::vector<uint8_t> fast(values.size() * size_t(size)), plain(fast.size());
    fast::storeFloats(type, values.data(), int64_t(values.size()), fast.data());
    for (size_t i = 0; i < values.size(); ++i)
      plain::storeFloat(type, values[i], plain.data() + i * size_t(size));
    EXPECT_TRUE(fast == plain) << int(type);
    // And no element more than asked for, whatever the count.
    for (int64_t count = 0; count < 40; ++count) {
      std::vector<uint8_t> few(size_t((count + 1) * size), 0xa5);
      fast::storeFloats(type, values.data(), count, few.data());
      for (int i = 0; i < size; ++i)
        EXPECT_EQ(few[size_t(count * size + i)], 0xa5);
    }
  }
}

TEST(Convert, LongIntegersRoundToNearestEven) {
  const int64_t values[] = {(1LL << 24) + 1, (1LL << 24) + 3, (1LL << 62) + 1, INT64_MAX, INT64_MIN};
  const float expected[] = {0x1p24f, 0x1.000004p24f, 0x1p62f, 0x1p63f, -0x1p63f};
  for (size_t i = 0; i < std::size(values); ++i)
    EXPECT_EQ(plain::loadFloat(DType::I64, reinterpret_cast<const uint8_t *>(&values[i])), expected[i]);
}

} // namespace

} // namespace garam::sim::insns
