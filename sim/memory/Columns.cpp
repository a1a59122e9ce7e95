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

/// Ticks of the run's columns, booked. The ideal cadence where bank groups and calendar admit it (null), else one by
/// one.
const int64_t *PseudoChannel::runTicks(const Entry &e, std::array<int64_t, 64> &slow) const {
  const PartPattern &pattern = *e.pattern;
  const int64_t tick = column_.tick;
  auto groupOfRun = [&](int i) { return groupOf[e.bank[size_t(pattern.groups[size_t(i)].segment)]]; };
  bool ideal = true;
  for (int i = 0; i < pattern.groupCount; ++i)
    ideal &= own->groupReady[groupOfRun(i)] <= tick + pattern.groups[size_t(i)].firstTick;
  if (ideal && (!columns || columns->bookIfFree(timing.clock(tick), pattern.mask.data(), int(pattern.mask.size()))))
    return nullptr;
  std::array<int64_t, kSegments> ready;
  for (int i = 0; i < pattern.groupCount; ++i)
    ready[size_t(i)] = own->groupReady[groupOfRun(i)];
  for (int i = 0; i < pattern.accesses; ++i) {
    int64_t &groupReady = ready[pattern.groupOf[size_t(i)]];
    int64_t at = std::max(i ? slow[size_t(i - 1)] + timing.ccdS : tick, groupReady);
    if (columns) {
      at = columnSlot(at);
      columns->book(timing.clock(at));
    }
    slow[size_t(i)] = at;
    groupReady = at + timing.ccdL;
  }
  return slow.data();
}

void PseudoChannel::tellColumns(const Entry &e, const int64_t *ticks, uint64_t closing,
                                const Channel::Sink &sink) const {
  const PartPattern &pattern = *e.pattern;
  for (int i = 0; i < pattern.accesses; ++i) {
    const int segment = pattern.segmentOf[i];
    const bool closes = closing >> segment & 1 && pattern.segments[size_t(segment)].lastAccess == i;
    const int64_t tick = ticks ? ticks[i] : column_.tick + pattern.ticks[size_t(i)];
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
  const bool write = mode == kWrite;
  std::array<int64_t, 64> slow;
  const int64_t *ticks = runTicks(e, slow);
  const int64_t last = ticks ? ticks[pattern.accesses - 1] : tick + pattern.lastTick;

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
  const int64_t toPre = write ? timing.wrPre : timing.rdPre;
  for (int i = 0; i < e.segments; ++i) {
    const int bank = e.bank[size_t(i)];
    Bank &b = banks[bank];
    if (const Held &by = held[size_t(bank)]; by.to > e.arrival)
      if (const int64_t overlap = std::min(by.to, tick) - std::max(by.from, e.arrival); overlap > longest)
        longest = overlap, times.refreshFrom = by.from, times.refreshTo = by.to;
    own->bank[bank].hits &= ~here;
    if (!(own->bank[bank].users &= ~here))
      own->wanted &= ~bit(bank);
    const PartPattern::Segment &segment = pattern.segments[size_t(i)];
    const int64_t end = lastUse[size_t(bank)] = ticks ? ticks[segment.lastAccess] : tick + segment.lastTick;
    b.preReady = std::max(b.preReady, end + toPre);
    if (closedPage && !own->bank[bank].hits && !other->bank[bank].hits) {
      closing |= bit(i);
      close(bank);
      b.actReady = std::max(b.actReady, timing.rising(end + (write ? timing.wraAct : timing.rdaAct)));
      b.refReady = std::max(b.refReady, end + (write ? timing.wraRef : timing.rdaRef));
      ++counters.precharges;
    }
  }
  std::array<int64_t, kSegments> groupLast;
  if (ticks)
    for (int i = 0; i < pattern.accesses; ++i)
      groupLast[pattern.groupOf[size_t(i)]] = ticks[i];
  for (int i = 0; i < pattern.groupCount; ++i) {
    const PartPattern::Group &of = pattern.groups[size_t(i)];
    const int group = groupOf[e.bank[size_t(of.segment)]];
    const int64_t end = ticks ? groupLast[size_t(i)] : tick + of.lastTick;
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
  (write ? counters.writeCommands : counters.readCommands) += pattern.accesses;

  if (sink)
    tellColumns(e, ticks, closing, sink);
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
