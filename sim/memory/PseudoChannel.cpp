// Choosing and issuing: rules MW, MC, MR and MF of docs/hardware/memory.md.
#include "sim/memory/PseudoChannel.h"

#include <algorithm>
#include <cassert>

namespace garam::sim {
namespace {

// Row commands are issued for bursts that come up within this many times as long as a refresh takes a bank away.
constexpr int64_t kRowWindow = 4;

int lowest(uint64_t set) { return std::countr_zero(set); }
uint64_t bit(int index) { return uint64_t(1) << index; }

} // namespace

PseudoChannel::PseudoChannel(const rt::DramParams &dram, const TickTiming &timing, const rt::AddressMap &map,
                             int64_t number, int index)
    : dram(dram), timing(timing), map(map), index(index), bankGroups(int(dram.timing.bankGroups)),
      banksPerRank(int(dram.timing.banks())), ranks(int(dram.stackIds)),
      queue{Queue(dram.starvationLimit), Queue(dram.starvationLimit)}, capacity{dram.readQueue, dram.writeQueue} {
  const rt::DramTiming &t = dram.timing;
  int64_t away =
      t.rp + (dram.refresh == rt::RefreshMode::AllBank ? t.rfcAb : t.rfcPb) + std::max(t.rcdRead, t.rcdWrite);
  awayAccesses = (away + t.ccdS - 1) / t.ccdS;
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

PseudoChannel::Effect PseudoChannel::arrive(int direction, uint32_t burst, const PartPattern &pattern,
                                            const rt::DramCell &base, int64_t tick) {
  Queue &q = queue[direction];
  const bool near = q.accesses() < kRowWindow * awayAccesses;
  int place = q.push(pattern);
  Entry &e = q.entries[place];
  e.burst = burst, e.pattern = &pattern, e.arrival = tick, e.rowStart = -1, e.missed = false, e.ready = 0;
  e.baseColumn = base.column, e.stackId = uint8_t(base.stackId), e.segments = uint8_t(pattern.segments.size());
  uint64_t mine = 0, missing = 0;
  for (int i = 0; i < e.segments; ++i) {
    rt::DramCell cell = base;
    cell.bank += pattern.segments[i].cell.bank;
    cell.bankGroup += pattern.segments[i].cell.bankGroup;
    cell = map.mixed(cell);
    int bank = cell.stackId * banksPerRank + cell.bank * bankGroups + cell.bankGroup;
    e.segment[i] = {uint8_t(bank), groupOf[bank]};
    mine |= bit(bank);
    users[direction][bank] |= bit(place);
    wanted[direction] |= bit(bank);
    if (banks[bank].row == base.row) {
      hits[direction][bank] |= bit(place);
      e.ready = std::max(e.ready, columnReadyOf(banks[bank], direction));
    } else {
      missing |= bit(bank);
    }
  }
  q.row[size_t(place)] = base.row, q.banks[size_t(place)] = mine, q.missing[size_t(place)] = missing;
  if (!missing)
    q.open |= bit(place);
  if (direction != mode) {
    if (q.count() == 1)
      bypassed = 0;
    return {false, false};
  }
  windowStale |= near;
  return {!missing, near || !missing}; // a burst that lacks no row keeps those rows open
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
  uint64_t near = 0;
  if (!forced)
    q.next(awayAccesses, [&](int place) { return near |= q.banks[size_t(place)], true; });
  if (dram.refresh == rt::RefreshMode::AllBank)
    return near & rankBanks(number) ? 0 : rankBanks(number);
  // Wanted last, or not at all; then what was used last, since traffic that walks through the banks comes back to it
  // last.
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
    windowStale = true;
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

void PseudoChannel::countDue(int64_t tick) {
  due = kNever;
  for (int i = 0; i < ranks; ++i) {
    for (; rank[i].nextDue <= tick; rank[i].nextDue += timing.interval)
      ++rank[i].owed;
    due = std::min(due, rank[i].nextDue);
  }
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
    int64_t clock = timing.clockUp(tick);
    return (calendar ? calendar->nextFree(clock) : clock) << timing.perClockBits;
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

int64_t PseudoChannel::fits(int64_t tick, int64_t length, const Calendar *shared) const {
  if (!shared)
    return tick;
  for (int64_t end = tick; end < tick + length; ++end)
    if (shared->booked(end))
      tick = shared->nextFree(end), end = tick - 1;
  return tick;
}

RowChoice PseudoChannel::chooseRefresh(int64_t floor, const Calendar *shared) const {
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
      choice.tick = std::max({floor, banks[bank].refReady, refreshReady, groupAct[groupOf[bank]] + timing.actRefPb});
    }
    if (open)
      choice.tick = std::max(choice.tick, preReady);
    choice.tick = fits(choice.tick, rowTicks(choice.kind), shared);
    if (choice.tick < best.tick)
      best = choice;
  }
  return best;
}

RowChoice PseudoChannel::chooseRow(int64_t floor, const Calendar *shared) {
  RowChoice best = takenBanks ? chooseRefresh(floor, shared) : RowChoice{};
  const Queue &q = queue[mode];
  if (windowStale) {
    window = 0;
    q.next(kRowWindow * awayAccesses, [&](int place) { return window |= bit(place), true; });
    windowStale = false;
  }
  const int64_t actFloor = std::max(floor, actReady), preFloor = std::max(floor, preReady);
  const int64_t least = fits(std::min(actFloor, preFloor), 1, shared);
  const bool starving = q.starving();
  uint64_t kept = 0; // open rows that a burst wants which lacks none of its rows
  for (uint64_t set = q.open; set; set &= set - 1)
    kept |= q.banks[size_t(lowest(set))];
  uint64_t seen = takenBanks; // banks that an older burst decides upon
  // Oldest first: an equal tick later on does not win, and the least possible one ends the search. Refresh work wins an
  // equal tick.
  for (uint64_t set = window & ~q.open; set && best.tick > least;) {
    const int place = q.oldestOf(set);
    set &= ~bit(place);
    const bool first = starving && place == q.oldest();
    // A row stays open for an older burst (which has `seen` the bank) and for one that lacks none of its rows.
    for (uint64_t mine = q.missing[size_t(place)] & ~seen & (first ? ~uint64_t(0) : ~kept); mine; mine &= mine - 1) {
      const int bank = lowest(mine);
      const Bank &b = banks[bank];
      RowChoice choice{0, CommandKind::Act, bank, place};
      if (openBanks & bit(bank)) {
        choice.kind = CommandKind::Pre;
        choice.tick = std::max(preFloor, b.preReady);
      } else {
        choice.tick = std::max({actFloor, b.actReady, groupAct[groupOf[bank]]});
      }
      if (shared)
        choice.tick = fits(choice.tick, rowTicks(choice.kind), shared);
      if (choice.tick < best.tick)
        best = choice;
    }
    seen |= q.banks[size_t(place)];
  }
  return best;
}

} // namespace garam::sim
