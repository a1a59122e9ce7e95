// The functions of Functions.inl on single numbers: their definition. The operations carry Highway's names, with one
// lane.
#pragma once

#include "sim/insns/math/TwoOverPi.h"

#include <hwy/base.h>

#include <cmath>
#include <limits>

namespace garam::sim::insns::scalar {

struct Doubles {};
struct Bits {};
template <class D> using UnsignedTag = Bits;

inline double Set(Doubles, double x) { return x; }
inline uint64_t Set(Bits, uint64_t x) { return x; }
inline double BitCast(Doubles, uint64_t x) { return std::bit_cast<double>(x); }
inline uint64_t BitCast(Bits, double x) { return std::bit_cast<uint64_t>(x); }

inline double Add(double a, double b) { return a + b; }
inline double Sub(double a, double b) { return a - b; }
inline double Mul(double a, double b) { return a * b; }
inline double Div(double a, double b) { return a / b; }
inline double MulAdd(double a, double b, double c) { return std::fma(a, b, c); }
inline double NegMulAdd(double a, double b, double c) { return std::fma(-a, b, c); }
inline double Neg(double x) { return -x; }
inline double Abs(double x) { return std::fabs(x); }
inline double Sqrt(double x) { return std::sqrt(x); }
inline double Round(double x) { return std::nearbyint(x); }
inline double CopySign(double size, double sign) { return std::copysign(size, sign); }
inline double Min(double a, double b) { return a < b ? a : b; }
inline double Max(double a, double b) { return a > b ? a : b; }
inline bool Lt(double a, double b) { return a < b; }
inline bool Gt(double a, double b) { return a > b; }
inline bool Eq(double a, double b) { return a == b; }
inline bool IsNaN(double x) { return std::isnan(x); }
inline double IfThenElse(bool which, double a, double b) { return which ? a : b; }

inline uint64_t Add(uint64_t a, uint64_t b) { return a + b; }
inline uint64_t Sub(uint64_t a, uint64_t b) { return a - b; }
inline uint64_t And(uint64_t a, uint64_t b) { return a & b; }
inline uint64_t Or(uint64_t a, uint64_t b) { return a | b; }
template <int n> uint64_t ShiftLeft(uint64_t x) { return x << n; }
template <int n> uint64_t ShiftRight(uint64_t x) { return x >> n; }
inline double Xor(double a, double b) {
  return std::bit_cast<double>(std::bit_cast<uint64_t>(a) ^ std::bit_cast<uint64_t>(b));
}

inline bool isOdd(Doubles, uint64_t x) { return x & 1; }
inline double gather(Doubles, const double *table, uint64_t index) { return table[index]; }

#include "sim/insns/math/Functions.inl"

} // namespace garam::sim::insns::scalar
