#include "runtime/chip/Placement.h"

#include "runtime/isa/Address.h"

#include <cstdlib>

namespace garam::rt {

/// Neighbours in x have numbers that differ in the last bit only.
static bool besideInX(int64_t die, int64_t neighbour) { return (die ^ neighbour) == 1; }

std::vector<int64_t> neighboursOf(const Chip &chip, int64_t die) {
  std::vector<int64_t> found;
  if (chip.dieToDie.switched()) {
    for (int64_t other = 0; other < chip.topology.dies; ++other)
      if (other != die)
        found.push_back(other);
    return found;
  }
  for (int64_t other : {die ^ 1, die - 2, die + 2})
    if (other >= 0 && other < chip.topology.dies)
      found.push_back(other);
  return found;
}

int64_t lanesBetween(const Chip &chip, int64_t die, int64_t neighbour) {
  if (chip.dieToDie.switched())
    return 1;
  return besideInX(die, neighbour) ? chip.noc.meshRows : chip.noc.meshColumns;
}

int64_t linksBetween(const Chip &chip, int64_t die, int64_t other) {
  if (chip.dieToDie.switched())
    return die != other;
  return (die % 2 != other % 2) + std::abs(die / 2 - other / 2);
}

int64_t laneRouter(const Chip &chip, int64_t die, int64_t neighbour, int64_t lane) {
  if (chip.dieToDie.switched())
    return 0;
  const NocParams &noc = chip.noc;
  if (besideInX(die, neighbour))
    return lane * noc.meshColumns + (neighbour > die ? noc.meshColumns - 1 : 0);
  return (neighbour > die ? noc.meshRows - 1 : 0) * noc.meshColumns + lane;
}

Exit exitTowards(const Chip &chip, int64_t die, int64_t entry, bool fromY, int64_t targetDie, int64_t target) {
  if (chip.dieToDie.switched())
    return {targetDie, 0};
  const int64_t columns = chip.noc.meshColumns;
  if (!((die ^ targetDie) & 1))
    return {targetDie > die ? die + 2 : die - 2, target % columns};
  // The last die of a row that is not full has no neighbour in x: up first. Its packets are the only ones that turn
  // from y to x, always from up to right: no circle of waiting packets can close over that turn.
  if ((die ^ 1) >= chip.topology.dies)
    return {die - 2, entry % columns};
  return {die ^ 1, (fromY ? target : entry) / columns};
}

HbmPlace hbmPlace(const Chip &chip, int64_t address) {
  int64_t offset = offsetOf(address), grain = chip.dram.interleaveBytes, dies = chip.topology.dies;
  if (homeOf(address) != kAllDies)
    return {homeOf(address), offset};
  int64_t chunk = offset / grain;
  return {chunk % dies, chunk / dies * grain + offset % grain};
}

ChannelPlace channelPlace(const DramParams &dram, int64_t dieOffset) {
  int64_t chunk = dieOffset / dram.interleaveBytes, channels = dram.channels();
  return {chunk % channels, chunk / channels * dram.interleaveBytes + dieOffset % dram.interleaveBytes};
}

} // namespace garam::rt
