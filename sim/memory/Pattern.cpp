#include "sim/memory/Pattern.h"

#include <algorithm>

namespace garam::sim {

std::unique_ptr<BurstPattern> Patterns::make(size_t first, size_t end) const {
  auto pattern = std::make_unique<BurstPattern>();
  for (size_t access = first; access < end; ++access) {
    const rt::DramCell &cell = map.blockCells()[access];
    PartPattern &part = pattern->parts[cell.pseudoChannel];
    const int32_t index = part.accesses++;

    int32_t segment = 0;
    while (segment < part.segmentCount &&
           (part.cells[size_t(segment)].bank != cell.bank || part.cells[size_t(segment)].bankGroup != cell.bankGroup))
      ++segment;
    if (segment == part.segmentCount) {
      rt::DramCell bank = cell;
      bank.column = 0;
      part.cells.push_back(bank);
      part.segments[size_t(part.segmentCount++)].flat = int32_t(bank.bank * timing.bankGroups + bank.bankGroup);
    }
    int32_t group = 0;
    while (group < part.groupCount &&
           part.cells[size_t(part.groups[size_t(group)].segment)].bankGroup != cell.bankGroup)
      ++group;

    int64_t tick = index ? part.lastTick + timing.ccdS * clockTicks : 0;
    if (group < part.groupCount)
      tick = std::max(tick, part.groups[size_t(group)].lastTick + timing.ccdL * clockTicks);
    else
      part.groups[size_t(part.groupCount++)] = {segment, int32_t(tick), int32_t(tick)};
    part.lastTick = tick;
    part.groups[size_t(group)].lastTick = int32_t(tick);
    part.segments[size_t(segment)].lastAccess = index;
    part.segments[size_t(segment)].lastTick = tick;
    part.segmentOf.push_back(uint8_t(segment));
    part.groupOf.push_back(uint8_t(group));
    part.columns.push_back(cell.column);
    part.ticks.push_back(tick);
    const int64_t clock = tick / clockTicks;
    part.mask.resize(size_t(clock / 64 + 1));
    part.mask.back() |= uint64_t(1) << (clock & 63);
  }
  return pattern;
}

} // namespace garam::sim
