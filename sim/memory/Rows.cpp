// Row commands: rules MR and MF3 of docs/hardware/memory.md.
#include "sim/memory/PseudoChannel.h"

#include <algorithm>

namespace garam::sim {

DramCommand PseudoChannel::command(int64_t tick, CommandKind kind, int bank) const {
  DramCommand out{tick, kind, int8_t(index), int8_t(bank / banksPerRank)};
  if (kind != CommandKind::PreA && kind != CommandKind::RefAb) {
    out.bankGroup = int8_t(bank % bankGroups);
    out.bank = int8_t(bank % banksPerRank / bankGroups);
  }
  return out;
}

/// Works out again what the banks wait for whose state or users have changed (rules MR2 and MR3).
void PseudoChannel::decideBanks() {
  const Queue &q = queue[mode];
  toActivate.remove(dirty), toPrecharge.remove(dirty);
  const int forced = q.starving() ? q.oldest() : -1;
  for (uint64_t set = dirty & ~takenBanks & wanted[mode]; set; set &= set - 1) {
    const int bank = lowest(set);
    const uint64_t one = set & -set, waiting = users[mode][bank] & window.set();
    if (!waiting)
      continue;
    const int place = q.oldestOf(waiting);
    if (!(q.missing[size_t(place)] & one))
      continue;
    if (!(openBanks & one))
      wait(toActivate, bank, banks[bank].actReady);
    else if (!(hits[mode][bank] & q.open) || place == forced)
      wait(toPrecharge, bank, banks[bank].preReady);
    decider[size_t(bank)] = uint8_t(place);
  }
  dirty = 0;
}

int64_t PseudoChannel::fits(int64_t tick, int64_t length) const {
  if (!rows)
    return tick;
  for (int64_t end = tick; end < tick + length; ++end)
    if (rows->booked(end))
      tick = rows->nextFree(end), end = tick - 1;
  return tick;
}

/// When the banks that a refresh holds are ready for their next command, as far as they themselves decide. No burst
/// changes that.
void PseudoChannel::settleRank(Rank &r) {
  const bool open = r.taken & openBanks;
  r.ready = 0;
  for (uint64_t set = r.taken; set; set &= set - 1)
    r.ready = std::max(r.ready, open ? banks[lowest(set)].preReady : banks[lowest(set)].refReady);
  refreshLeast = kNever;
  for (unsigned set = pendingRanks; set; set &= set - 1)
    refreshLeast = std::min(refreshLeast, rank[size_t(lowest(set))].ready);
}

/// Of the ranks with banks taken, the one whose next command comes first.
uint64_t PseudoChannel::bestRefresh(int64_t floor) const {
  uint64_t best = kNothing;
  for (unsigned set = pendingRanks; set; set &= set - 1) {
    const int number = lowest(set);
    const uint64_t taken = rank[size_t(number)].taken;
    const bool open = taken & openBanks;
    int64_t tick = std::max(floor, rank[size_t(number)].ready);
    if (open)
      tick = std::max(tick, preReady);
    else if (dram.refresh == rt::RefreshMode::PerBank)
      tick = std::max({tick, refreshReady, groupAct[groupOf[lowest(taken)]] + timing.actRefPb});
    if (rows)
      tick = fits(tick, open ? timing.preTicks : timing.refTicks);
    best = std::min(best, uint64_t(tick) << kTickShift | uint64_t(number));
  }
  return best;
}

/// Of the banks that are not ripe: ripens those that are ready at `floor`, which never decreases, and gives the best of
/// the others.
uint64_t PseudoChannel::ripen(Waiting &waiting, int64_t floor, bool activate) {
  uint64_t best = kNothing;
  waiting.next = kNever;
  for (uint64_t set = waiting.banks & ~waiting.ripe; set; set &= set - 1) {
    const int bank = lowest(set);
    const int64_t ready = rowReady[size_t(bank)];
    if (ready <= floor) {
      waiting.ripe |= set & -set;
      waiting.places |= bit(decider[size_t(bank)]);
      continue;
    }
    waiting.next = std::min(waiting.next, ready);
    best = std::min(best, offer(activate ? std::max(ready, groupAct[groupOf[bank]]) : ready, bank));
  }
  return best;
}

/// Of the ripe ones the oldest burst's lowest bank; if its bank group rests, whatever comes first.
uint64_t PseudoChannel::ripeActivate(int64_t floor) {
  const Queue &q = queue[mode];
  uint64_t best = kNothing, seen = 0;
  for (uint64_t set = toActivate.places; set;) {
    const int place = q.oldestOf(set);
    set &= ~bit(place);
    const uint64_t own = toActivate.ripe & q.missing[size_t(place)] & ~seen;
    seen |= own;
    if (!own)
      toActivate.places &= ~bit(place);
    for (uint64_t each = own; each; each &= each - 1) {
      const int64_t tick = std::max(floor, groupAct[groupOf[lowest(each)]]);
      best = std::min(best, offer(tick, lowest(each)));
      if (tick == floor)
        return best;
    }
  }
  return best;
}

uint64_t PseudoChannel::ripePrecharge(int64_t floor) {
  const Queue &q = queue[mode];
  while (toPrecharge.places) {
    const int place = q.oldestOf(toPrecharge.places);
    if (const uint64_t own = toPrecharge.ripe & q.missing[size_t(place)])
      return offer(floor, lowest(own));
    toPrecharge.places &= ~bit(place);
  }
  return kNothing;
}

void PseudoChannel::chooseRow(int64_t floor) {
  if (dirty)
    decideBanks();
  rowStale = false;
  uint64_t best = kNothing;
  const int64_t actFloor = std::max(floor, actReady), preFloor = std::max(floor, preReady);
  if (!rows) {
    if (toActivate.next <= actFloor)
      best = std::min(best, ripen(toActivate, actFloor, true));
    if (toActivate.ripe)
      best = std::min(best, ripeActivate(actFloor));
    if (toPrecharge.next <= preFloor)
      best = std::min(best, ripen(toPrecharge, preFloor, false));
    if (toPrecharge.ripe)
      best = std::min(best, ripePrecharge(preFloor));
    // What gets ready later, where nothing is that comes before it.
    if (uint64_t(toActivate.next) <= best >> kTickShift)
      best = std::min(best, ripen(toActivate, actFloor, true));
    if (uint64_t(toPrecharge.next) <= best >> kTickShift)
      best = std::min(best, ripen(toPrecharge, preFloor, false));
  } else {
    for (uint64_t set = toActivate.banks; set; set &= set - 1) {
      const int bank = lowest(set);
      const int64_t tick = std::max({actFloor, rowReady[size_t(bank)], groupAct[groupOf[bank]]});
      best = std::min(best, offer(fits(tick, timing.actTicks), bank));
    }
    for (uint64_t set = toPrecharge.banks; set; set &= set - 1)
      best =
          std::min(best, offer(fits(std::max(preFloor, rowReady[size_t(lowest(set))]), timing.preTicks), lowest(set)));
  }
  if (pendingRanks && uint64_t(refreshLeast) <= best >> kTickShift)
    best = std::min(best, bestRefresh(floor));
  noteRow(best);
}

void PseudoChannel::noteRow(uint64_t best) {
  if (best == kNothing) {
    row_ = {};
    return;
  }
  row_.tick = int64_t(best >> kTickShift);
  if (best & kForBurst) {
    row_.bank = int(best & 63);
    row_.kind = toActivate.banks >> row_.bank & 1 ? CommandKind::Act : CommandKind::Pre;
    row_.place = decider[size_t(row_.bank)];
    return;
  }
  const uint64_t taken = rank[size_t(best & 63)].taken;
  const bool open = taken & openBanks;
  row_.bank = lowest(taken);
  row_.place = -1;
  row_.kind = dram.refresh == rt::RefreshMode::AllBank ? (open ? CommandKind::PreA : CommandKind::RefAb)
                                                       : (open ? CommandKind::Pre : CommandKind::RefPb);
}

void PseudoChannel::activated(int64_t tick, int bank) {
  lastActs[oldestAct] = tick;
  oldestAct = (oldestAct + 1) & 3;
  actReady = std::max({actReady, tick + timing.rrdS, lastActs[oldestAct] + timing.faw});
  refreshReady = std::max(refreshReady, actReady + timing.actRefPb);
  groupAct[groupOf[bank]] = tick + timing.rrdL;
}

void PseudoChannel::open(int index, int32_t row, int64_t tick) {
  Bank &bank = banks[index];
  bank.row = row;
  bank.opened = tick;
  bank.preReady = std::max(bank.preReady, tick + timing.actPre);
  bank.actReady = tick + timing.actAct, bank.refReady = tick + timing.actRef;
  openBanks |= bit(index);
  for (int direction : {kRead, kWrite}) {
    Queue &q = queue[direction];
    for (uint64_t set = users[direction][index]; set; set &= set - 1) {
      const int place = lowest(set);
      if (q.row[size_t(place)] != row)
        continue;
      hits[direction][index] |= bit(place);
      q.missing[size_t(place)] &= ~bit(index);
      // The bank's activate is later than those of its rows before, so the latest of all counts.
      Entry &e = q.entries[size_t(place)];
      e.ready = std::max(e.ready, columnReadyOf(bank, direction));
      if (q.missing[size_t(place)])
        continue;
      q.open |= bit(place);
      if (direction == mode) {
        dirty |= q.banks[size_t(place)] & toPrecharge.banks;
        gotReady(place, tick + 1);
      }
    }
  }
}

void PseudoChannel::close(int index) {
  banks[index].row = -1;
  openBanks &= ~bit(index);
  for (int direction : {kRead, kWrite}) {
    Queue &q = queue[direction];
    const uint64_t lost = hits[direction][index];
    if (!lost)
      continue;
    for (uint64_t set = lost; set; set &= set - 1)
      q.missing[size_t(lowest(set))] |= bit(index);
    if (direction == mode && lost & q.open) {
      // The rows that these kept open are not kept any more.
      columnStale = true;
      for (uint64_t set = lost & q.open; set; set &= set - 1)
        dirty |= q.banks[size_t(lowest(set))];
    }
    q.open &= ~lost;
    hits[direction][index] = 0;
  }
}

void PseudoChannel::refreshed(const RowChoice &choice) {
  const int64_t tick = choice.tick;
  const bool all = choice.kind == CommandKind::RefAb;
  const int number = choice.bank / banksPerRank;
  Rank &r = rank[number];
  for (uint64_t set = r.taken; set; set &= set - 1) {
    Bank &b = banks[lowest(set)];
    b.actReady = std::max(b.actReady, tick + (all ? timing.refActAb : timing.refActPb));
    b.refReady = std::max(b.refReady, tick + (all ? timing.refRefAb : timing.refRefPb));
    b.refreshTo = tick + (all ? timing.refActAb : timing.refActPb);
  }
  if (!all) {
    activated(tick, choice.bank);
    actReady = std::max(actReady, tick + timing.rrefdAct);
    refreshReady = std::max(refreshReady, tick + timing.rrefdRef);
  }
  r.left &= ~r.taken;
  if (!r.left)
    r.left = rankBanks(number);
  takenBanks &= ~r.taken;
  pendingRanks &= ~(1u << number);
  dirty |= r.taken;
  r.taken = 0;
  if (--r.owed) // a rank may owe more than the refresh it got
    owing |= 1u << number, restless = wouldUpdate();
}

void PseudoChannel::issueRow(const Channel::Sink &sink, ChannelCounters &counters) {
  const RowChoice choice = row_;
  const int64_t tick = choice.tick;
  rowStale = true;
  int32_t row = -1;
  if (choice.place >= 0) {
    Entry &e = queue[mode].entries[size_t(choice.place)];
    e.missed = true;
    if (e.rowStart < 0)
      e.rowStart = tick;
  }
  switch (choice.kind) {
  case CommandKind::Act:
    row = queue[mode].row[size_t(choice.place)];
    open(choice.bank, row, tick);
    activated(tick, choice.bank);
    toActivate.remove(bit(choice.bank));
    ++counters.activates;
    break;
  case CommandKind::Pre:
  case CommandKind::PreA: {
    uint64_t set =
        choice.kind == CommandKind::Pre ? bit(choice.bank) : rank[choice.bank / banksPerRank].taken & openBanks;
    for (; set; set &= set - 1) {
      Bank &b = banks[lowest(set)];
      close(lowest(set));
      b.actReady = std::max(b.actReady, tick + timing.preAct);
      b.refReady = std::max(b.refReady, tick + timing.preRef);
    }
    if (choice.place < 0) {
      settleRank(rank[choice.bank / banksPerRank]);
    } else { // which the same burst decided upon that decides upon the activate
      toPrecharge.remove(bit(choice.bank));
      wait(toActivate, choice.bank, banks[choice.bank].actReady);
    }
    preReady = tick + timing.ppd;
    ++counters.precharges;
    break;
  }
  default:
    refreshed(choice);
    ++counters.refreshes;
  }
  if (sink) {
    DramCommand out = command(tick, choice.kind, choice.bank);
    out.row = row;
    sink(out);
  }
}

} // namespace garam::sim
