// Banks that wait for one kind of row command for a burst. Those that wait for nothing of their own any more are ripe;
// the others stand in the order in which they get ripe, so that the next one is the first.
#pragma once

#include "sim/memory/Queue.h"

namespace garam::sim {

class Waiting {
public:
  uint64_t banks() const { return all; }
  uint64_t ripe() const { return ripe_; }
  bool empty() const { return !all; }

  /// `floor` never decreases from call to call; `decider` is the place of the burst that decides upon the bank.
  void add(int bank, int64_t ready, int decider, int64_t floor) {
    all |= bit(bank);
    deciders[size_t(bank)] = uint8_t(decider);
    if (ready <= floor)
      ripen(bank);
    else
      enqueue(ready << kBankBits | bank);
  }
  void remove(uint64_t set) {
    const uint64_t late = all & ~ripe_ & set;
    all &= ~set, ripe_ &= ~set;
    if (late)
      drop(late);
  }
  void clear() { all = ripe_ = places_ = 0, begin = end = 0; }
  void ripenUntil(int64_t floor) {
    for (; begin != end && ready(begin) <= floor; ++begin)
      ripen(bank(begin));
  }

  int decider(int bank) const { return deciders[size_t(bank)]; }
  /// Deciders of the ripe ones, and maybe more.
  uint64_t places() const { return places_; }
  void notPlace(int place) { places_ &= ~bit(place); }

  // Those that are not ripe, by index in [begin, end).
  uint32_t first() const { return begin; }
  uint32_t last() const { return end; }
  int64_t ready(uint32_t index) const { return keys[index % kBanks] >> kBankBits; }
  int bank(uint32_t index) const { return int(keys[index % kBanks] & (kBanks - 1)); }

private:
  static constexpr int kBankBits = 6, kBanks = 1 << kBankBits;
  uint64_t all = 0, ripe_ = 0, places_ = 0;
  uint32_t begin = 0, end = 0;      ///< in a ring
  std::array<int64_t, kBanks> keys; ///< (ready, bank), ascending
  std::array<uint8_t, kBanks> deciders;

  void ripen(int bank) {
    ripe_ |= bit(bank);
    places_ |= bit(deciders[size_t(bank)]);
  }
  void enqueue(int64_t key) {
    uint32_t at = end++;
    for (; at != begin && keys[(at - 1) % kBanks] > key; --at)
      keys[at % kBanks] = keys[(at - 1) % kBanks];
    keys[at % kBanks] = key;
  }
  void drop(uint64_t late) {
    for (; begin != end && late & bit(bank(begin)); ++begin)
      late &= ~bit(bank(begin));
    if (!late)
      return;
    uint32_t kept = begin;
    for (uint32_t at = begin; at != end; ++at)
      if (!(late & bit(bank(at))))
        keys[kept++ % kBanks] = keys[at % kBanks];
    end = kept;
  }
};

} // namespace garam::sim
