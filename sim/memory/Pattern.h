// What a burst touches, relative to its interleave block: it depends on where in the block the burst lies, not on which
// block, so each shape is worked out once.
#pragma once

#include "runtime/chip/DramAccess.h"

#include <array>
#include <bit>
#include <cstdint>
#include <memory>
#include <vector>

namespace garam::sim {

inline constexpr int kSegments = 16; ///< rt::AddressMap allows no more banks

/// The accesses of a burst on one pseudo-channel. Ticks count from its first column, at the ideal cadence.
struct PartPattern {
  struct Segment {
    int32_t flat; ///< (bank, bank group), the group fastest: adds to the base's where the map has no exclusive or
    int32_t lastAccess;
    int64_t lastTick; ///< of its last column
  };
  struct Group {
    int32_t segment; ///< one of those of this bank group
    int32_t firstTick, lastTick;
  };
  // What every burst looks at lies in the object itself.
  int32_t accesses = 0, segmentCount = 0, groupCount = 0;
  int64_t lastTick = 0;
  std::array<Segment, kSegments> segments; ///< one for each bank, in the order of their first accesses
  std::array<Group, kSegments> groups;     ///< one for each bank group
  std::vector<uint64_t> mask;              ///< clocks of the columns as bits

  std::vector<rt::DramCell> cells; ///< by segment, relative to the block's base, before the exclusive or
  std::vector<uint8_t> segmentOf;  ///< by access
  std::vector<uint8_t> groupOf;    ///< by access, index in `groups`
  std::vector<int32_t> columns;    ///< by access, relative to the base
  std::vector<int64_t> ticks;      ///< by access

  bool empty() const { return !accesses; }
};

struct BurstPattern {
  std::array<PartPattern, 2> parts;
};

class Patterns {
public:
  Patterns(const rt::AddressMap &map, const rt::DramTiming &timing)
      : map(map), timing(timing), clockTicks(timing.rowEdgesPerClock), perBlock(map.blockCells().size()),
        grainBits(std::countr_zero(uint64_t(map.accessBytes()))), cache((perBlock + 1) * (perBlock + 1)) {}

  /// Of a burst of `bytes` at `offset` in the channel. Blocks and accesses are powers of two (rt::finishDram).
  const BurstPattern &of(int64_t offset, int64_t bytes) {
    uint64_t in = uint64_t(offset & (map.blockBytes() - 1));
    size_t first = in >> grainBits, end = (in + uint64_t(bytes + map.accessBytes() - 1)) >> grainBits;
    auto &entry = cache[first * (perBlock + 1) + end];
    if (!entry)
      entry = make(first, end);
    return *entry;
  }

private:
  const rt::AddressMap &map;
  const rt::DramTiming &timing;
  int64_t clockTicks;
  size_t perBlock;
  int grainBits;
  std::vector<std::unique_ptr<BurstPattern>> cache;
  std::unique_ptr<BurstPattern> make(size_t first, size_t end) const;
};

} // namespace garam::sim
