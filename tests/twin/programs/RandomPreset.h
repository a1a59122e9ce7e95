// DRAM timings that no data sheet has, and that do not contradict each other.
#pragma once

#include "runtime/chip/DramAccess.h"

#include <random>
#include <string>

namespace garam::twin {

/// Text of a preset file: the organisation of `shipped`, each timing shorter or longer, other lengths of row commands,
/// another clock.
std::string randomPreset(rt::DramTiming shipped, int64_t pseudoChannels, int64_t stackIds, std::mt19937_64 &random);

} // namespace garam::twin
