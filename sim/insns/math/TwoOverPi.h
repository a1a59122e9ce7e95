// 2/pi times powers of two, modulo 4, for the reduction of arguments of sin and cos of any size.
#pragma once

#include "sim/insns/math/Coefficients.h"

#include <array>
#include <bit>
#include <cstdint>

namespace garam::sim::insns {

/// For e = kFirst …: (2^(e-23) · 2/pi) mod 4 in three parts. The first two have 26 bits each on the grids 2^-24 and
/// 2^-50, so that their products with a mantissa of 24 bits are exact in f64; the third is the next 53 bits.
struct TwoOverPiParts {
  static constexpr int kFirst = -1, kCount = 129;
  std::array<double, kCount> high{}, middle{}, low{};
};

/// Bits first … last (the first bit after the point is 1; bits before it are zero) as a number whose last bit counts
/// 2^unit.
constexpr double twoOverPiBits(int first, int last, int unit) {
  uint64_t bits = 0;
  for (int i = first; i <= last; ++i)
    bits = bits << 1 | (i < 1 ? 0 : kTwoOverPi[(i - 1) / 32] >> (31 - (i - 1) % 32) & 1);
  return double(bits) * std::bit_cast<double>(uint64_t(1023 + unit) << 52);
}

constexpr TwoOverPiParts makeTwoOverPiParts() {
  TwoOverPiParts parts;
  for (int i = 0; i < TwoOverPiParts::kCount; ++i) {
    const int one = i + TwoOverPiParts::kFirst - 23; // the bit that counts 1
    parts.high[size_t(i)] = twoOverPiBits(one - 1, one + 24, -24);
    parts.middle[size_t(i)] = twoOverPiBits(one + 25, one + 50, -50);
    parts.low[size_t(i)] = twoOverPiBits(one + 51, one + 103, -103);
  }
  return parts;
}

inline constexpr TwoOverPiParts kTwoOverPiParts = makeTwoOverPiParts();

} // namespace garam::sim::insns
