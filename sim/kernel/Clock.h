// Edges of a clock in femtoseconds, from the integer number of the edge: no error adds up.
#pragma once

#include <cmath>
#include <cstdint>

namespace garam::sim {

class Clock {
public:
  /// Edge n lies at ⌊n · numerator / denominator⌋ fs.
  Clock(int64_t numerator, int64_t denominator) : numerator(numerator), denominator(denominator) {}
  static Clock ofMhz(double mhz) { return Clock(1'000'000'000'000'000, std::llround(mhz * 1e6)); }
  /// A period in picoseconds, exact to a femtosecond.
  static Clock ofPeriodPs(double ps) { return Clock(std::llround(ps * 1000), 1); }

  int64_t edge(int64_t n) const { return int64_t(__int128(n) * numerator / denominator); }
  /// The last edge at or before `fs`.
  int64_t at(int64_t fs) const {
    int64_t n = int64_t(__int128(fs) * denominator / numerator);
    while (edge(n + 1) <= fs)
      ++n;
    return n;
  }
  /// The first edge strictly later than `fs`.
  int64_t after(int64_t fs) const { return at(fs) + 1; }

private:
  int64_t numerator, denominator;
};

}  // namespace garam::sim
