#include "sim/insns/plain/Steps.h"

#include "sim/insns/math/Scalar.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace garam::sim::insns::plain {

namespace {

constexpr scalar::Doubles kD;

// Two's complement, wrapping.
int64_t wrapping(uint64_t x) { return int64_t(x); }

int64_t quotient(int64_t a, int64_t b) { return b == 0 ? -1 : b == -1 ? wrapping(-uint64_t(a)) : a / b; }

/// Every step of the record is a move or has a line.
constexpr bool isDefined(rt::StepOp op) {
#define GARAM_TERNARY(step, f32, integer, vectors)                                                                     \
  if (op == rt::StepOp::step)                                                                                          \
    return true;
#define GARAM_UNARY GARAM_TERNARY
#define GARAM_BINARY GARAM_TERNARY
#define GARAM_FUNCTION(step, function) GARAM_TERNARY(step, , , )
#include "sim/insns/Steps.inl"
#undef GARAM_TERNARY
#undef GARAM_UNARY
#undef GARAM_BINARY
#undef GARAM_FUNCTION
  return rt::stepCost(op) == 0;
}
static_assert(std::ranges::all_of(rt::kSteps, [](const rt::StepInfo &step) { return isDefined(step.op); }),
              "a step of Isa.td without a line in Steps.inl");

} // namespace

float minimum(float a, float b) {
  if (std::isnan(a) || std::isnan(b))
    return std::numeric_limits<float>::quiet_NaN();
  return a == b ? (std::signbit(a) ? a : b) : a < b ? a : b;
}

float maximum(float a, float b) { return -minimum(-a, -b); }

float stepFloat(rt::StepOp op, float v, float x, float t0) {
  switch (op) {
#define GARAM_TERNARY(step, f32, integer, vectors)                                                                     \
  case rt::StepOp::step:                                                                                               \
    return f32;
#define GARAM_UNARY GARAM_TERNARY
#define GARAM_BINARY GARAM_TERNARY
#define GARAM_FUNCTION(step, function)                                                                                 \
  case rt::StepOp::step:                                                                                               \
    return float(scalar::function(kD, double(v)));
#include "sim/insns/Steps.inl"
#undef GARAM_TERNARY
#undef GARAM_FUNCTION
  case rt::StepOp::Set:
    return x;
  case rt::StepOp::SaveT0:
  case rt::StepOp::SaveT1:
    return v;
  }
  return v;
}

int64_t stepInt(rt::StepOp op, int64_t v, int64_t x, int64_t t0) {
  switch (op) {
#define GARAM_TERNARY(step, f32, integer, vectors)                                                                     \
  case rt::StepOp::step:                                                                                               \
    return integer;
#define GARAM_FUNCTION(step, function)
#include "sim/insns/Steps.inl"
#undef GARAM_TERNARY
#undef GARAM_UNARY
#undef GARAM_BINARY
#undef GARAM_FUNCTION
  case rt::StepOp::Set:
    return x;
  default:
    return v; // the saves; functions were refused with the chain
  }
}

} // namespace garam::sim::insns::plain
