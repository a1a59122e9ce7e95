// A chain of steps on one element, whatever an element is: a number, or a number and its mark.
#pragma once

#include "sim/insns/Kernels.h"
#include "sim/insns/plain/Convert.h"
#include "sim/insns/plain/Steps.h"

#include <limits>
#include <type_traits>

namespace garam::sim::insns::plain {

/// The running value after all steps. `operand(arg)` gives a step's operand that is neither none nor saved (S0 first),
/// `step(op, v, x, t0)` what a step that is no move makes of it.
template <class V, class Operand, class Step> V runChain(const rt::Chain &chain, Operand &&operand, Step &&step) {
  V v = operand(rt::StepArg::S0), t0{}, t1{};
  for (const rt::Step &s : chain.steps) {
    V x{};
    if (s.arg == rt::StepArg::T0)
      x = t0;
    else if (s.arg == rt::StepArg::T1)
      x = t1;
    else if (s.arg != rt::StepArg::None)
      x = operand(s.arg);
    if (s.op == rt::StepOp::SaveT0)
      t0 = v;
    else if (s.op == rt::StepOp::SaveT1)
      t1 = v;
    else
      v = step(s.op, v, x, t0);
  }
  return v;
}

/// T is float, or int64_t in integer chains.
template <class T> T step(rt::StepOp op, T v, T x, T t0) {
  if constexpr (std::is_same_v<T, float>)
    return stepFloat(op, v, x, t0);
  else
    return stepInt(op, v, x, t0);
}

/// Number of a step's source; three or more if the operand is none.
constexpr size_t sourceOf(rt::StepArg arg) { return size_t(arg) - size_t(rt::StepArg::S0); }

/// The operand of element (r, c) of a panel whose sources lie at `sources`; an absent source is zero.
template <class T>
T operand(const MapPanel &panel, const std::array<Rows, 3> &sources, rt::StepArg arg, int64_t r, int64_t c) {
  switch (arg) {
  case rt::StepArg::S0:
  case rt::StepArg::S1:
  case rt::StepArg::S2: {
    const rt::ChainOperand &source = panel.chain->sources[sourceOf(arg)];
    if (!source.present)
      return T(0);
    const uint8_t *from = sources[sourceOf(arg)].at(r, source.perRow ? 0 : c);
    if constexpr (std::is_same_v<T, float>)
      return loadFloat(source.type, from);
    else
      return loadInt(source.type, from);
  }
  case rt::StepArg::Row:
    return T(r);
  case rt::StepArg::Col:
    return T(c);
  case rt::StepArg::Scalar:
    return T(panel.scalar);
  default: {
    const float constant = panel.chain->constants[size_t(arg) - size_t(rt::StepArg::Const0)];
    if constexpr (std::is_same_v<T, float>)
      return constant;
    else
      return roundToInt(constant, std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max());
  }
  }
}

} // namespace garam::sim::insns::plain
