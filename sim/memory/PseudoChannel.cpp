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
    : dram(dram), timing(timing), map(map), index(index), columns(columns), rows(rows),
      bankGroups(int(dram.timing.bankGroups)), banksPerRank(int(dram.timing.banks())), ranks(int(dram.stackIds)),
      closedPage(dram.pagePolicy == rt::PagePolicy::Closed), mixes(!dram.addressXor.empty()),
      queue{Queue(dram.starvationLimit), Queue(dram.starvationLimit)}, capacity{dram.readQueue, dram.writeQueue},
      window(kRowWindow * accessesAway(dram)), soon(accessesAway(dram)) {
  lastActs.fill(-kNever);
  for (int bank = 0; bank < ranks * banksPerRank; ++bank)
    groupOf[bank] = uint8_t(bank / banksPerRank * bankGroups + bank % bankGroups);
  groupWrite.fill(-kNever);
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
  Queue &q = queue[direction];
  const int place = q.push(pattern);
  Entry &e = q.entries[size_t(place)];
  e.burst = burst, e.pattern = &pattern, e.arrival = tick, e.rowStart = -1, e.missed = false, e.ready = 0;
  e.baseColumn = base.column, e.stackId = uint8_t(base.stackId), e.segments = uint8_t(pattern.segments.size());
  const int flatBase = base.stackId * banksPerRank + base.bank * bankGroups + base.bankGroup;
  uint64_t mine = 0, missing = 0;
  for (int i = 0; i < e.segments; ++i) {
    int bank = flatBase + pattern.segments[i].flat;
    if (mixes) {
      rt::DramCell cell = base;
      cell.bank += pattern.segments[i].cell.bank;
      cell.bankGroup += pattern.segments[i].cell.bankGroup;
      cell = map.mixed(cell);
      bank = cell.stackId * banksPerRank + cell.bank * bankGroups + cell.bankGroup;
    }
    e.segment[i] = {uint8_t(bank), groupOf[bank]};
    mine |= bit(bank);
    users[direction][bank] |= bit(place);
    if (banks[bank].row == base.row) {
      hits[direction][bank] |= bit(place);
      e.ready = std::max(e.ready, columnReadyOf(banks[bank], direction));
    } else {
      missing |= bit(bank);
    }
  }
  wanted[direction] |= mine;
  ofRank[direction][e.stackId] |= bit(place);
  q.row[size_t(place)] = base.row, q.banks[size_t(place)] = mine, q.missing[size_t(place)] = missing;
  if (!missing)
    q.open |= bit(place);
  if (direction == mode) {
    // A burst that lacks no row keeps those rows open; one that lacks some decides where none did.
    soon.fill(q);
    if (const uint64_t joined = window.fill(q))
      dirty |= undecided(direction, joined, missing);
    if (!missing) {
      dirty |= mine & toPrecharge.banks;
      gotReady(place, tick);
    }
    rowStale |= dirty != 0;
  } else if (q.count() == 1) {
    bypassed = 0;
  }
  restless = wouldUpdate();
}

uint64_t PseudoChannel::undecided(int direction, uint64_t joined, uint64_t among) const {
  uint64_t out = 0;
  for (; among; among &= among - 1)
    if (!(users[direction][lowest(among)] & window.set() & ~joined))
      out |= among & -among;
  return out;
}

uint64_t PseudoChannel::refreshCandidate(const Rank &r, int number) const {
  const Queue &q = queue[mode];
  uint64_t near = 0;
  if (r.owed < dram.refreshPostpone) {
    if (soon.open())
      near = wanted[mode];
    else
      for (uint64_t set = soon.set(); set; set &= set - 1)
        near |= q.banks[size_t(lowest(set))];
  }
  if (dram.refresh == rt::RefreshMode::AllBank)
    return near & rankBanks(number) ? 0 : rankBanks(number);
  // Wanted last, or not at all; then what was used last, since traffic that walks through the banks comes back to it
  // last.
  int best = -1;
  uint64_t bestAge = 0;
  uint64_t among = r.left & ~near;
  if (uint64_t free = among & ~wanted[mode])
    among = free;
  for (uint64_t set = among; set; set &= set - 1) {
    int bank = lowest(set);
    uint64_t age = users[mode][bank] ? q.age(q.oldestOf(users[mode][bank])) : 64;
    if (best < 0 || age > bestAge || (age == bestAge && banks[bank].used > banks[best].used))
      best = bank, bestAge = age;
  }
  return best < 0 ? 0 : bit(best);
}

bool PseudoChannel::anyCandidate() const {
  for (unsigned set = owing; set; set &= set - 1)
    if (refreshCandidate(rank[size_t(lowest(set))], lowest(set)))
      return true;
  return false;
}

void PseudoChannel::switchMode() {
  if (mode == kRead)
    drainTo = !queue[kRead].count() || queue[kWrite].count() > dram.writeLow ? dram.writeLow : 0;
  mode = 1 - mode;
  bypassed = 0;
  for (Queue::Window *each : {&window, &soon}) {
    each->clear();
    each->fill(queue[mode]);
  }
  toActivate = toPrecharge = {};
  dirty = wanted[mode];
  columnStale = rowStale = true;
}

void PseudoChannel::update(int64_t tick) {
  restless = false;
  if (wouldSwitch())
    switchMode();
  for (unsigned set = owing; set; set &= set - 1) {
    const int i = lowest(set);
    uint64_t taken = refreshCandidate(rank[i], i);
    if (!taken)
      continue;
    rank[i].taken = taken;
    owing &= ~(1u << i);
    takenBanks |= taken;
    pendingRanks |= 1u << i;
    settleRank(rank[i]);
    dirty |= taken;
    rowStale = true;
    columnStale |= column_.place < 0 || queue[mode].banks[size_t(column_.place)] & taken;
    for (; taken; taken &= taken - 1)
      banks[lowest(taken)].refreshFrom = tick, banks[lowest(taken)].refreshTo = kNever;
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
  restless = true;
}

} // namespace garam::sim
