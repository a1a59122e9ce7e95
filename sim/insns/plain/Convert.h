// Elements in memory to values and back, by their definition.
#pragma once

#include "runtime/isa/DType.h"

#include <cstdint>

namespace garam::sim::insns::plain {

/// Exact, but i32 and i64 round to nearest even.
float loadFloat(rt::DType type, const uint8_t *from);
/// Integer types only; i1 gives 0 or 1.
int64_t loadInt(rt::DType type, const uint8_t *from);

/// Rounds once, to nearest even. A NaN becomes the type's canonical one. f8 saturates, infinities too; integers
/// saturate, NaN gives 0; i1 is 0 for ±0, else 1.
void storeFloat(rt::DType type, float value, uint8_t *to);
/// Integers wrap; i1 is 0 for 0, else 1; floating-point types round to nearest even.
void storeInt(rt::DType type, int64_t value, uint8_t *to);

/// Nearest even, saturating; NaN gives 0. A constant of an integer chain is converted by it.
int64_t roundToInt(double value, int64_t low, int64_t high);

} // namespace garam::sim::insns::plain
