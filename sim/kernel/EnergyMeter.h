// Actions of a run: by instruction, in all, and over time. Rules P1 and P4 of docs/hardware/machine.md.
#pragma once

#include "runtime/energy/Actions.h"
#include "sim/kernel/Curve.h"

#include <cstdint>
#include <vector>

namespace garam::sim {

class EnergyMeter {
public:
  /// An instruction of `launch` that ran from `start` to before `end`.
  void instruction(uint32_t launch, uint32_t index, int64_t start, int64_t end, const rt::ActionCounts &actions) {
    if (byLaunch.size() <= launch)
      byLaunch.resize(launch + 1);
    std::vector<rt::ActionCounts> &own = byLaunch[launch];
    if (own.size() <= index)
      own.resize(index + 1);
    own[index] += actions;
    overTime(start, end, actions);
  }
  /// What belongs to no instruction.
  void machine(int64_t start, int64_t end, const rt::ActionCounts &actions) {
    rest += actions;
    overTime(start, end, actions);
  }

  std::vector<std::vector<rt::ActionCounts>> byLaunch; ///< by number of the instruction in its kernel
  rt::ActionCounts rest;
  Curve<rt::ActionCounts> curve;

private:
  /// Spread evenly over the cycles from `start` to before `end`: a bucket gets what its end has reached, less what the
  /// buckets before it got.
  void overTime(int64_t start, int64_t end, const rt::ActionCounts &actions) {
    const int64_t lastCycle = end > start ? end - 1 : start;
    const size_t last = curve.reach(lastCycle), first = curve.reach(start);
    if (first == last) {
      curve[last] += actions;
      return;
    }
    for (size_t i = 0; i < actions.counts.size(); ++i) {
      if (!actions.counts[i])
        continue;
      int64_t given = 0;
      for (size_t bucket = first; bucket <= last; ++bucket) {
        const int64_t reached = bucket == last ? end : curve.begin(bucket + 1);
        const auto part = int64_t(__int128(actions.counts[i]) * (reached - start) / (end - start));
        curve[bucket].counts[i] += part - given;
        given = part;
      }
    }
  }
};

} // namespace garam::sim
