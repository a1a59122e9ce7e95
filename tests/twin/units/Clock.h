// Edges of a clock: rules M1 and M4 of docs/hardware/machine.md.
#pragma once

#include "tests/rules/Rules.h"

#include <cmath>
#include <cstdint>

namespace garam::twin {

using test::cite;
using test::Rule;

struct Clock {
  int64_t hertz;

  static Clock ofMhz(double mhz) { return {std::llround(mhz * 1e6)}; }
  /// Femtoseconds of edge n (M1).
  int64_t edge(int64_t n) const { return int64_t(__int128(n) * 1'000'000'000'000'000 / hertz); }
  /// Number of the first edge strictly later than a time.
  int64_t after(int64_t time) const {
    int64_t n = int64_t(__int128(time) * hertz / 1'000'000'000'000'000);
    while (edge(n) > time)
      --n;
    while (edge(n) <= time)
      ++n;
    return n;
  }
  /// Number of the first edge that is not earlier than a time.
  int64_t from(int64_t time) const { return time > 0 ? after(time - 1) : 0; }
};

} // namespace garam::twin
