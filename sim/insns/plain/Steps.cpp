#include "sim/insns/plain/Steps.h"

#include "sim/insns/math/Scalar.h"

#include <cmath>
#include <limits>

namespace garam::sim::insns::plain {

namespace {

constexpr scalar::Doubles kD;

// Two's complement, wrapping.
int64_t wrapping(uint64_t x) { return int64_t(x); }

} // namespace

float minimum(float a, float b) {
  if (std::isnan(a) || std::isnan(b))
    return std::numeric_limits<float>::quiet_NaN();
  return a == b ? (std::signbit(a) ? a : b) : a < b ? a : b;
}

float maximum(float a, float b) { return -minimum(-a, -b); }

float stepFloat(rt::StepOp op, float v, float x, float t0) {
  using enum rt::StepOp;
  switch (op) {
  case Set:
    return x;
  case SaveT0:
  case SaveT1:
    return v;
  case Add:
    return v + x;
  case Sub:
    return v - x;
  case RSub:
    return x - v;
  case Mul:
    return v * x;
  case Div:
    return v / x;
  case RDiv:
    return x / v;
  case Min:
    return minimum(v, x);
  case Max:
    return maximum(v, x);
  case Fma:
    return std::fma(v, t0, x);
  case Lt:
    return v < x;
  case Le:
    return v <= x;
  case Gt:
    return v > x;
  case Ge:
    return v >= x;
  case Eq:
    return v == x;
  case Ne:
    return v != x;
  case Select:
    return t0 != 0 ? v : x;
  case And:
    return v != 0 && x != 0;
  case Or:
    return v != 0 || x != 0;
  case Neg:
    return -v;
  case Abs:
    return std::fabs(v);
  case Floor:
    return std::floor(v);
  case Round:
    return std::nearbyint(v);
  case Exp:
    return float(scalar::exp(kD, double(v)));
  case Log:
    return float(scalar::log(kD, double(v)));
  case Recip:
    return 1 / v;
  case Sqrt:
    return std::sqrt(v);
  case Rsqrt:
    return float(scalar::rsqrt(kD, double(v)));
  case Tanh:
    return float(scalar::tanh(kD, double(v)));
  case Sigmoid:
    return float(scalar::sigmoid(kD, double(v)));
  case Erf:
    return float(scalar::erf(kD, double(v)));
  case Sin:
    return float(scalar::sin(kD, double(v)));
  case Cos:
    return float(scalar::cos(kD, double(v)));
  }
  return v;
}

int64_t stepInt(rt::StepOp op, int64_t v, int64_t x, int64_t t0) {
  using enum rt::StepOp;
  switch (op) {
  case Set:
    return x;
  case Add:
    return wrapping(uint64_t(v) + uint64_t(x));
  case Sub:
    return wrapping(uint64_t(v) - uint64_t(x));
  case RSub:
    return wrapping(uint64_t(x) - uint64_t(v));
  case Mul:
    return wrapping(uint64_t(v) * uint64_t(x));
  case Div:
    return x == 0 ? -1 : x == -1 ? wrapping(-uint64_t(v)) : v / x;
  case RDiv:
    return stepInt(Div, x, v, t0);
  case Min:
    return v < x ? v : x;
  case Max:
    return v > x ? v : x;
  case Fma:
    return wrapping(uint64_t(v) * uint64_t(t0) + uint64_t(x));
  case Lt:
    return v < x;
  case Le:
    return v <= x;
  case Gt:
    return v > x;
  case Ge:
    return v >= x;
  case Eq:
    return v == x;
  case Ne:
    return v != x;
  case Select:
    return t0 != 0 ? v : x;
  case And:
    return v & x;
  case Or:
    return v | x;
  case Neg:
    return wrapping(-uint64_t(v));
  case Abs:
    return v < 0 ? wrapping(-uint64_t(v)) : v;
  default:
    // Rounding an integer and the saves leave it; functions were refused with the chain.
    return v;
  }
}

} // namespace garam::sim::insns::plain
