// Edges of a clock in femtoseconds, from the integer number of the edge: no error adds up. Rule M1.
#pragma once

#include <cmath>
#include <cstdint>

namespace garam::sim {

class Clock {
public:
  /// Edge n lies at ⌊n · numerator / denominator⌋ fs.
  Clock(int64_t numerator, int64_t denominator)
      : whole(numerator / denominator), part(numerator % denominator), denominator(denominator),
        exact(part ? INT64_MAX / part : INT64_MAX), reciprocal(1.0 / double(denominator)),
        edges(double(denominator) / double(numerator)) {}
  static Clock ofMhz(double mhz) { return Clock(1'000'000'000'000'000, std::llround(mhz * 1e6)); }
  /// A period in picoseconds, exact to a femtosecond.
  static Clock ofPeriodPs(double ps) { return Clock(std::llround(ps * 1000), 1); }

  int64_t edge(int64_t n) const {
    if (n < exact) {
      // A quotient below 2⁵³ from the reciprocal is one off at most.
      const int64_t product = n * part;
      int64_t quotient = int64_t(double(product) * reciprocal);
      const int64_t rest = product - quotient * denominator;
      quotient += rest < 0 ? -1 : rest >= denominator ? 1 : 0;
      return n * whole + quotient;
    }
    return n * whole + int64_t(__int128(n) * part / denominator);
  }
  /// The last edge at or before `fs`.
  int64_t at(int64_t fs) const {
    auto n = int64_t(double(fs) * edges);
    while (edge(n) > fs)
      --n;
    while (edge(n + 1) <= fs)
      ++n;
    return n;
  }
  /// The first edge strictly later than `fs`.
  int64_t after(int64_t fs) const { return at(fs) + 1; }

private:
  int64_t whole, part, denominator; ///< of the period
  int64_t exact;                    ///< edges below need no more than 64 bits
  double reciprocal;                ///< of the denominator, nearly
  double edges;                     ///< per femtosecond, nearly
};

} // namespace garam::sim
