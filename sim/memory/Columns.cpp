// Column runs: rules MC of docs/hardware/memory.md.
#include "sim/memory/PseudoChannel.h"

#include <algorithm>

namespace garam::sim {

/// Compares the choice so far with entries that may not begin before `base`.
void PseudoChannel::bestOf(uint64_t set, int64_t base) {
  const Queue &q = own->queue;
  const int64_t least = columnSlot(base);
  auto beats = [&](int64_t tick, int place) {
    return tick < column_.tick || (tick == column_.tick && q.age(place) < q.age(column_.place));
  };
  // Oldest first: the least possible tick ends the search.
  while (set && least <= column_.tick) {
    const int place = q.oldestOf(set);
    set &= ~bit(place);
    const int64_t tick = columnTick(q.entries[size_t(place)], base);
    if (tick <= least) {
      if (beats(least, place))
        column_ = {least, place};
      return;
    }
    if (tick > column_.tick)
      continue;
    if (const int64_t slot = columnSlot(tick); beats(slot, place))
      column_ = {slot, place};
  }
}

void PseudoChannel::chooseColumn(int64_t floor) {
  const Queue &q = own->queue;
  next = kStale;
  column_ = {};
  uint64_t set = q.open;
  for (uint64_t taken = takenBanks & own->wanted; taken; taken &= taken - 1)
    set &= ~own->bank[lowest(taken)].users;
  if (q.starving())
    set &= bit(q.oldest());
  // Those of the last column's stack id may come sooner.
  const uint64_t same = rankOfColumn >= 0 ? set & own->ofRank[size_t(rankOfColumn)] : 0;
  if (same)
    bestOf(same, columnBase(floor, true));
  if (set != same)
    bestOf(set & ~same, columnBase(floor, false));
}

/// An entry that lacks no row any more, or that came without lacking one, against the choice so far.
void PseudoChannel::gotReady(int place, int64_t floor) {
  const Queue &q = own->queue;
  const Entry &e = q.entries[size_t(place)];
  if (e.ready > column_.tick || q.slots[size_t(place)].banks & takenBanks || (q.starving() && place != q.oldest()))
    return;
  bestOf(bit(place), columnBase(floor, e.stackId == rankOfColumn));
}

/// Clocks of the run's columns, booked. The ideal cadence where bank groups and calendar admit it (null), else one by
/// one.
const int64_t *PseudoChannel::runClocks(const Entry &e, std::array<int64_t, 64> &slow) const {
  const PartPattern &pattern = *e.pattern;
  const int64_t tick = column_.tick, clock = timing.clock(tick);
  bool ideal = true;
  for (const PartPattern::Group &group : pattern.groups)
    ideal &= own->groupReady[groupOf[e.bank[group.segment]]] <= tick + group.firstClock * timing.perClock;
  if (ideal && (!columns || columns->free(clock, pattern.mask.data(), int(pattern.mask.size())))) {
    if (columns)
      columns->book(clock, pattern.mask.data(), int(pattern.mask.size()));
    return nullptr;
  }
  std::array<int64_t, kSegments> ready;
  for (size_t i = 0; i < pattern.groups.size(); ++i)
    ready[i] = timing.clock(own->groupReady[groupOf[e.bank[pattern.groups[i].segment]]]);
  const int64_t ccdS = timing.clock(timing.ccdS), ccdL = timing.clock(timing.ccdL);
  for (int i = 0; i < pattern.accesses(); ++i) {
    int64_t at = std::max(i ? slow[i - 1] + ccdS : clock, ready[pattern.groupOf[i]]);
    if (columns) {
      at = columns->nextFree(at);
      columns->book(at);
    }
    slow[i] = at;
    ready[pattern.groupOf[i]] = at + ccdL;
  }
  return slow.data();
}

void PseudoChannel::tellColumns(const Entry &e, const int64_t *clocks, uint64_t closing,
                                const Channel::Sink &sink) const {
  const PartPattern &pattern = *e.pattern;
  for (int i = 0; i < pattern.accesses(); ++i) {
    const int segment = pattern.segmentOf[i];
    const bool closes = closing >> segment & 1 && pattern.segments[segment].lastAccess == i;
    const int64_t tick =
        clocks ? clocks[i] << timing.perClockBits : column_.tick + (pattern.clocks[i] << timing.perClockBits);
    DramCommand out = command(tick,
                              mode == kWrite ? (closes ? CommandKind::Wra : CommandKind::Wr)
                                             : (closes ? CommandKind::Rda : CommandKind::Rd),
                              e.bank[segment]);
    out.row = own->queue.slots[size_t(column_.place)].row;
    out.column = e.baseColumn + pattern.columns[i];
    sink(out);
  }
}

PartTimes PseudoChannel::issueColumns(const Channel::Sink &sink, ChannelCounters &counters) {
  Queue &q = own->queue;
  const int place = column_.place;
  const Entry &e = q.entries[size_t(place)];
  const PartPattern &pattern = *e.pattern;
  const int64_t tick = column_.tick;
  const int perBits = timing.perClockBits;
  const bool write = mode == kWrite;
  std::array<int64_t, 64> slow;
  const int64_t *clocks = runClocks(e, slow);
  const int64_t last = clocks ? clocks[pattern.accesses() - 1] << perBits : tick + (pattern.clocks.back() << perBits);

  PartTimes times{tick,    last + (write ? timing.writeDone : timing.readDone), e.ready, e.rowStart, -1, -1, -1, -1,
                  e.missed};
  if (other->lastColumn >= 0) {
    times.turnFrom = other->lastColumn;
    times.turnTo = write ? other->lastColumn + timing.rtw
                         : std::max(other->lastColumn + timing.wtrS, groupWrite[e.firstGroup] + timing.wtrL);
  }

  const uint64_t here = bit(place);
  int64_t longest = 0;
  uint64_t closing = 0; // by segment
  for (int i = 0; i < e.segments; ++i) {
    const int bank = e.bank[i];
    Bank &b = banks[bank];
    if (b.refreshTo > e.arrival)
      if (const int64_t overlap = std::min(b.refreshTo, tick) - std::max(b.refreshFrom, e.arrival); overlap > longest)
        longest = overlap, times.refreshFrom = b.refreshFrom, times.refreshTo = b.refreshTo;
    own->bank[bank].hits &= ~here;
    if (!(own->bank[bank].users &= ~here))
      own->wanted &= ~bit(bank);
    const PartPattern::Segment &segment = pattern.segments[i];
    const int64_t end = b.used = clocks ? clocks[segment.lastAccess] << perBits : tick + (segment.lastClock << perBits);
    b.preReady = std::max(b.preReady, end + (write ? timing.wrPre : timing.rdPre));
    if (closedPage && !own->bank[bank].hits && !other->bank[bank].hits) {
      closing |= bit(i);
      close(bank);
      b.actReady = std::max(b.actReady, end + (write ? timing.wraAct : timing.rdaAct));
      b.refReady = std::max(b.refReady, end + (write ? timing.wraRef : timing.rdaRef));
      ++counters.precharges;
    }
  }
  std::array<int64_t, kSegments> groupLast;
  if (clocks)
    for (int i = 0; i < pattern.accesses(); ++i)
      groupLast[pattern.groupOf[i]] = clocks[i] << perBits;
  for (size_t i = 0; i < pattern.groups.size(); ++i) {
    const int group = groupOf[e.bank[pattern.groups[i].segment]];
    const int64_t end = clocks ? groupLast[i] : tick + (pattern.groups[i].lastClock << perBits);
    own->groupReady[group] = std::max(own->groupReady[group], end + timing.ccdL);
    if (write) {
      groupWrite[group] = end;
      other->groupReady[group] = std::max(other->groupReady[group], end + timing.wtrL);
    }
  }
  own->columnReady = std::max(own->columnReady, last + timing.ccdS);
  other->columnReady = std::max(other->columnReady, last + (write ? timing.wtrS : timing.rtw));
  own->lastColumn = rankColumn = last;
  rankOfColumn = e.stackId;
  if (other->queue.count())
    ++bypassed;
  (write ? counters.writeCommands : counters.readCommands) += pattern.accesses();

  if (sink)
    tellColumns(e, clocks, closing, sink);
  dirty |= q.slots[size_t(place)].banks;
  own->ofRank[e.stackId] &= ~bit(place);
  window.remove(q, place), soon.remove(q, place);
  // The ages that offers hold count from the oldest.
  const uint64_t younger = uint64_t(q.remove(place)) << RowChoice::kAgeShift;
  for (uint64_t *offer : {&nextActivate, &nextPrecharge})
    if (*offer != kNothing)
      *offer -= younger;
  soon.fill(q);
  const uint64_t joined = window.fill(q);
  for (uint64_t set = joined; set; set &= set - 1)
    dirty |= undecided(joined, q.slots[size_t(lowest(set))].missing);
  if (q.starving()) // its oldest burst may close rows that others keep open
    dirty |= q.slots[size_t(q.oldest())].banks;
  forgetColumn(), forgetRow();
  restless = wouldUpdate();
  return times;
}

} // namespace garam::sim
