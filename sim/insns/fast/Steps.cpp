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

/// f(v, x, index) for each vector; of a broadcast operand the first vector is x for all.
template <class F> HWY_INLINE void binary(float *v, const float *x, bool broadcast, int64_t count, F &&f) {
  const Floats d;
  if (broadcast) {
    const VF same = Load(d, x);
    for (int64_t i = 0; i < count; i += int64_t(Lanes(d)))
      Store(f(Load(d, v + i), same, i), d, v + i);
    return;
  }
  for (int64_t i = 0; i < count; i += int64_t(Lanes(d)))
    Store(f(Load(d, v + i), Load(d, x + i), i), d, v + i);
}

void applyStep(rt::StepOp op, float *HWY_RESTRICT values, const float *operand, bool broadcast, const float *saved,
               int64_t n) {
  switch (op) {
#define GARAM_UNARY(step, f32, integer, vectors)                                                                       \
  case rt::StepOp::step:                                                                                               \
    return unary(values, n, [](VF v) HWY_ATTR { return vectors; });
#define GARAM_BINARY(step, f32, integer, vectors)                                                                      \
  case rt::StepOp::step:                                                                                               \
    return binary(values, operand, broadcast, n, [](VF v, VF x, int64_t) HWY_ATTR { return vectors; });
#define GARAM_TERNARY(step, f32, integer, vectors)                                                                     \
  case rt::StepOp::step:                                                                                               \
    return binary(values, operand, broadcast, n, [&](VF v, VF x, int64_t i) HWY_ATTR {                                 \
      const VF t0 = Load(Floats(), saved + i);                                                                         \
      return vectors;                                                                                                  \
    });
#define GARAM_FUNCTION(step, function)                                                                                 \
  case rt::StepOp::step:                                                                                               \
    return unary(values, n, [](VF v) HWY_ATTR {                                                                        \
      return inDoubles(Floats(), v, [](auto dd, auto wide) HWY_ATTR { return function(dd, wide); });                   \
    });
#include "sim/insns/Steps.inl"
#undef GARAM_UNARY
#undef GARAM_BINARY
#undef GARAM_TERNARY
#undef GARAM_FUNCTION
  case rt::StepOp::Set:
  case rt::StepOp::SaveT0:
  case rt::StepOp::SaveT1:
    return; // moves, done by the caller
  }
}

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
