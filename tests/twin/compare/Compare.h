// One program on both models.
#pragma once

#include "runtime/device/Device.h"
#include "tests/twin/programs/Plan.h"

#include <optional>
#include <string>
#include <vector>

namespace garam::twin {

/// A cycle that differs.
struct Apart {
  int core = -1;
  std::string engine, instruction, what; ///< `what`: issue, start, end, command, stall, …
  int64_t index = -1, simulator = -1, twin = -1;
};

struct Comparison {
  int64_t instructions = 0, cyclesApart = 0, bitsApart = 0, cycles = 0;
  std::optional<Apart> first;
  std::string error; ///< what one of the models threw
  bool same() const { return !cyclesApart && !bitsApart && error.empty(); }
};

Comparison compare(const rt::Chip &chip, const Plan &plan);

} // namespace garam::twin
