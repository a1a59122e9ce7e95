// LLVM's arbitrary-precision floats decide each rounding; 8-bit widening and f16 use tables made from them.
#include "lowering/graph/golden/Functions.h"

#include "llvm/ADT/APFloat.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

using llvm::APFloat;
using llvm::APInt;

namespace {

float widen(const llvm::fltSemantics &semantics, unsigned width, uint32_t bits) {
  APFloat value(semantics, APInt(width, bits));
  bool lost;
  value.convert(APFloat::IEEEsingle(), APFloat::rmNearestTiesToEven, &lost);
  return value.convertToFloat();
}

uint32_t narrow(const llvm::fltSemantics &semantics, float x) {
  APFloat value(x);
  bool lost;
  value.convert(semantics, APFloat::rmNearestTiesToEven, &lost);
  return uint32_t(value.bitcastToAPInt().getZExtValue());
}

/// All values of a type with at most 16 bits.
std::vector<float> table(const llvm::fltSemantics &semantics, unsigned width) {
  std::vector<float> values(size_t(1) << width);
  for (size_t bits = 0; bits < values.size(); ++bits)
    values[bits] = widen(semantics, width, uint32_t(bits));
  return values;
}

float widenF16(uint16_t bits) {
  static const std::vector<float> values = table(APFloat::IEEEhalf(), 16);
  return values[bits];
}
uint16_t narrowF16(float x) { return uint16_t(narrow(APFloat::IEEEhalf(), x)); }

float widenBf16(uint16_t bits) { return std::bit_cast<float>(uint32_t(bits) << 16); }
uint16_t narrowBf16(float x) {
  uint32_t bits = std::bit_cast<uint32_t>(x);
  if (std::isnan(x))
    return 0x7fc0;
  return uint16_t((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

/// Saturates: beyond the largest value, infinity included, the largest value results.
uint8_t narrowSaturating(const llvm::fltSemantics &semantics, float largest, float x) {
  if (std::isfinite(x) || std::isinf(x))
    x = std::fmin(std::fmax(x, -largest), largest);
  return uint8_t(narrow(semantics, x));
}

float widenE4M3(uint8_t bits) {
  static const std::vector<float> values = table(APFloat::Float8E4M3FN(), 8);
  return values[bits];
}
uint8_t narrowE4M3(float x) { return narrowSaturating(APFloat::Float8E4M3FN(), 448, x); }
float widenE5M2(uint8_t bits) {
  static const std::vector<float> values = table(APFloat::Float8E5M2(), 8);
  return values[bits];
}
uint8_t narrowE5M2(float x) { return narrowSaturating(APFloat::Float8E5M2(), 57344, x); }

} // namespace

void garam::golden::forEachFunction(llvm::function_ref<void(llvm::StringRef, void *)> add) {
  add("memrefCopy", reinterpret_cast<void *>(copyStrided));
  add("garam_widen_f16", reinterpret_cast<void *>(widenF16));
  add("garam_narrow_f16", reinterpret_cast<void *>(narrowF16));
  add("garam_widen_bf16", reinterpret_cast<void *>(widenBf16));
  add("garam_narrow_bf16", reinterpret_cast<void *>(narrowBf16));
  add("garam_widen_f8E4M3FN", reinterpret_cast<void *>(widenE4M3));
  add("garam_narrow_f8E4M3FN", reinterpret_cast<void *>(narrowE4M3));
  add("garam_widen_f8E5M2", reinterpret_cast<void *>(widenE5M2));
  add("garam_narrow_f8E5M2", reinterpret_cast<void *>(narrowE5M2));
}
