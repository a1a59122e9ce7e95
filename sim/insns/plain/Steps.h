// Single steps of a chain on single values.
#pragma once

#include "runtime/isa/Descriptor.h"

#include <cstdint>

namespace garam::sim::insns::plain {

/// v after a step with operand x; `t0` is the first saved value. Not for Set and the saves.
float stepFloat(rt::StepOp op, float v, float x, float t0);
int64_t stepInt(rt::StepOp op, int64_t v, int64_t x, int64_t t0);

/// IEEE 754-2019 minimum and maximum: NaN if either is, −0 below +0.
float minimum(float a, float b);
float maximum(float a, float b);

} // namespace garam::sim::insns::plain
