// Choosing and issuing: rules Q, C, R and W of docs/hardware/memory.md.
#include "sim/memory/PseudoChannel.h"

#include <algorithm>
#include <cassert>

namespace garam::sim {
namespace {

int lowest(uint64_t set) { return std::countr_zero(set); }
uint64_t bit(int index) { return uint64_t(1) << index; }
int64_t alignUp(int64_t tick, int64_t grain) { return (tick + grain - 1) / grain * grain; }

} // namespace

PseudoChannel::PseudoChannel(const rt::DramParams &dram, const TickTiming &timing, const rt::AddressMap &map, int64_t number, int index)
    : dram(dram), timing(timing), map(map), index(index), bankGroups(int(dram.timing.bankGroups)), banksPerRank(int(dram.timing.banks())),
      ranks(int(dram.stackIds)), queue{Queue(dram.starvationLimit), Queue(dram.starvationLimit)},
      capacity{dram.readQueue, dram.writeQueue} {
  const rt::DramTiming &t = dram.timing;
  int64_t away = t.rp + (dram.refresh == rt::RefreshMode::AllBank ? t.rfcAb : t.rfcPb) + std::max(t.rcdRead, t.rcdWrite);
  refreshAccesses = (away + t.ccdS - 1) / t.ccdS;
  window.fill(-kNever);
  groupWrite.fill(-kNever);
  // Refreshes of a die fall due spread over the interval, not all at once.
  int64_t all = dram.channels() * dram.pseudoChannels * ranks;
  for (int i = 0; i < ranks; ++i) {
    int64_t place = (number * dram.pseudoChannels + index) * ranks + i;
    rank[i].nextDue = dram.refresh == rt::RefreshMode::None ? kNever : timing.interval + timing.interval * place / all;
    rank[i].left = rankBanks(i);
  }
}

void PseudoChannel::arrive(int direction, uint32_t burst, const PartPattern &pattern, const rt::DramCell &base, int64_t tick) {
  Queue &q = queue[direction];
  int place = q.push();
  Entry &e = q.entries[place];
  e.burst = burst, e.pattern = &pattern, e.arrival = tick, e.rowStart = -1, e.missing = 0, e.missed = false, e.ready = 0, e.banks = 0;
  e.row = base.row, e.baseColumn = base.column, e.stackId = uint8_t(base.stackId), e.segments = uint8_t(pattern.segments.size());
  for (int i = 0; i < e.segments; ++i) {
    rt::DramCell cell = base;
    cell.bank += pattern.segments[i].cell.bank;
    cell.bankGroup += pattern.segments[i].cell.bankGroup;
    cell = map.mixed(cell);
    int bank = cell.stackId * banksPerRank + cell.bank * bankGroups + cell.bankGroup;
    e.segment[i] = {uint8_t(bank), uint8_t(cell.stackId * bankGroups + cell.bankGroup)};
    e.banks |= bit(bank);
    users[direction][bank] |= bit(place);
    wanted[direction] |= bit(bank);
    if (banks[bank].row == e.row) {
      hits[direction][bank] |= bit(place);
      e.ready = std::max(e.ready, banks[bank].columnReady[direction]);
    } else {
      ++e.missing;
    }
  }
  if (!e.missing)
    q.open |= bit(place);
  if (direction != mode && q.count() == 1)
    bypassed = 0;
}

bool PseudoChannel::wouldSwitch() const {
  int64_t reads = queue[kRead].count(), writes = queue[kWrite].count();
  if (mode == kRead)
    return writes && (!reads || bypassed >= dram.starvationLimit || (bypassed && writes >= dram.writeHigh));
  return reads && (writes <= drainTo || bypassed >= dram.starvationLimit);
}

uint64_t PseudoChannel::refreshCandidate(const Rank &r, int number) const {
  if (!r.owed || r.taken)
    return 0;
  const Queue &q = queue[mode];
  bool forced = r.owed >= dram.refreshPostpone;
  uint64_t near = forced ? 0 : q.banksOfNext(refreshAccesses);
  if (dram.refresh == rt::RefreshMode::AllBank)
    return near & rankBanks(number) ? 0 : rankBanks(number);
  // Wanted last, or not at all; then what was used last, since traffic that walks through the banks comes back to it last.
  int best = -1;
  uint64_t bestAge = 0;
  for (uint64_t set = r.left & ~near; set; set &= set - 1) {
    int bank = lowest(set);
    uint64_t age = users[mode][bank] ? q.age(q.oldestOf(users[mode][bank])) : 64;
    if (best < 0 || age > bestAge || (age == bestAge && banks[bank].used > banks[best].used))
      best = bank, bestAge = age;
  }
  return best < 0 ? 0 : bit(best);
}

bool PseudoChannel::update(int64_t tick) {
  bool changed = false;
  if (wouldSwitch()) {
    if (mode == kRead)
      drainTo = !queue[kRead].count() || queue[kWrite].count() > dram.writeLow ? dram.writeLow : 0;
    mode = 1 - mode;
    bypassed = 0;
    changed = true;
  }
  for (int i = 0; i < ranks; ++i) {
    uint64_t taken = refreshCandidate(rank[i], i);
    if (!taken)
      continue;
    rank[i].taken = taken;
    takenBanks |= taken;
    for (uint64_t set = taken; set; set &= set - 1)
      banks[lowest(set)].refreshFrom = tick, banks[lowest(set)].refreshTo = kNever;
    changed = true;
  }
  return changed;
}

bool PseudoChannel::wouldUpdate() const {
  for (int i = 0; i < ranks; ++i)
    if (refreshCandidate(rank[i], i))
      return true;
  return wouldSwitch();
}

int64_t PseudoChannel::nextDue() const {
  int64_t due = kNever;
  for (int i = 0; i < ranks; ++i)
    due = std::min(due, rank[i].nextDue);
  return due;
}

void PseudoChannel::countDue(int64_t tick) {
  for (int i = 0; i < ranks; ++i)
    for (; rank[i].nextDue <= tick; rank[i].nextDue += timing.interval)
      ++rank[i].owed;
}

ColumnChoice PseudoChannel::chooseColumn(int64_t floor, const Calendar *calendar) const {
  const Queue &q = queue[mode];
  uint64_t set = q.open;
  for (uint64_t taken = takenBanks & wanted[mode]; taken; taken &= taken - 1)
    set &= ~users[mode][lowest(taken)];
  if (q.starving())
    set &= bit(q.oldest());
  ColumnChoice best;
  auto slot = [&](int64_t tick) {
    int64_t clock = alignUp(tick, timing.perClock) / timing.perClock;
    return (calendar ? calendar->nextFree(clock) : clock) * timing.perClock;
  };
  int64_t base = std::max(floor, columnReady[mode]), least = set ? slot(base) : kNever;
  // Oldest first, so that an equal tick later on does not win and the least possible one ends the search.
  while (set) {
    int place = q.oldestOf(set);
    set &= ~bit(place);
    const Entry &e = q.entries[place];
    int64_t tick = std::max({base, e.ready, groupReady[mode][e.segment[0].group]});
    if (e.stackId != rankOfColumn)
      tick = std::max(tick, rankColumn + timing.ccdR);
    tick = slot(tick);
    if (tick < best.tick)
      best = {tick, place};
    if (tick == least)
      break;
  }
  return best;
}

bool PseudoChannel::barred(int bank, int place) const {
  const Queue &q = queue[mode];
  uint64_t others = hits[mode][bank];
  if (!others || (q.starving() && place == q.oldest()))
    return false;
  return (others & q.open) || q.age(q.oldestOf(others)) < q.age(place);
}

int64_t PseudoChannel::fits(int64_t tick, int64_t length, const Calendar *shared) const {
  if (!shared)
    return tick;
  for (int64_t end = tick; end < tick + length; ++end)
    if (shared->booked(end))
      tick = shared->nextFree(end), end = tick - 1;
  return tick;
}

RowChoice PseudoChannel::chooseRow(int64_t floor, const Calendar *shared) const {
  RowChoice best;
  for (int i = 0; i < ranks; ++i) {
    if (!rank[i].taken)
      continue;
    int bank = lowest(rank[i].taken);
    RowChoice choice{floor, CommandKind::RefPb, bank, -1};
    bool open = rank[i].taken & openBanks;
    if (dram.refresh == rt::RefreshMode::AllBank) {
      choice.kind = open ? CommandKind::PreA : CommandKind::RefAb;
      for (uint64_t set = rank[i].taken; set; set &= set - 1) {
        const Bank &b = banks[lowest(set)];
        choice.tick = std::max(choice.tick, open ? b.preReady : b.refReady);
      }
    } else if (open) {
      choice.kind = CommandKind::Pre;
      choice.tick = std::max(floor, banks[bank].preReady);
    } else {
      int group = i * bankGroups + bank % bankGroups;
      choice.tick = std::max({floor, banks[bank].refReady, refreshReady, groupAct[group] + timing.actRefPb});
    }
    if (open)
      choice.tick = std::max(choice.tick, preReady);
    choice.tick = fits(choice.tick, rowTicks(choice.kind), shared);
    if (choice.tick < best.tick)
      best = choice;
  }

  const Queue &q = queue[mode];
  uint64_t bestAge = 0;  // refresh work wins an equal tick
  for (uint64_t set = wanted[mode] & ~takenBanks; set; set &= set - 1) {
    int bank = lowest(set);
    const Bank &b = banks[bank];
    RowChoice choice{floor, CommandKind::Act, bank, -1};
    if (openBanks & bit(bank)) {
      uint64_t misses = users[mode][bank] & ~hits[mode][bank];
      if (!misses)
        continue;
      choice.place = q.oldestOf(misses);
      if (barred(bank, choice.place))
        continue;
      choice.kind = CommandKind::Pre;
      choice.tick = std::max({floor, b.preReady, preReady});
    } else {
      choice.place = q.oldestOf(users[mode][bank]);
      int group = bank / banksPerRank * bankGroups + bank % bankGroups;
      choice.tick = std::max({floor, b.actReady, actReady, groupAct[group]});
    }
    choice.tick = fits(choice.tick, rowTicks(choice.kind), shared);
    uint64_t age = q.age(choice.place);
    if (choice.tick < best.tick || (choice.tick == best.tick && age < bestAge))
      best = choice, bestAge = age;
  }
  return best;
}

} // namespace garam::sim
