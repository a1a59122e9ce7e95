// Booked slots of a column command bus: one bit for each clock, for as far ahead as a burst reaches.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace garam::sim {

class Calendar {
public:
  bool booked(int64_t clock) const { return word(clock >> 6) >> (clock & 63) & 1; }
  void book(int64_t clock) {
    cover(clock >> 6);
    at(clock >> 6) |= uint64_t(1) << (clock & 63);
  }

  /// First free slot at or after `clock`.
  int64_t nextFree(int64_t clock) const {
    int64_t index = clock >> 6;
    uint64_t free = ~word(index) & ~uint64_t(0) << (clock & 63);
    while (!free)
      free = ~word(++index);
    return index << 6 | __builtin_ctzll(free);
  }

  /// Books `count` words of a mask whose bit 0 is the slot `clock`, unless one of them is booked. The slot lies no
  /// further back than the ring reaches.
  bool bookIfFree(int64_t clock, const uint64_t *mask, int count) {
    const int shift = int(clock & 63);
    const int64_t index = clock >> 6;
    cover(index + count);
    uint64_t taken = 0;
    for (int i = 0; i < count; ++i)
      taken |= mask[i] & (at(index + i) >> shift | at(index + i + 1) << 1 << (63 - shift));
    if (taken)
      return false;
    for (int i = 0; i < count; ++i) {
      at(index + i) |= mask[i] << shift;
      at(index + i + 1) |= mask[i] >> 1 >> (63 - shift);
    }
    return true;
  }

private:
  // Bookings reach less far ahead than the ring is long: 64 accesses of at most 32 clocks each.
  static constexpr int64_t kWords = 64;
  std::array<uint64_t, kWords> ring{};
  int64_t top = 0; ///< words from here on were never written

  uint64_t word(int64_t index) const { return index >= top || index < top - kWords ? 0 : ring[index & (kWords - 1)]; }
  uint64_t &at(int64_t index) { return ring[index & (kWords - 1)]; }
  void cover(int64_t index) {
    if (index - top >= kWords)
      top = index - kWords + 1;
    for (; top <= index; ++top)
      at(top) = 0;
  }
};

} // namespace garam::sim
