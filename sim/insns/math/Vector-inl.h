// The functions of Functions.inl on Highway's vectors. Per target: included once for each by files that foreach_target
// repeats.
#if defined(GARAM_SIM_INSNS_MATH_VECTOR_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef GARAM_SIM_INSNS_MATH_VECTOR_INL_H_
#undef GARAM_SIM_INSNS_MATH_VECTOR_INL_H_
#else
#define GARAM_SIM_INSNS_MATH_VECTOR_INL_H_
#endif

#include "sim/insns/math/TwoOverPi.h"

#include <hwy/highway.h>

#include <limits>

HWY_BEFORE_NAMESPACE();
namespace garam::sim::insns::HWY_NAMESPACE {

using namespace hwy::HWY_NAMESPACE;

template <class D> using UnsignedTag = RebindToUnsigned<D>;

template <class D, class VU> HWY_INLINE auto isOdd(D d, VU x) {
  return RebindMask(d, TestBit(x, Set(RebindToUnsigned<D>(), 1)));
}
template <class D, class VU> HWY_INLINE Vec<D> gather(D d, const double *table, VU index) {
  return GatherIndex(d, table, BitCast(RebindToSigned<D>(), index));
}

#include "sim/insns/math/Functions.inl"

/// A function of f64 on a vector of f32: both halves are widened, the results round once.
template <class D, class F> HWY_INLINE Vec<D> inDoubles(D d, Vec<D> x, F &&f) {
  const Half<D> dh;
  const Rebind<double, Half<D>> dd;
  const auto low = DemoteTo(dh, f(dd, PromoteTo(dd, LowerHalf(dh, x))));
  const auto high = DemoteTo(dh, f(dd, PromoteTo(dd, UpperHalf(dh, x))));
  return Combine(d, high, low);
}

} // namespace garam::sim::insns::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
