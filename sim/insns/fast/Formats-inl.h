// Elements in memory as vectors of f32 and back. Per target: included once for each by files that foreach_target
// repeats.
#if defined(GARAM_SIM_INSNS_FAST_FORMATS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef GARAM_SIM_INSNS_FAST_FORMATS_INL_H_
#undef GARAM_SIM_INSNS_FAST_FORMATS_INL_H_
#else
#define GARAM_SIM_INSNS_FAST_FORMATS_INL_H_
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace garam::sim::insns::fast::HWY_NAMESPACE {

using namespace hwy::HWY_NAMESPACE;

using Floats = ScalableTag<float>;
using Words = RebindToUnsigned<Floats>;
using Ints = RebindToSigned<Floats>;
using VF = Vec<Floats>;
using VU = Vec<Words>;

// Each format: Memory, the type of its elements in memory; load and store on vectors of them.
struct F32 {
  using Memory = float;
  template <class V> static HWY_INLINE VF load(V v) { return v; }
  static HWY_INLINE VF store(VF v) { return v; }
};

struct F16 {
  using Memory = hwy::float16_t;
  template <class V> static HWY_INLINE VF load(V v) { return PromoteTo(Floats(), v); }
  static HWY_INLINE auto store(VF v) { return DemoteTo(Rebind<Memory, Floats>(), v); }
};

struct BF16 {
  using Memory = uint16_t;
  template <class V> static HWY_INLINE VF load(V v) { return BitCast(Floats(), ShiftLeft<16>(PromoteTo(Words(), v))); }
  static HWY_INLINE auto store(VF v) {
    const VU bits = BitCast(Words(), v);
    const VU even = And(ShiftRight<16>(bits), Set(Words(), 1));
    const VU rounded = ShiftRight<16>(Add(Add(bits, Set(Words(), 0x7fff)), even));
    return DemoteTo(Rebind<Memory, Floats>(), BitCast(Ints(), rounded));
  }
};

/// f8 from a value that is no NaN: saturates, then rounds the mantissa of a normal value in its bits, or adds a power
/// of two whose unit is the smallest subnormal.
template <int mantissaBits, int bias> HWY_INLINE VU toF8(VF v, float largest) {
  const Words du;
  const Floats df;
  constexpr int kDropped = 23 - mantissaBits;
  constexpr int kMinExponent = 1 - bias;
  const VF size = Min(Abs(v), Set(df, largest));
  const VU bits = BitCast(du, size);
  const VU even = And(ShiftRight<kDropped>(bits), Set(du, 1));
  const VU rounded = ShiftRight<kDropped>(Add(Add(bits, Set(du, (1u << (kDropped - 1)) - 1)), even));
  const VU normal = Sub(rounded, Set(du, uint32_t(127 - bias) << mantissaBits));
  const VF unit = BitCast(df, Set(du, uint32_t(127 + kMinExponent - mantissaBits + 23) << 23));
  const VU subnormal = Sub(BitCast(du, Add(size, unit)), BitCast(du, unit));
  const VF smallest = BitCast(df, Set(du, uint32_t(127 + kMinExponent) << 23));
  const VU value = BitCast(du, IfThenElse(Lt(size, smallest), BitCast(df, subnormal), BitCast(df, normal)));
  return Or(value, And(ShiftRight<24>(BitCast(du, v)), Set(du, 0x80)));
}

HWY_INLINE auto toBytes(VU value) { return DemoteTo(Rebind<uint8_t, Floats>(), BitCast(Ints(), value)); }

struct F8E4M3 {
  using Memory = uint8_t;
  template <class V> static HWY_INLINE VF load(V v) {
    // Through f16, whose exponent has the same place and a bias larger by 8.
    const Rebind<uint16_t, Floats> du16;
    const auto wide = PromoteTo(du16, v);
    const auto size = And(wide, Set(du16, 0x7f));
    const auto half = Or(ShiftLeft<7>(size), ShiftLeft<8>(And(wide, Set(du16, 0x80))));
    const VF value = Mul(PromoteTo(Floats(), BitCast(Rebind<hwy::float16_t, Floats>(), half)), Set(Floats(), 256.0f));
    const auto isNan = Eq(PromoteTo(Words(), size), Set(Words(), 0x7f));
    return IfThenElse(RebindMask(Floats(), isNan), BitCast(Floats(), Set(Words(), 0x7fc00000)), value);
  }
  static HWY_INLINE auto store(VF v) {
    const VF nan = BitCast(Floats(), Set(Words(), 0x7f));
    return toBytes(BitCast(Words(), IfThenElse(IsNaN(v), nan, BitCast(Floats(), toF8<3, 7>(v, 448.0f)))));
  }
};

struct F8E5M2 {
  using Memory = uint8_t;
  template <class V> static HWY_INLINE VF load(V v) {
    const auto half = ShiftLeft<8>(PromoteTo(Rebind<uint16_t, Floats>(), v));
    return PromoteTo(Floats(), BitCast(Rebind<hwy::float16_t, Floats>(), half));
  }
  static HWY_INLINE auto store(VF v) {
    const VF nan = BitCast(Floats(), Set(Words(), 0x7e));
    return toBytes(BitCast(Words(), IfThenElse(IsNaN(v), nan, BitCast(Floats(), toF8<2, 15>(v, 57344.0f)))));
  }
};

struct I8 {
  using Memory = int8_t;
  template <class V> static HWY_INLINE VF load(V v) { return ConvertTo(Floats(), PromoteTo(Ints(), v)); }
};

struct I32 {
  using Memory = int32_t;
  template <class V> static HWY_INLINE VF load(V v) { return ConvertTo(Floats(), v); }
};

} // namespace garam::sim::insns::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
