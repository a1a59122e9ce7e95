// What an issued command changes.
#include "sim/memory/PseudoChannel.h"

#include <algorithm>

namespace garam::sim {
namespace {

int lowest(uint64_t set) { return std::countr_zero(set); }
uint64_t bit(int index) { return uint64_t(1) << index; }

} // namespace

int64_t PseudoChannel::rowTicks(CommandKind kind) const {
  switch (kind) {
  case CommandKind::Act:
    return timing.actTicks;
  case CommandKind::Pre:
  case CommandKind::PreA:
    return timing.preTicks;
  default:
    return timing.refTicks;
  }
}

DramCommand PseudoChannel::command(int64_t tick, CommandKind kind, int bank) const {
  DramCommand out{tick, kind, int8_t(index), int8_t(bank / banksPerRank)};
  if (kind != CommandKind::PreA && kind != CommandKind::RefAb) {
    out.bankGroup = int8_t(bank % bankGroups);
    out.bank = int8_t(bank % banksPerRank / bankGroups);
  }
  return out;
}

void PseudoChannel::close(int bank) {
  banks[bank].row = -1;
  openBanks &= ~bit(bank);
  for (int direction : {kRead, kWrite}) {
    for (uint64_t set = hits[direction][bank]; set; set &= set - 1)
      queue[direction].missing[size_t(lowest(set))] |= bit(bank);
    queue[direction].open &= ~hits[direction][bank];
    hits[direction][bank] = 0;
  }
}

void PseudoChannel::activated(int64_t tick, int bank) {
  lastActs[oldestAct] = tick;
  oldestAct = (oldestAct + 1) & 3;
  actReady = std::max({actReady, tick + timing.rrdS, lastActs[oldestAct] + timing.faw});
  refreshReady = std::max(refreshReady, actReady + timing.actRefPb);
  groupAct[groupOf[bank]] = tick + timing.rrdL;
}

bool PseudoChannel::issueRow(const RowChoice &choice, const Channel::Sink &sink, ChannelCounters &counters) {
  const int64_t tick = choice.tick;
  const uint64_t openBefore = queue[mode].open;
  Bank &bank = banks[choice.bank];
  if (choice.place >= 0) {
    Entry &e = queue[mode].entries[choice.place];
    e.missed = true;
    if (e.rowStart < 0)
      e.rowStart = tick;
  }
  DramCommand out = command(tick, choice.kind, choice.bank);
  switch (choice.kind) {
  case CommandKind::Act: {
    bank.row = out.row = queue[mode].row[size_t(choice.place)];
    bank.opened = tick;
    bank.preReady = std::max(bank.preReady, tick + timing.actPre);
    bank.actReady = tick + timing.actAct, bank.refReady = tick + timing.actRef;
    openBanks |= bit(choice.bank);
    activated(tick, choice.bank);
    ++counters.activates;
    for (int direction : {kRead, kWrite})
      for (uint64_t set = users[direction][choice.bank]; set; set &= set - 1) {
        Queue &q = queue[direction];
        const auto place = size_t(lowest(set));
        if (q.row[place] != bank.row)
          continue;
        hits[direction][choice.bank] |= set & -set;
        q.missing[place] &= ~bit(choice.bank);
        if (q.missing[place])
          continue;
        q.open |= set & -set;
        Entry &e = q.entries[place];
        e.ready = 0;
        for (int i = 0; i < e.segments; ++i)
          e.ready = std::max(e.ready, columnReadyOf(banks[e.segment[i].bank], direction));
      }
    break;
  }
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
    preReady = tick + timing.ppd;
    ++counters.precharges;
    break;
  }
  default: {
    bool all = choice.kind == CommandKind::RefAb;
    Rank &r = rank[choice.bank / banksPerRank];
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
    --r.owed;
    r.left &= ~r.taken;
    if (!r.left)
      r.left = rankBanks(choice.bank / banksPerRank);
    takenBanks &= ~r.taken;
    r.taken = 0;
    ++counters.refreshes;
  }
  }
  if (sink)
    sink(out);
  return queue[mode].open != openBefore;
}

/// Clocks of the run's columns, booked. The ideal cadence where bank groups and calendar admit it, else one by one.
const int64_t *PseudoChannel::runClocks(const Entry &e, int64_t tick, Calendar *calendar,
                                        std::array<int64_t, 64> &slow) const {
  const PartPattern &pattern = *e.pattern;
  int64_t clock = timing.clock(tick);
  bool ideal = true;
  for (const PartPattern::Group &group : pattern.groups)
    ideal &= groupReady[mode][e.segment[group.segment].group] <= tick + group.firstClock * timing.perClock;
  if (ideal && (!calendar || calendar->free(clock, pattern.mask.data(), int(pattern.mask.size())))) {
    if (calendar)
      calendar->book(clock, pattern.mask.data(), int(pattern.mask.size()));
    return nullptr;
  }
  std::array<int64_t, kSegments> ready;
  for (size_t i = 0; i < pattern.groups.size(); ++i)
    ready[i] = timing.clock(groupReady[mode][e.segment[pattern.groups[i].segment].group]);
  for (int i = 0; i < pattern.accesses(); ++i) {
    int64_t at = std::max(i ? slow[i - 1] + timing.clock(timing.ccdS) : clock, ready[pattern.groupOf[i]]);
    if (calendar) {
      at = calendar->nextFree(at);
      calendar->book(at);
    }
    slow[i] = at;
    ready[pattern.groupOf[i]] = at + timing.clock(timing.ccdL);
  }
  return slow.data();
}

PartTimes PseudoChannel::issueColumns(const ColumnChoice &choice, Calendar *calendar, const Channel::Sink &sink,
                                      ChannelCounters &counters) {
  Queue &q = queue[mode];
  Entry &e = q.entries[choice.place];
  const PartPattern &pattern = *e.pattern;
  const int64_t tick = choice.tick, per = timing.perClock;
  const bool write = mode == kWrite;
  std::array<int64_t, 64> slow;
  const int64_t *clocks = runClocks(e, tick, calendar, slow);
  auto at = [&](int access) { return clocks ? clocks[access] * per : tick + pattern.clocks[access] * per; };
  const int64_t last = at(pattern.accesses() - 1);

  PartTimes times{tick,    last + (write ? timing.writeDone : timing.readDone), e.ready, e.rowStart, -1, -1, -1, -1,
                  e.missed};
  int64_t longest = 0;
  for (int i = 0; i < e.segments; ++i) {
    const Bank &bank = banks[e.segment[i].bank];
    int64_t overlap = std::min(bank.refreshTo, tick) - std::max(bank.refreshFrom, e.arrival);
    if (bank.refreshFrom >= 0 && overlap > longest)
      longest = overlap, times.refreshFrom = bank.refreshFrom, times.refreshTo = bank.refreshTo;
  }
  if (lastColumn[1 - mode] >= 0) {
    times.turnFrom = lastColumn[1 - mode];
    times.turnTo = write ? lastColumn[kRead] + timing.rtw
                         : std::max(lastColumn[kWrite] + timing.wtrS, groupWrite[e.segment[0].group] + timing.wtrL);
  }

  uint64_t closing = 0; // by segment
  for (int i = 0; i < e.segments; ++i) {
    int bank = e.segment[i].bank;
    for (int direction : {kRead, kWrite}) {
      uint64_t self = direction == mode ? bit(choice.place) : 0;
      users[direction][bank] &= ~self;
      hits[direction][bank] &= ~self;
      if (!users[direction][bank])
        wanted[direction] &= ~bit(bank);
    }
    Bank &b = banks[bank];
    int64_t end = b.used = at(pattern.segments[i].lastAccess);
    b.preReady = std::max(b.preReady, end + (write ? timing.wrPre : timing.rdPre));
    if (dram.pagePolicy == rt::PagePolicy::Closed && !hits[kRead][bank] && !hits[kWrite][bank]) {
      closing |= bit(i);
      close(bank);
      b.actReady = std::max(b.actReady, end + (write ? timing.wraAct : timing.rdaAct));
      b.refReady = std::max(b.refReady, end + (write ? timing.wraRef : timing.rdaRef));
      ++counters.precharges;
    }
  }
  std::array<int64_t, kSegments> groupLast{};
  if (clocks)
    for (int i = 0; i < pattern.accesses(); ++i)
      groupLast[pattern.groupOf[i]] = at(i);
  for (size_t i = 0; i < pattern.groups.size(); ++i) {
    int group = e.segment[pattern.groups[i].segment].group;
    int64_t end = clocks ? groupLast[i] : tick + pattern.groups[i].lastClock * per;
    groupReady[mode][group] = std::max(groupReady[mode][group], end + timing.ccdL);
    if (write) {
      groupWrite[group] = end;
      groupReady[kRead][group] = std::max(groupReady[kRead][group], end + timing.wtrL);
    }
  }
  columnReady[mode] = std::max(columnReady[mode], last + timing.ccdS);
  columnReady[1 - mode] = std::max(columnReady[1 - mode], last + (write ? timing.wtrS : timing.rtw));
  lastColumn[mode] = rankColumn = last;
  rankOfColumn = e.stackId;
  if (queue[1 - mode].count())
    ++bypassed;
  (write ? counters.writeCommands : counters.readCommands) += pattern.accesses();

  if (sink)
    for (int i = 0; i < pattern.accesses(); ++i) {
      int segment = pattern.segmentOf[i];
      bool closes = closing >> segment & 1 && pattern.segments[segment].lastAccess == i;
      DramCommand out = command(
          at(i), write ? (closes ? CommandKind::Wra : CommandKind::Wr) : (closes ? CommandKind::Rda : CommandKind::Rd),
          e.segment[segment].bank);
      out.row = q.row[size_t(choice.place)];
      out.column = e.baseColumn + pattern.columns[i];
      sink(out);
    }
  q.remove(choice.place);
  windowStale = true;
  return times;
}

} // namespace garam::sim
