#include "sim/memory/Pattern.h"

#include <algorithm>

namespace garam::sim {

std::unique_ptr<BurstPattern> Patterns::make(size_t first, size_t end) const {
  auto pattern = std::make_unique<BurstPattern>();
  for (size_t access = first; access < end; ++access) {
    const rt::DramCell &cell = map.blockCells()[access];
    PartPattern &part = pattern->parts[cell.pseudoChannel];
    int32_t index = part.accesses();

    size_t segment = 0;
    while (segment < part.segments.size() &&
           (part.segments[segment].cell.bank != cell.bank || part.segments[segment].cell.bankGroup != cell.bankGroup))
      ++segment;
    if (segment == part.segments.size()) {
      rt::DramCell bank = cell;
      bank.column = 0;
      part.segments.push_back({bank, int32_t(bank.bank * timing.bankGroups + bank.bankGroup), 0, 0});
    }
    size_t group = 0;
    while (group < part.groups.size() && part.segments[part.groups[group].segment].cell.bankGroup != cell.bankGroup)
      ++group;

    int64_t clock = index ? part.clocks.back() + timing.ccdS : 0;
    if (group < part.groups.size())
      clock = std::max(clock, part.groups[group].lastClock + timing.ccdL);
    else
      part.groups.push_back({int32_t(segment), clock, clock});
    part.groups[group].lastClock = clock;
    part.segments[segment].lastAccess = index;
    part.segments[segment].lastClock = clock;
    part.segmentOf.push_back(uint8_t(segment));
    part.groupOf.push_back(uint8_t(group));
    part.columns.push_back(cell.column);
    part.clocks.push_back(clock);
    part.mask.resize(size_t(clock / 64 + 1));
    part.mask.back() |= uint64_t(1) << (clock & 63);
  }
  return pattern;
}

} // namespace garam::sim
