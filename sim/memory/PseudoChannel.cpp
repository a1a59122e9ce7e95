// Arrival, the mode of the queues and what is given to refresh: rules MQ, MW and MF2 of docs/hardware/memory.md.
#include "sim/memory/PseudoChannel.h"

#include <algorithm>

namespace garam::sim {
namespace {

// Row commands are issued for bursts that come up within this many times as long as a refresh takes a bank away.
constexpr int64_t kRowWindow = 4;

int64_t accessesAway(const rt::DramParams &dram) {
  const rt::DramTiming &t = dram.timing;
  int64_t away =
      t.rp + (dram.refresh == rt::RefreshMode::AllBank ? t.rfcAb : t.rfcPb) + std::max(t.rcdRead, t.rcdWrite);
  return (away + t.ccdS - 1) / t.ccdS;
}

} // namespace

PseudoChannel::PseudoChannel(const rt::DramParams &dram, const TickTiming &timing, const rt::AddressMap &map,
                             int64_t number, int index, Calendar *columns, const Calendar *rows)
    : columns(columns), rows(rows), timing(timing), dram(dram), map(map),
      leastOpening(std::min(timing.actRd, timing.actWr)), index(index), bankGroups(int(dram.timing.bankGroups)),
      banksPerRank(int(dram.timing.banks())), ranks(int(dram.stackIds)),
      closedPage(dram.pagePolicy == rt::PagePolicy::Closed), mixes(!dram.addressXor.empty()),
      window(kRowWindow * accessesAway(dram)), soon(accessesAway(dram)),
      sides{Side{.capacity = dram.readQueue, .opening = timing.actRd, .queue = Queue(dram.starvationLimit)},
            Side{.capacity = dram.writeQueue, .opening = timing.actWr, .queue = Queue(dram.starvationLimit)}} {
  lastActs.fill(-kNever);
  for (int bank = 0; bank < ranks * banksPerRank; ++bank)
    groupOf[bank] = uint8_t(bank / banksPerRank * bankGroups + bank % bankGroups);
  groupWrite.fill(-kNever);
  lastUse.fill(-1);
  // Refreshes of a die fall due spread over the interval, not all at once.
  int64_t all = dram.channels() * dram.pseudoChannels * ranks;
  for (int i = 0; i < ranks; ++i) {
    int64_t place = (number * dram.pseudoChannels + index) * ranks + i;
    rank[i].nextDue = dram.refresh == rt::RefreshMode::None ? kNever : timing.interval + timing.interval * place / all;
    rank[i].left = rankBanks(i);
    due = std::min(due, rank[i].nextDue);
  }
}

void PseudoChannel::arrive(int direction, uint32_t burst, const PartPattern &pattern, const rt::DramCell &base,
                           int64_t tick) {
  Side &side = sides[direction];
  Queue &q = side.queue;
  const int place = q.push(pattern);
  const uint64_t here = bit(place);
  Entry &e = q.entries[size_t(place)];
  e.burst = burst, e.pattern = &pattern, e.arrival = tick, e.rowStart = -1, e.missed = false;
  e.baseColumn = base.column, e.stackId = uint8_t(base.stackId), e.segments = uint8_t(pattern.segmentCount);
  uint64_t mine = 0, missing = 0, sharing = 0;
  int64_t ready = 0;
  for (int i = 0; i < e.segments; ++i) {
    const int bank = flatBank(pattern, base, i);
    e.bank[i] = uint8_t(bank);
    mine |= bit(bank);
    sharing |= side.bank[bank].users;
    side.bank[bank].users |= here;
    if (banks[bank].row == base.row) {
      side.bank[bank].hits |= here;
      ready = std::max(ready, banks[bank].actReady - timing.actAct + side.opening);
    } else {
      missing |= bit(bank);
    }
  }
  e.ready = ready, e.firstGroup = groupOf[e.bank[0]];
  side.wanted |= mine;
  side.ofRank[e.stackId] |= here;
  q.slots[size_t(place)].row = base.row, q.slots[size_t(place)].banks = mine, q.slots[size_t(place)].missing = missing;
  q.findSameRow(place, sharing);
  if (!missing)
    q.open |= here;
  next = kStale;
  if (direction == mode) {
    // A burst that lacks no row keeps those rows open; one that lacks some decides where none did.
    soon.fill(q);
    if (const uint64_t joined = window.fill(q))
      dirty |= sharing & window.set() ? undecided(joined, missing) : missing;
    if (!missing) {
      dirty |= mine & toPrecharge.banks();
      gotReady(place, tick);
    }
    if (dirty)
      forgetRow();
  } else if (q.count() == 1) {
    bypassed = 0;
  }
  restless = wouldUpdate();
}

uint64_t PseudoChannel::refreshCandidate(const Rank &r, int number) const {
  const Queue &q = own->queue;
  uint64_t near = 0;
  if (r.owed < dram.refreshPostpone) {
    if (soon.open())
      near = own->wanted;
    else
      for (uint64_t set = soon.set(); set; set &= set - 1)
        near |= q.slots[size_t(lowest(set))].banks;
  }
  if (dram.refresh == rt::RefreshMode::AllBank)
    return near & rankBanks(number) ? 0 : rankBanks(number);
  const uint64_t among = r.left & ~near, free = among & ~own->wanted;
  if (!among)
    return 0;
  // Wanted last, or not at all; then what was used last, since traffic that walks through the banks comes back to it
  // last.
  int best = lowest(free ? free : among);
  if (free) {
    for (uint64_t set = free & (free - 1); set; set &= set - 1)
      if (const int bank = lowest(set); lastUse[size_t(bank)] > lastUse[size_t(best)])
        best = bank;
    return bit(best);
  }
  auto ageOf = [&](int bank) { return q.age(q.oldestOf(own->bank[bank].users)); };
  uint64_t bestAge = ageOf(best);
  for (uint64_t set = among & (among - 1); set; set &= set - 1) {
    const int bank = lowest(set);
    const uint64_t age = ageOf(bank);
    if (age > bestAge || (age == bestAge && lastUse[size_t(bank)] > lastUse[size_t(best)]))
      best = bank, bestAge = age;
  }
  return bit(best);
}

bool PseudoChannel::findCandidates() {
  uint64_t any = 0;
  for (unsigned set = owing; set; set &= set - 1) {
    Rank &r = rank[size_t(lowest(set))];
    any |= r.candidate = refreshCandidate(r, lowest(set));
  }
  return any;
}

void PseudoChannel::switchMode() {
  if (mode == kRead)
    drainTo = !own->queue.count() || other->queue.count() > dram.writeLow ? dram.writeLow : 0;
  mode = 1 - mode;
  std::swap(own, other);
  bypassed = 0;
  for (Queue::Window *each : {&window, &soon}) {
    each->clear();
    each->fill(own->queue);
  }
  toActivate.clear(), toPrecharge.clear();
  dirty = own->wanted;
  activateStale = prechargeStale = true;
  forgetColumn(), forgetRow();
}

void PseudoChannel::update(int64_t tick) {
  restless = false, next = kStale;
  if (wouldSwitch()) {
    switchMode();
    candidatesKnown = false;
  }
  if (!candidatesKnown)
    findCandidates();
  for (unsigned set = owing; set; set &= set - 1) {
    const int i = lowest(set);
    uint64_t taken = rank[i].candidate;
    if (!taken)
      continue;
    rank[i].taken = taken;
    owing &= ~(1u << i);
    takenBanks |= taken;
    pendingRanks |= 1u << i;
    settleRank(rank[i]);
    dirty |= taken;
    forgetRow();
    if (column_.place < 0 || own->queue.slots[size_t(column_.place)].banks & taken)
      forgetColumn();
    for (; taken; taken &= taken - 1)
      held[size_t(lowest(taken))] = {tick, kNever};
  }
}

void PseudoChannel::countDue(int64_t tick) {
  due = kNever;
  for (int i = 0; i < ranks; ++i) {
    for (; rank[i].nextDue <= tick; rank[i].nextDue += timing.interval)
      ++rank[i].owed;
    if (rank[i].owed && !rank[i].taken)
      owing |= 1u << i;
    due = std::min(due, rank[i].nextDue);
  }
  restless = true, candidatesKnown = false;
}

} // namespace garam::sim
