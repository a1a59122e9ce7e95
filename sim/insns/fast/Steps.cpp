#include "sim/insns/fast/Steps.h"

#include "sim/insns/plain/Steps.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sim/insns/fast/Steps.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include "sim/insns/math/Vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace garam::sim::insns::HWY_NAMESPACE {

using Floats = ScalableTag<float>;
using VF = Vec<Floats>;
using fast::kPartials;

HWY_INLINE VF one() { return Set(Floats(), 1.0f); }
HWY_INLINE VF truth(Mask<Floats> m) { return IfThenElseZero(m, one()); }
/// Highway's Ne is ordered on x86: false for NaN.
HWY_INLINE Mask<Floats> differ(VF a, VF b) { return Not(Eq(a, b)); }
HWY_INLINE Mask<Floats> isTrue(VF v) { return differ(v, Zero(Floats())); }

/// The smaller; of equal values the one with a sign, NaN if either is.
template <class V> HWY_INLINE V minimum(V a, V b) {
  const V smaller = IfThenElse(Eq(a, b), Or(a, b), IfThenElse(Lt(a, b), a, b));
  return IfThenElse(IsNaN(a), a, smaller);
}
template <class V> HWY_INLINE V maximum(V a, V b) {
  const V larger = IfThenElse(Eq(a, b), And(a, b), IfThenElse(Gt(a, b), a, b));
  return IfThenElse(IsNaN(a), a, larger);
}

template <class F> HWY_INLINE void unary(float *v, int64_t count, F &&f) {
  const Floats d;
  for (int64_t i = 0; i < count; i += int64_t(Lanes(d)))
    Store(f(Load(d, v + i)), d, v + i);
}

template <class F> HWY_INLINE void binary(float *v, const float *x, bool broadcast, int64_t count, F &&f) {
  const Floats d;
  if (broadcast) {
    const VF same = Load(d, x);
    for (int64_t i = 0; i < count; i += int64_t(Lanes(d)))
      Store(f(Load(d, v + i), same), d, v + i);
    return;
  }
  for (int64_t i = 0; i < count; i += int64_t(Lanes(d)))
    Store(f(Load(d, v + i), Load(d, x + i)), d, v + i);
}

/// A transcendental step.
#define GARAM_WIDE(function)                                                                                           \
  unary(v, n, [](VF a) HWY_ATTR {                                                                                      \
    return inDoubles(Floats(), a, [](auto dd, auto wide) HWY_ATTR { return function(dd, wide); });                     \
  })
#define GARAM_BINARY(expression) binary(v, x, broadcast, n, [](VF a, VF b) HWY_ATTR { return expression; })
#define GARAM_UNARY(expression) unary(v, n, [](VF a) HWY_ATTR { return expression; })

void applyStep(rt::StepOp op, float *HWY_RESTRICT v, const float *x, bool broadcast, const float *t0, int64_t n) {
  const Floats d;
  using enum rt::StepOp;
  switch (op) {
  case Add:
    return GARAM_BINARY(hwy::HWY_NAMESPACE::Add(a, b));
  case Sub:
    return GARAM_BINARY(hwy::HWY_NAMESPACE::Sub(a, b));
  case RSub:
    return GARAM_BINARY(hwy::HWY_NAMESPACE::Sub(b, a));
  case Mul:
    return GARAM_BINARY(hwy::HWY_NAMESPACE::Mul(a, b));
  case Div:
    return GARAM_BINARY(hwy::HWY_NAMESPACE::Div(a, b));
  case RDiv:
    return GARAM_BINARY(hwy::HWY_NAMESPACE::Div(b, a));
  case Min:
    return GARAM_BINARY(minimum(a, b));
  case Max:
    return GARAM_BINARY(maximum(a, b));
  case Lt:
    return GARAM_BINARY(truth(hwy::HWY_NAMESPACE::Lt(a, b)));
  case Le:
    return GARAM_BINARY(truth(hwy::HWY_NAMESPACE::Le(a, b)));
  case Gt:
    return GARAM_BINARY(truth(hwy::HWY_NAMESPACE::Gt(a, b)));
  case Ge:
    return GARAM_BINARY(truth(hwy::HWY_NAMESPACE::Ge(a, b)));
  case Eq:
    return GARAM_BINARY(truth(hwy::HWY_NAMESPACE::Eq(a, b)));
  case Ne:
    return GARAM_BINARY(truth(differ(a, b)));
  case And:
    return GARAM_BINARY(truth(hwy::HWY_NAMESPACE::And(isTrue(a), isTrue(b))));
  case Or:
    return GARAM_BINARY(truth(hwy::HWY_NAMESPACE::Or(isTrue(a), isTrue(b))));
  case Fma:
    for (int64_t i = 0; i < n; i += int64_t(Lanes(d)))
      Store(MulAdd(Load(d, v + i), Load(d, t0 + i), Load(d, broadcast ? x : x + i)), d, v + i);
    return;
  case Select:
    for (int64_t i = 0; i < n; i += int64_t(Lanes(d)))
      Store(IfThenElse(isTrue(Load(d, t0 + i)), Load(d, v + i), Load(d, broadcast ? x : x + i)), d, v + i);
    return;
  case Neg:
    return GARAM_UNARY(hwy::HWY_NAMESPACE::Neg(a));
  case Abs:
    return GARAM_UNARY(hwy::HWY_NAMESPACE::Abs(a));
  case Floor:
    return GARAM_UNARY(hwy::HWY_NAMESPACE::Floor(a));
  case Round:
    return GARAM_UNARY(hwy::HWY_NAMESPACE::Round(a));
  case Recip:
    return GARAM_UNARY(hwy::HWY_NAMESPACE::Div(one(), a));
  case Sqrt:
    return GARAM_UNARY(hwy::HWY_NAMESPACE::Sqrt(a));
  case Exp:
    return GARAM_WIDE(exp);
  case Log:
    return GARAM_WIDE(log);
  case Rsqrt:
    return GARAM_WIDE(rsqrt);
  case Tanh:
    return GARAM_WIDE(tanh);
  case Sigmoid:
    return GARAM_WIDE(sigmoid);
  case Erf:
    return GARAM_WIDE(erf);
  case Sin:
    return GARAM_WIDE(sin);
  case Cos:
    return GARAM_WIDE(cos);
  case Set:
  case SaveT0:
  case SaveT1:
    return; // moves, done by the caller
  }
}

#undef GARAM_WIDE
#undef GARAM_BINARY
#undef GARAM_UNARY

struct Sum {
  template <class V> static HWY_INLINE V of(V a, V b) { return Add(a, b); }
  static float of(float a, float b) { return a + b; }
};
struct Largest {
  template <class V> static HWY_INLINE V of(V a, V b) { return maximum(a, b); }
  static float of(float a, float b) { return plain::maximum(a, b); }
};
struct Smallest {
  template <class V> static HWY_INLINE V of(V a, V b) { return minimum(a, b); }
  static float of(float a, float b) { return plain::minimum(a, b); }
};

template <class Op> void combineWith(float *into, const float *v, int64_t count) {
  const Floats d;
  const int64_t lanes = int64_t(Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes)
    StoreU(Op::of(LoadU(d, into + i), LoadU(d, v + i)), d, into + i);
  for (; i < count; ++i)
    into[i] = Op::of(into[i], v[i]);
}

template <class Op> float foldWith(float *partials) {
  const FixedTag<float, 4> d;
  int64_t half = kPartials / 2;
  for (; half >= 4; half /= 2)
    for (int64_t i = 0; i < half; i += 4)
      Store(Op::of(Load(d, partials + i), Load(d, partials + i + half)), d, partials + i);
  return Op::of(Op::of(partials[0], partials[2]), Op::of(partials[1], partials[3]));
}

void combineRow(rt::Reduction reduction, float *into, const float *v, int64_t count) {
  if (reduction == rt::Reduction::Max)
    return combineWith<Largest>(into, v, count);
  if (reduction == rt::Reduction::Min)
    return combineWith<Smallest>(into, v, count);
  combineWith<Sum>(into, v, count);
}

float foldPartials(rt::Reduction reduction, float *partials) {
  if (reduction == rt::Reduction::Max)
    return foldWith<Largest>(partials);
  if (reduction == rt::Reduction::Min)
    return foldWith<Smallest>(partials);
  return foldWith<Sum>(partials);
}

} // namespace garam::sim::insns::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace garam::sim::insns {

HWY_EXPORT(applyStep);
HWY_EXPORT(combineRow);
HWY_EXPORT(foldPartials);

namespace fast {

void applyStep(rt::StepOp op, float *v, const float *x, bool broadcast, const float *t0, int64_t count) {
  HWY_DYNAMIC_DISPATCH(applyStep)(op, v, x, broadcast, t0, count);
}
void combineRow(rt::Reduction reduction, float *into, const float *v, int64_t count) {
  HWY_DYNAMIC_DISPATCH(combineRow)(reduction, into, v, count);
}
void combinePartials(rt::Reduction reduction, float *partials, const float *v, int64_t count) {
  for (int64_t c = 0; c < count; c += kPartials)
    combineRow(reduction, partials, v + c, count - c < kPartials ? count - c : kPartials);
}
float foldPartials(rt::Reduction reduction, float *partials) {
  return HWY_DYNAMIC_DISPATCH(foldPartials)(reduction, partials);
}

} // namespace fast
} // namespace garam::sim::insns
#endif
