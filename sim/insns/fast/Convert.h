// Contiguous elements to f32 and back with the host's vectors; the same bits as plain/Convert.h.
#pragma once

#include "runtime/isa/DType.h"

#include <cstdint>

namespace garam::sim::insns::fast {

void loadFloats(rt::DType type, const uint8_t *from, int64_t count, float *to);
void storeFloats(rt::DType type, const float *from, int64_t count, uint8_t *to);

} // namespace garam::sim::insns::fast
