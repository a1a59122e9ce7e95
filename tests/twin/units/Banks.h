// Steps of an access to L1: rules A1 and A2.
#pragma once

#include "runtime/chip/Chip.h"
#include "runtime/isa/Isa.h"
#include "tests/twin/units/Clock.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace garam::twin {

/// Banks touched in one step.
struct Step {
  std::vector<int> reads, writes;
};
using Steps = std::vector<Step>;

/// Adds the banks of `bytes` bytes at a local address; acc has none (A1).
inline void touch(const rt::Chip &chip, std::vector<int> &banks, int64_t address, int64_t bytes) {
  if (address >= rt::kAccBase || bytes <= 0)
    return;
  for (int64_t beat = address / chip.l1.beatBytes; beat <= (address + bytes - 1) / chip.l1.beatBytes; ++beat)
    cite(Rule::A1), banks.push_back(int(beat % chip.l1.banks));
}

/// Banks that are taken in this cycle.
class TakenBanks {
public:
  bool any(const std::vector<int> &banks) const {
    return std::any_of(banks.begin(), banks.end(),
                       [&](int bank) { return std::count(taken.begin(), taken.end(), bank); });
  }
  void take(const std::vector<int> &banks) { taken.insert(taken.end(), banks.begin(), banks.end()); }

private:
  std::vector<int> taken;
};

} // namespace garam::twin
