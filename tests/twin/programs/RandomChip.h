// Chips that nobody built: every parameter that decides a cycle, drawn.
#pragma once

#include "runtime/chip/Chip.h"

#include <cstdint>

namespace garam::twin {

/// A chip, and how to have it again: overrides of the shipped chip `base`, and the DRAM preset that they name, if it is
/// none of the shipped ones.
struct DrawnChip {
  rt::Chip chip;
  std::string base;
  std::vector<rt::Override> overrides;
  std::string presetFile, preset; ///< file name and its text
};

DrawnChip randomChip(uint64_t seed);

} // namespace garam::twin
