// What a row command changes: rules MR and MF3 of docs/hardware/memory.md.
#include "sim/memory/PseudoChannel.h"

#include <algorithm>

namespace garam::sim {

void PseudoChannel::tell(const Channel::Sink &sink, int64_t tick, CommandKind kind, int bank, int32_t row) const {
  if (!sink)
    return;
  DramCommand out = command(tick, kind, bank);
  out.row = row;
  sink(out);
}

DramCommand PseudoChannel::command(int64_t tick, CommandKind kind, int bank) const {
  DramCommand out{tick, kind, int8_t(index), int8_t(bank / banksPerRank)};
  if (kind != CommandKind::PreA && kind != CommandKind::RefAb) {
    out.bankGroup = int8_t(bank % bankGroups);
    out.bank = int8_t(bank % banksPerRank / bankGroups);
  }
  return out;
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

/// Counts towards tRRD and tFAW.
void PseudoChannel::activated(int64_t tick, int bank) {
  lastActs[oldestAct] = tick;
  oldestAct = (oldestAct + 1) & 3;
  actReady = std::max({actReady, tick + timing.rrdS, lastActs[oldestAct] + timing.faw});
  refreshReady = std::max(refreshReady, actReady + timing.actRefPb);
  groupAct[groupOf[bank]] = tick + timing.rrdL;
  activateStale = true;
}

/// The bank has got the row of these entries.
void PseudoChannel::openFor(Side &side, uint64_t places, int bank, int64_t tick) {
  Queue &q = side.queue;
  side.bank[bank].hits |= places;
  for (; places; places &= places - 1) {
    const int place = lowest(places);
    if (q.slots[size_t(place)].missing &= ~bit(bank))
      continue;
    // The last activate that it lacked is later than those of its other rows.
    q.entries[size_t(place)].ready = tick + side.opening;
    q.open |= bit(place);
    if (&side == own) {
      dirty |= q.slots[size_t(place)].banks & toPrecharge.banks();
      gotReady(place, tick + 1);
    }
  }
}

/// The bank has lost its row.
void PseudoChannel::closeFor(Side &side, int bank) {
  Queue &q = side.queue;
  const uint64_t lost = side.bank[bank].hits, stopped = lost & q.open;
  for (uint64_t set = lost; set; set &= set - 1)
    q.slots[size_t(lowest(set))].missing |= bit(bank);
  if (&side == own && stopped) {
    // The rows that these kept open are not kept any more.
    forgetColumn();
    for (uint64_t set = stopped; set; set &= set - 1)
      dirty |= q.slots[size_t(lowest(set))].banks;
  }
  q.open &= ~lost;
  side.bank[bank].hits = 0;
}

void PseudoChannel::precharged(int bank, int64_t tick) {
  Bank &b = banks[bank];
  close(bank);
  b.actReady = std::max(b.actReady, timing.rising(tick + timing.preAct));
  b.refReady = std::max(b.refReady, tick + timing.preRef);
}

/// Notes that a row command was issued for the burst.
void PseudoChannel::served(Entry &entry, int64_t tick) {
  entry.missed = true;
  if (entry.rowStart < 0)
    entry.rowStart = tick;
}

/// Activates the row of the burst that decides upon the bank; gives the row.
int32_t PseudoChannel::activate(int bank, int64_t tick) {
  Queue &q = own->queue;
  const size_t place = size_t(toActivate.decider(bank));
  const int32_t row = q.slots[place].row;
  served(q.entries[place], tick);
  toActivate.remove(bit(bank));
  Bank &b = banks[bank];
  b.row = row;
  b.preReady = std::max(b.preReady, tick + timing.actPre);
  b.actReady = tick + timing.actAct, b.refReady = tick + timing.actRef;
  openBanks |= bit(bank);
  openFor(*own, own->bank[bank].users & q.slots[place].sameRow, bank, tick);
  uint64_t others = 0;
  for (uint64_t set = other->bank[bank].users; set; set &= set - 1)
    if (other->queue.slots[size_t(lowest(set))].row == row)
      others |= set & -set;
  if (others)
    openFor(*other, others, bank, tick);
  activated(tick, bank);
  return row;
}

/// Closes the bank for the burst that decides upon it and decides upon the activate as well.
void PseudoChannel::precharge(int bank, int64_t tick) {
  const int place = toPrecharge.decider(bank);
  served(own->queue.entries[size_t(place)], tick);
  toPrecharge.remove(bit(bank));
  prechargeStale = true;
  precharged(bank, tick);
  preReady = tick + timing.ppd;
  awaitActivate(bank, place, std::max(timing.rising(tick + 1), actReady));
}

/// The banks are free again, but for tRFC.
void PseudoChannel::refreshed(int number, int64_t tick) {
  const bool all = dram.refresh == rt::RefreshMode::AllBank;
  Rank &r = rank[number];
  for (uint64_t set = r.taken; set; set &= set - 1) {
    Bank &b = banks[lowest(set)];
    b.actReady = std::max(b.actReady, timing.rising(tick + (all ? timing.refActAb : timing.refActPb)));
    b.refReady = std::max(b.refReady, tick + (all ? timing.refRefAb : timing.refRefPb));
    held[size_t(lowest(set))].to = tick + (all ? timing.refActAb : timing.refActPb);
  }
  if (!all) {
    activated(tick, lowest(r.taken));
    actReady = std::max(actReady, timing.rising(tick + timing.rrefdAct));
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

/// Closes what a stack id gave to refresh, or refreshes it.
int64_t PseudoChannel::refreshStep(int number, int64_t tick, const Channel::Sink &sink, ChannelCounters &counters) {
  const bool all = dram.refresh == rt::RefreshMode::AllBank;
  const int first = lowest(rank[number].taken);
  if (uint64_t open = rank[number].taken & openBanks) {
    for (; open; open &= open - 1)
      precharged(lowest(open), tick);
    settleRank(rank[number]);
    preReady = tick + timing.ppd;
    if (all)
      preReady = std::max(preReady, unpaired(tick, timing.preTicks));
    ++counters.precharges;
    tell(sink, tick, all ? CommandKind::PreA : CommandKind::Pre, first, -1);
    return timing.preTicks;
  }
  refreshed(number, tick);
  if (all)
    preReady = std::max(preReady, unpaired(tick, timing.refTicks));
  ++counters.refreshes;
  tell(sink, tick, all ? CommandKind::RefAb : CommandKind::RefPb, first, -1);
  return timing.refTicks;
}

int64_t PseudoChannel::burstStep(int bank, int64_t tick, const Channel::Sink &sink, ChannelCounters &counters) {
  if (toActivate.banks() & bit(bank)) {
    ++counters.activates;
    tell(sink, tick, CommandKind::Act, bank, activate(bank, tick));
    return timing.actTicks;
  }
  ++counters.precharges;
  precharge(bank, tick);
  tell(sink, tick, CommandKind::Pre, bank, -1);
  return timing.preTicks;
}

int64_t PseudoChannel::issueRow(const Channel::Sink &sink, ChannelCounters &counters) {
  const int64_t tick = row_.tick;
  const int subject = row_.subject();
  forgetRow();
  const int64_t length =
      row_.forBurst() ? burstStep(subject, tick, sink, counters) : refreshStep(subject, tick, sink, counters);
  preAllReady = std::max(preAllReady, unpaired(tick, length));
  return length;
}

} // namespace garam::sim
