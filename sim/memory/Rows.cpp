// Which row command comes next: rules MR1 to MR4 and MF3 of docs/hardware/memory.md.
#include "sim/memory/PseudoChannel.h"

#include <algorithm>
#include <utility>

namespace garam::sim {

/// Works out again what the banks wait for whose state or users have changed (rules MR2 and MR3). An offer that stands
/// needs only be compared with what has joined, unless it was for one of these banks.
void PseudoChannel::decideBanks(int64_t actFloor, int64_t preFloor) {
  const Queue &q = own->queue;
  const uint64_t changed = std::exchange(dirty, 0);
  if (changed & toActivate.banks()) {
    activateStale |= bool(toActivate.banks() & changed & bankOf(nextActivate));
    toActivate.remove(changed);
  }
  if (changed & toPrecharge.banks()) {
    prechargeStale |= bool(toPrecharge.banks() & changed & bankOf(nextPrecharge));
    toPrecharge.remove(changed);
  }
  const uint64_t taking = window.set();
  for (uint64_t set = changed & ~takenBanks & own->wanted; set; set &= set - 1) {
    const int bank = lowest(set);
    const uint64_t one = set & -set, waiting = own->bank[bank].users & taking;
    if (!waiting)
      continue;
    const int place = q.oldestOf(waiting);
    if (!(q.slots[size_t(place)].missing & one))
      continue;
    if (!(openBanks & one))
      awaitActivate(bank, place, actFloor);
    else if (const bool forced = q.starving() && place == q.oldest(); !(own->bank[bank].hits & q.open) || forced)
      awaitPrecharge(bank, place, preFloor);
  }
}

void PseudoChannel::awaitPrecharge(int bank, int place, int64_t floor) {
  const int64_t ready = banks[bank].preReady;
  toPrecharge.add(bank, ready, place, floor);
  nextPrecharge = std::min(nextPrecharge, offerPrecharge(std::max(floor, ready), bank));
}

int64_t PseudoChannel::fits(int64_t tick, int64_t length) const {
  if (!rows)
    return tick;
  for (int64_t end = tick; end < tick + length; ++end)
    if (rows->booked(end))
      tick = rows->nextFree(end), end = tick - 1;
  return tick;
}

/// Of the ranks with banks taken, the one whose next command comes first.
uint64_t PseudoChannel::bestRefresh(int64_t floor) {
  uint64_t best = kNothing;
  for (unsigned set = pendingRanks; set; set &= set - 1) {
    const int number = lowest(set);
    const uint64_t taken = rank[size_t(number)].taken;
    const bool open = taken & openBanks;
    int64_t tick = std::max(floor, rank[size_t(number)].ready);
    const bool all = dram.refresh == rt::RefreshMode::AllBank;
    if (open)
      tick = std::max({tick, preReady, all ? preAllReady : 0});
    else if (!all)
      tick = std::max({tick, refreshReady, groupAct[groupOf[lowest(taken)]] + timing.actRefPb});
    tick = open ? tick : timing.rising(tick);
    if (rows)
      tick = fits(tick, open ? timing.preTicks : timing.refTicks);
    best = std::min(best, uint64_t(tick) << RowChoice::kTickShift | uint64_t(number) << RowChoice::kBankShift);
  }
  refreshLeast = tickOf(best); // what it waits for never gets earlier
  return best;
}

/// Of the ripe ones the oldest burst's lowest bank; if its bank group rests, whatever comes first.
uint64_t PseudoChannel::ripeActivate(int64_t floor) {
  const Queue &q = own->queue;
  uint64_t best = kNothing, seen = 0;
  for (uint64_t set = toActivate.places(); set;) {
    const int place = q.oldestOf(set);
    set &= ~bit(place);
    const uint64_t own = toActivate.ripe() & q.slots[size_t(place)].missing & ~seen;
    seen |= own;
    if (!own)
      toActivate.notPlace(place);
    for (uint64_t each = own; each; each &= each - 1) {
      const int64_t tick = std::max(floor, groupAct[groupOf[lowest(each)]]);
      best = std::min(best, offer(tick, lowest(each), toActivate));
      if (tick == floor)
        return best;
    }
  }
  return best;
}

uint64_t PseudoChannel::bestActivate(int64_t floor) {
  toActivate.ripenUntil(floor);
  uint64_t best = toActivate.ripe() ? ripeActivate(floor) : kNothing;
  // What gets ripe later, where nothing is that comes before it.
  for (uint32_t at = toActivate.first(); at != toActivate.last() && toActivate.ready(at) <= tickOf(best); ++at) {
    const int bank = toActivate.bank(at);
    best = std::min(best, offer(std::max(toActivate.ready(at), groupAct[groupOf[bank]]), bank, toActivate));
  }
  return best;
}

uint64_t PseudoChannel::bestPrecharge(int64_t floor) {
  const Queue &q = own->queue;
  toPrecharge.ripenUntil(floor);
  while (toPrecharge.places()) {
    const int place = q.oldestOf(toPrecharge.places());
    if (const uint64_t own = toPrecharge.ripe() & q.slots[size_t(place)].missing)
      return offerPrecharge(floor, lowest(own));
    toPrecharge.notPlace(place);
  }
  uint64_t best = kNothing;
  for (uint32_t at = toPrecharge.first(); at != toPrecharge.last() && toPrecharge.ready(at) <= tickOf(best); ++at)
    best = std::min(best, offerPrecharge(toPrecharge.ready(at), toPrecharge.bank(at)));
  return best;
}

/// Where booked columns are in the way, each command is tried on the bus.
uint64_t PseudoChannel::bestOnSharedBus(int64_t actFloor, int64_t preFloor) const {
  uint64_t best = kNothing;
  for (uint64_t set = toActivate.banks(); set; set &= set - 1) {
    const int bank = lowest(set);
    const int64_t tick = std::max({actFloor, banks[bank].actReady, groupAct[groupOf[bank]]});
    best = std::min(best, offer(fits(tick, timing.actTicks), bank, toActivate));
  }
  for (uint64_t set = toPrecharge.banks(); set; set &= set - 1) {
    const int64_t tick = std::max(preFloor, banks[lowest(set)].preReady);
    best = std::min(best, offerPrecharge(fits(tick, timing.preTicks), lowest(set)));
  }
  return best;
}

void PseudoChannel::chooseRow(int64_t floor) {
  const int64_t actFloor = std::max(timing.rising(floor), actReady), preFloor = std::max(floor, preReady);
  if (dirty)
    decideBanks(actFloor, preFloor);
  uint64_t best;
  if (rows) {
    best = bestOnSharedBus(actFloor, preFloor);
  } else {
    if (activateStale || tickOf(nextActivate) < actFloor)
      nextActivate = bestActivate(actFloor), activateStale = false;
    if (prechargeStale || tickOf(nextPrecharge) < preFloor)
      nextPrecharge = bestPrecharge(preFloor), prechargeStale = false;
    best = std::min(nextActivate, nextPrecharge);
  }
  if (pendingRanks && refreshLeast <= tickOf(best))
    best = std::min(best, bestRefresh(floor));
  row_ = {best, best == kNothing ? kNever : tickOf(best)};
}

int64_t PseudoChannel::lookAhead(int64_t floor, int64_t rowFloor) {
  if (column_.tick < floor)
    chooseColumn(floor);
  if (row_.tick < rowFloor)
    chooseRow(rowFloor);
  next = std::min(due, std::min(column_.tick, row_.tick));
  return restless ? next = floor : next;
}

} // namespace garam::sim
