#include "runtime/chip/Chip.h"

#include "runtime/Error.h"
#include "runtime/timing/Timing.h"

#include <cmath>

namespace garam::rt {

// Rule M5 of docs/hardware/machine.md.
int64_t Chip::cyclesOf(double ns) const { return int64_t(std::ceil(ns * clock.coreMhz * 1e-3 - 1e-9)); }

double Chip::peakFlops(DType type) const {
  if (!timing::supportsMma(matrix, type, type))
    return 0;
  // A long stream of rows shows the rate without the fill.
  constexpr int64_t kRows = 1 << 20;
  double cycles = double(timing::mma(matrix, type, type, kRows, matrix.rows, matrix.columns).stream);
  return 2.0 * double(matrix.rows * matrix.columns * cores()) * double(kRows) / cycles * clock.coreMhz * 1e6;
}

Chip Chip::withDies(int64_t dies) const {
  if (dies < 1 || dies > topology.dies)
    throw inputError("--dies", fmt::format("{} of chip {}", dies, name),
                     fmt::format("allowed: 1 to {}", topology.dies));
  Chip chip = *this;
  chip.topology.dies = dies;
  return chip;
}

} // namespace garam::rt
