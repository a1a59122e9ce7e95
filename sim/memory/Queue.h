// A queue of burst parts by age. An entry's place is its sequence number modulo 64, so a set of entries is one word and
// the oldest of a set is a rotation and a count of zeros. The starvation limit keeps all places distinct (rule MQ3).
#pragma once

#include "sim/memory/Pattern.h"
#include "sim/memory/Prefetch.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstdint>

namespace garam::sim {

/// `set` is not empty.
inline int lowest(uint64_t set) { return __builtin_ctzll(set); }
inline uint64_t bit(int index) { return uint64_t(1) << index; }

/// A burst, or its half on one pseudo-channel, from arrival until its columns are decided.
struct alignas(64) Entry { // a line of the host's cache
  uint32_t burst;
  int32_t baseColumn;
  uint8_t stackId, segments;
  uint8_t firstGroup; ///< flat group of its first column
  bool missed;        ///< a row command was issued for it
  const PartPattern *pattern;
  int64_t arrival;  ///< tick
  int64_t ready;    ///< tick from which all its rows are open and past tRCD; valid while nothing is missing
  int64_t rowStart; ///< tick of the first row command issued for it
  std::array<uint8_t, kSegments> bank; ///< by segment, flat: (stack id, bank, bank group), the group fastest
};

class Queue {
  int64_t limit, head = 0, after = 0, size = 0;
  uint64_t occupied = 0;

public:
  uint64_t open = 0; ///< entries with all their rows open

  explicit Queue(int64_t limit) : limit(limit) {}

  int64_t count() const { return size; }
  bool starving() const { return after - head - size >= limit; }
  uint64_t age(int place) const { return uint64_t(place - int(head)) & 63; } ///< 0: the oldest
  int oldest() const { return int(head & 63); }
  /// `set` is not empty.
  int oldestOf(uint64_t set) const { return (lowest(std::rotr(set, int(head & 63))) + int(head)) & 63; }

  /// Of the next place.
  void prefetchNext() const {
    prefetch(&slots[size_t(after & 63)]);
    prefetch(&entries[size_t(after & 63)]);
  }
  int push(const PartPattern &pattern) {
    const int place = int(after++ & 63);
    slots[size_t(place)].length = pattern.accesses;
    assert(!(occupied >> place & 1));
    if (!occupied)
      head = after - 1;
    occupied |= bit(place);
    ++size;
    return place;
  }
  /// Gives by how much the ages of the others fall.
  int64_t remove(int place) {
    const int64_t before = head;
    --size;
    occupied &= ~bit(place);
    open &= ~bit(place);
    for (uint64_t set = slots[size_t(place)].sameRow & ~bit(place); set; set &= set - 1)
      slots[size_t(lowest(set))].sameRow &= ~bit(place);
    if (occupied)
      head += lowest(std::rotr(occupied, int(head & 63)));
    else
      head = after;
    return head - before;
  }

  /// Notes which of `others` want the row that the entry wants.
  void findSameRow(int place, uint64_t others) {
    uint64_t same = bit(place);
    for (; others; others &= others - 1)
      if (Slot &other = slots[size_t(lowest(others))]; other.row == slots[size_t(place)].row)
        same |= others & -others, other.sameRow |= bit(place);
    slots[size_t(place)].sameRow = same;
  }

  /// What every choice looks at, together.
  struct Slot {
    uint64_t banks;   ///< of the entry, flat, as a set
    uint64_t missing; ///< those whose open row is not the entry's
    uint64_t sameRow; ///< entries that share a bank and its row with this one, itself among them
    int32_t row;
    int32_t length; ///< column accesses
  };
  std::array<Slot, 64> slots;
  std::array<Entry, 64> entries;

  /// The oldest entries, as many as hold the data bus for so many column accesses. What is in it leaves only with its
  /// entry.
  class Window {
  public:
    explicit Window(int64_t accesses) : accesses(accesses) {}
    uint64_t set() const { return places; }
    bool open() const { return held < accesses; } ///< it holds all entries of the queue
    void clear() { places = 0, held = 0, next = 0; }
    /// Takes in what belongs to it by now; gives what has joined.
    uint64_t fill(const Queue &queue) {
      uint64_t joined = 0;
      for (next = std::max(next, queue.head); held < accesses && next < queue.after; ++next) {
        const int place = int(next & 63);
        if (!(queue.occupied >> place & 1))
          continue;
        joined |= bit(place);
        held += queue.slots[size_t(place)].length;
      }
      places |= joined;
      return joined;
    }
    void remove(const Queue &queue, int place) {
      if (!(places >> place & 1))
        return;
      places &= ~bit(place);
      held -= queue.slots[size_t(place)].length;
    }

  private:
    int64_t accesses, held = 0, next = 0;
    uint64_t places = 0;
  };
};

} // namespace garam::sim
