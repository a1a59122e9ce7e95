// What all channels of a memory have in common: it stays in the host's cache while they take turns.
#pragma once

#include "sim/memory/Pattern.h"
#include "sim/memory/TickTiming.h"

namespace garam::sim {

struct DramPlan {
  /// `params` has been through rt::finishDram.
  explicit DramPlan(const rt::DramParams &params)
      : dram(params), timing(dram), map(dram, "memory"), patterns(map, dram.timing) {}
  DramPlan(const DramPlan &) = delete;

  const rt::DramParams dram;
  const TickTiming timing;
  const rt::AddressMap map;
  Patterns patterns; ///< made as bursts ask for them
};

} // namespace garam::sim
