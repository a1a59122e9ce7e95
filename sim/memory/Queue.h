// A queue of burst parts by age. An entry's place is its sequence number modulo 64, so a set of entries is one word and
// the oldest of a set is a rotation and a count of zeros. The starvation limit keeps all places distinct (rule Q3).
#pragma once

#include "sim/memory/Pattern.h"

#include <array>
#include <bit>
#include <cassert>
#include <cstdint>

namespace garam::sim {

/// A burst, or its half on one pseudo-channel, from arrival until its columns are decided.
struct Entry {
  struct Segment {
    uint8_t bank;   ///< flat: (stack id, bank, bank group), the group fastest
    uint8_t group;  ///< flat: (stack id, bank group)
  };
  uint32_t burst;
  int32_t row, baseColumn;
  uint8_t stackId, segments, missing;  ///< missing: banks whose open row is not this one's
  bool missed;                         ///< a row command was issued for it
  const PartPattern *pattern;
  uint64_t banks;    ///< flat, as a set
  int64_t arrival;   ///< tick
  int64_t ready;     ///< tick from which all its rows are open and past tRCD; valid while nothing is missing
  int64_t rowStart;  ///< tick of the first row command issued for it
  std::array<Segment, kSegments> segment;
};

class Queue {
public:
  explicit Queue(int64_t limit) : limit(limit) {}

  int64_t count() const { return std::popcount(occupied); }
  bool starving() const { return next - head - count() >= limit; }
  uint64_t age(int place) const { return uint64_t(place - int(head)) & 63; }  ///< 0: the oldest
  int oldest() const { return int(head & 63); }
  /// `set` is not empty.
  int oldestOf(uint64_t set) const { return (std::countr_zero(std::rotr(set, int(head & 63))) + int(head)) & 63; }

  int push() {
    int place = int(next++ & 63);
    assert(!(occupied >> place & 1));
    if (!occupied)
      head = next - 1;
    occupied |= uint64_t(1) << place;
    return place;
  }
  void remove(int place) {
    occupied &= ~(uint64_t(1) << place);
    open &= ~(uint64_t(1) << place);
    if (occupied)
      head += std::countr_zero(std::rotr(occupied, int(head & 63)));
    else
      head = next;
  }

  std::array<Entry, 64> entries;
  uint64_t open = 0;  ///< entries with all their rows open

  /// Banks of the oldest entries, as many as hold the data bus for `accesses` column accesses.
  uint64_t banksOfNext(int64_t accesses) const {
    uint64_t banks = 0;
    for (uint64_t set = occupied; set && accesses > 0;) {
      const Entry &e = entries[oldestOf(set)];
      set &= ~(uint64_t(1) << oldestOf(set));
      banks |= e.banks;
      accesses -= e.pattern->accesses();
    }
    return banks;
  }

private:
  int64_t limit, head = 0, next = 0;
  uint64_t occupied = 0;
};

}  // namespace garam::sim
