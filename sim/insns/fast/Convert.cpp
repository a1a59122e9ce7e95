#include "sim/insns/fast/Convert.h"

#include "sim/insns/plain/Convert.h"

#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sim/insns/fast/Convert.cpp"
#include <hwy/foreach_target.h>

#include "sim/insns/fast/Formats-inl.h"

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace garam::sim::insns::fast::HWY_NAMESPACE {

template <class Format> void loadAll(const uint8_t *from, int64_t count, float *to) {
  using M = typename Format::Memory;
  const Floats d;
  const Rebind<M, Floats> dm;
  const int64_t lanes = int64_t(Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes)
    StoreU(Format::load(LoadU(dm, reinterpret_cast<const M *>(from) + i)), d, to + i);
  if (i >= count)
    return;
  HWY_ALIGN M tail[MaxLanes(d)] = {};
  HWY_ALIGN float values[MaxLanes(d)];
  std::memcpy(tail, reinterpret_cast<const M *>(from) + i, size_t(count - i) * sizeof(M));
  Store(Format::load(Load(dm, tail)), d, values);
  std::memcpy(to + i, values, size_t(count - i) * sizeof(float));
}

template <class Format> void storeAll(const float *from, int64_t count, uint8_t *to) {
  using M = typename Format::Memory;
  const Floats d;
  const Rebind<M, Floats> dm;
  const int64_t lanes = int64_t(Lanes(d));
  const VF nan = BitCast(d, Set(Words(), 0x7fc00000));
  const auto canonical = [&](VF v) HWY_ATTR { return IfThenElse(IsNaN(v), nan, v); };
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes)
    StoreU(Format::store(canonical(LoadU(d, from + i))), dm, reinterpret_cast<M *>(to) + i);
  if (i >= count)
    return;
  HWY_ALIGN M tail[MaxLanes(d)];
  HWY_ALIGN float values[MaxLanes(d)] = {};
  std::memcpy(values, from + i, size_t(count - i) * sizeof(float));
  Store(Format::store(canonical(Load(d, values))), dm, tail);
  std::memcpy(reinterpret_cast<M *>(to) + i, tail, size_t(count - i) * sizeof(M));
}

void load(rt::DType type, const uint8_t *from, int64_t count, float *to) {
  switch (type) {
  case rt::DType::F32:
    return loadAll<F32>(from, count, to);
  case rt::DType::F16:
    return loadAll<F16>(from, count, to);
  case rt::DType::BF16:
    return loadAll<BF16>(from, count, to);
  case rt::DType::F8E4M3:
    return loadAll<F8E4M3>(from, count, to);
  case rt::DType::F8E5M2:
    return loadAll<F8E5M2>(from, count, to);
  case rt::DType::I8:
    return loadAll<I8>(from, count, to);
  case rt::DType::I32:
    return loadAll<I32>(from, count, to);
  default:
    for (int64_t i = 0; i < count; ++i)
      to[i] = plain::loadFloat(type, from + i * rt::byteSize(type));
  }
}

void store(rt::DType type, const float *from, int64_t count, uint8_t *to) {
  switch (type) {
  case rt::DType::F32:
    return storeAll<F32>(from, count, to);
  case rt::DType::F16:
    return storeAll<F16>(from, count, to);
  case rt::DType::BF16:
    return storeAll<BF16>(from, count, to);
  case rt::DType::F8E4M3:
    return storeAll<F8E4M3>(from, count, to);
  case rt::DType::F8E5M2:
    return storeAll<F8E5M2>(from, count, to);
  default:
    for (int64_t i = 0; i < count; ++i)
      plain::storeFloat(type, from[i], to + i * rt::byteSize(type));
  }
}

} // namespace garam::sim::insns::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace garam::sim::insns::fast {

HWY_EXPORT(load);
HWY_EXPORT(store);

void loadFloats(rt::DType type, const uint8_t *from, int64_t count, float *to) {
  HWY_DYNAMIC_DISPATCH(load)(type, from, count, to);
}
void storeFloats(rt::DType type, const float *from, int64_t count, uint8_t *to) {
  HWY_DYNAMIC_DISPATCH(store)(type, from, count, to);
}

} // namespace garam::sim::insns::fast
#endif
