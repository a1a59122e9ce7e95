#include "sim/insns/plain/Convert.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace garam::sim::insns::plain {

namespace {

/// A binary format narrower than f32. Largest: of the finite values.
struct Format {
  int exponentBits, mantissaBits, bias;
  double largest;
  bool infinities; ///< and saturates if not
  bool saturates;
  uint32_t nan;
};

Format formatOf(rt::DType type) {
  switch (type) {
  case rt::DType::F16:
    return {5, 10, 15, 65504.0, true, false, 0x7e00};
  case rt::DType::BF16:
    return {8, 7, 127, 0x1.fep127, true, false, 0x7fc0};
  case rt::DType::F8E4M3:
    return {4, 3, 7, 448.0, false, true, 0x7f};
  default:
    return {5, 2, 15, 57344.0, true, true, 0x7e};
  }
}

float decode(const Format &f, uint32_t bits) {
  const uint32_t sign = bits >> (f.exponentBits + f.mantissaBits) & 1;
  const int exponent = int(bits >> f.mantissaBits & ((1u << f.exponentBits) - 1));
  const uint32_t mantissa = bits & ((1u << f.mantissaBits) - 1);
  double value;
  if (f.infinities && exponent == (1 << f.exponentBits) - 1)
    value = mantissa ? std::numeric_limits<double>::quiet_NaN() : std::numeric_limits<double>::infinity();
  else if (!f.infinities && (bits & f.nan) == f.nan)
    value = std::numeric_limits<double>::quiet_NaN();
  else if (exponent == 0)
    value = std::ldexp(double(mantissa), 1 - f.bias - f.mantissaBits);
  else
    value = std::ldexp(double(mantissa + (1u << f.mantissaBits)), exponent - f.bias - f.mantissaBits);
  return float(sign ? -value : value);
}

uint32_t encode(const Format &f, float value) {
  if (std::isnan(value))
    return f.nan;
  const uint32_t sign = uint32_t(std::signbit(value)) << (f.exponentBits + f.mantissaBits);
  const double size = std::fabs(double(value));
  // The exponent of the rounding unit; the smallest normal's for subnormal values.
  const int exponent = size == 0 || std::isinf(size) ? 1 - f.bias : std::max(std::ilogb(size), 1 - f.bias);
  const double units = std::isinf(size) ? size : std::nearbyint(std::ldexp(size, f.mantissaBits - exponent));
  if (std::ldexp(units, exponent - f.mantissaBits) > f.largest) {
    if (f.saturates)
      return sign | encode(f, float(f.largest));
    return sign | ((1u << f.exponentBits) - 1) << f.mantissaBits;
  }
  // A carry out of the mantissa raises the exponent; a subnormal has none of the implicit one.
  return sign | ((uint32_t(exponent + f.bias) << f.mantissaBits) + uint32_t(units) - (1u << f.mantissaBits));
}

template <class T> T read(const uint8_t *from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}
template <class T> void write(T value, uint8_t *to) { std::memcpy(to, &value, sizeof value); }

template <class T> T saturate(float value) {
  return T(roundToInt(value, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
}

} // namespace

int64_t roundToInt(double value, int64_t low, int64_t high) {
  if (std::isnan(value))
    return 0;
  const double rounded = std::nearbyint(value);
  // double(high) of i64 is 2^63, one too many to convert.
  return rounded >= double(high) ? high : rounded <= double(low) ? low : int64_t(rounded);
}

float loadFloat(rt::DType type, const uint8_t *from) {
  switch (type) {
  case rt::DType::F32:
    return read<float>(from);
  case rt::DType::F16:
  case rt::DType::BF16:
    return decode(formatOf(type), read<uint16_t>(from));
  case rt::DType::F8E4M3:
  case rt::DType::F8E5M2:
    return decode(formatOf(type), *from);
  default:
    return float(loadInt(type, from));
  }
}

int64_t loadInt(rt::DType type, const uint8_t *from) {
  switch (type) {
  case rt::DType::I1:
    return *from != 0;
  case rt::DType::I8:
    return int8_t(*from);
  case rt::DType::I32:
    return read<int32_t>(from);
  default:
    return read<int64_t>(from);
  }
}

void storeFloat(rt::DType type, float value, uint8_t *to) {
  switch (type) {
  case rt::DType::F32:
    return write(std::isnan(value) ? 0x7fc00000u : std::bit_cast<uint32_t>(value), to);
  case rt::DType::F16:
  case rt::DType::BF16:
    return write(uint16_t(encode(formatOf(type), value)), to);
  case rt::DType::F8E4M3:
  case rt::DType::F8E5M2:
    return write(uint8_t(encode(formatOf(type), value)), to);
  case rt::DType::I1:
    return write(uint8_t(value != 0), to);
  case rt::DType::I8:
    return write(saturate<int8_t>(value), to);
  case rt::DType::I32:
    return write(saturate<int32_t>(value), to);
  case rt::DType::I64:
    return write(saturate<int64_t>(value), to);
  }
}

void storeInt(rt::DType type, int64_t value, uint8_t *to) {
  switch (type) {
  case rt::DType::I1:
    return write(uint8_t(value != 0), to);
  case rt::DType::I8:
    return write(int8_t(value), to);
  case rt::DType::I32:
    return write(int32_t(value), to);
  case rt::DType::I64:
    return write(value, to);
  default:
    return storeFloat(type, float(value), to);
  }
}

} // namespace garam::sim::insns::plain
