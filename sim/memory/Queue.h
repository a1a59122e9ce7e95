// A queue of burst parts by age. An entry's place is its sequence number modulo 64, so a set of entries is one word and
// the oldest of a set is a rotation and a count of zeros. The starvation limit keeps all places distinct (rule MQ3).
#pragma once

#include "sim/memory/Pattern.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstdint>

namespace garam::sim {

inline int lowest(uint64_t set) { return std::countr_zero(set); }
inline uint64_t bit(int index) { return uint64_t(1) << index; }

/// A burst, or its half on one pseudo-channel, from arrival until its columns are decided.
struct Entry {
  struct Segment {
    uint8_t bank;  ///< flat: (stack id, bank, bank group), the group fastest
    uint8_t group; ///< flat: (stack id, bank group)
  };
  uint32_t burst;
  int32_t baseColumn;
  uint8_t stackId, segments;
  bool missed; ///< a row command was issued for it
  const PartPattern *pattern;
  int64_t arrival;  ///< tick
  int64_t ready;    ///< tick from which all its rows are open and past tRCD; valid while nothing is missing
  int64_t rowStart; ///< tick of the first row command issued for it
  std::array<Segment, kSegments> segment;
};

class Queue {
public:
  explicit Queue(int64_t limit) : limit(limit) {}

  int64_t count() const { return size; }
  bool starving() const { return after - head - size >= limit; }
  uint64_t age(int place) const { return uint64_t(place - int(head)) & 63; } ///< 0: the oldest
  int oldest() const { return int(head & 63); }
  /// `set` is not empty.
  int oldestOf(uint64_t set) const { return (std::countr_zero(std::rotr(set, int(head & 63))) + int(head)) & 63; }

  int push(const PartPattern &pattern) {
    int place = int(after++ & 63);
    length[size_t(place)] = uint16_t(pattern.accesses());
    assert(!(occupied >> place & 1));
    if (!occupied)
      head = after - 1;
    occupied |= bit(place);
    ++size;
    return place;
  }
  void remove(int place) {
    --size;
    occupied &= ~bit(place);
    open &= ~bit(place);
    if (occupied)
      head += std::countr_zero(std::rotr(occupied, int(head & 63)));
    else
      head = after;
  }

  // What every choice looks at lies close together, by place.
  std::array<uint64_t, 64> banks;   ///< of an entry, flat, as a set
  std::array<uint64_t, 64> missing; ///< those whose open row is not the entry's
  std::array<int32_t, 64> row;
  std::array<Entry, 64> entries;
  uint64_t open = 0; ///< entries with all their rows open

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
        held += queue.length[size_t(place)];
      }
      places |= joined;
      return joined;
    }
    void remove(const Queue &queue, int place) {
      if (!(places >> place & 1))
        return;
      places &= ~bit(place);
      held -= queue.length[size_t(place)];
    }

  private:
    int64_t accesses, held = 0, next = 0;
    uint64_t places = 0;
  };

private:
  std::array<uint16_t, 64> length; ///< column accesses
  int64_t limit, head = 0, after = 0, size = 0;
  uint64_t occupied = 0;
};

} // namespace garam::sim
