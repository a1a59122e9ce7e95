// Chips that nobody built: every parameter that decides a cycle, drawn.
#pragma once

#include "runtime/chip/Chip.h"

#include <cstdint>

namespace garam::twin {

rt::Chip randomChip(uint64_t seed);

} // namespace garam::twin
