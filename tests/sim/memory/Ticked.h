// The channel controller again, written from docs/hardware/memory.md alone: it looks at everything on every tick and
// keeps nothing but what has happened. Slow, and the specification in code; the event-driven Channel must issue the
// same commands at the same ticks.
#pragma once

#include "TickedRules.h"

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

namespace garam::test {

using sim::CommandKind;

class Ticked : TickedRules {
public:
  Ticked(const rt::DramParams &dram, int64_t number) : TickedRules(dram), map(dram, "test") {
    interval = t.refi * per / (perBank ? t.banks() : 1);
    for (int p = 0; p < int(lanes.size()); ++p) {
      lanes[p].ranks.resize(dram.stackIds);
      for (int r = 0; r < dram.stackIds; ++r) {
        Rank &rank = lanes[p].ranks[r];
        rank.banks.resize(t.banks());
        int64_t all = dram.channels() * dram.pseudoChannels * dram.stackIds;
        rank.nextDue = interval + interval * ((number * dram.pseudoChannels + p) * dram.stackIds + r) / all;
        refill(rank);
      }
    }
  }

  std::vector<sim::DramCommand> commands;
  std::vector<sim::BurstTimes> done;
  sim::ChannelCounters counters;

  bool canAccept(const sim::MemoryBurst &burst) {
    cite(Rule::MQ1);
    for (int p = 0; p < int(lanes.size()); ++p)
      if (!cellsOf(burst, p).empty() &&
          int64_t(lanes[p].queue[burst.write].entries.size()) >= (burst.write ? dram.writeQueue : dram.readQueue))
        return false;
    return true;
  }

  /// `arriving` arrive at this tick (MT3).
  void step(const std::vector<sim::MemoryBurst> &arriving) {
    cite(Rule::MT1), cite(Rule::MT3);
    for (const sim::MemoryBurst &burst : arriving)
      arrive(burst);
    for (Lane &lane : lanes) {
      if (dram.refresh != rt::RefreshMode::None)
        for (Rank &rank : lane.ranks)
          for (; rank.nextDue <= tick; rank.nextDue += interval)
            cite(Rule::MF1), ++rank.owed;
      switchMode(lane);
      for (Rank &rank : lane.ranks)
        takeBanks(lane, rank);
    }
    if (tick % per == 0)
      for (size_t i = 1, last = lastColumnLane; i <= lanes.size(); ++i)
        issueRun((last + i) % lanes.size());
    issueRow();
    ++tick;
  }

private:
  using Parts = ticked::Parts;

  const rt::AddressMap map;
  int64_t interval;
  std::map<uint64_t, Parts> parts;
  size_t lastColumnLane = 1, lastRowLane = 1;

  void refill(Rank &rank) { rank.left.assign(t.banks(), true); }
  std::vector<DramCell> cellsOf(const sim::MemoryBurst &burst, int p) const {
    std::vector<DramCell> cells;
    int64_t grain = map.accessBytes();
    for (int64_t at = burst.offset / grain * grain; at < burst.offset + burst.bytes; at += grain)
      if (DramCell cell = map.cell(at); cell.pseudoChannel == p)
        cells.push_back(cell);
    if (!cells.empty()) {
      cite(Rule::MA1), cite(Rule::MA2), cite(Rule::MA4);
      if (!dram.addressXor.empty())
        cite(Rule::MA3);
    }
    return cells;
  }

  void arrive(const sim::MemoryBurst &burst) {
    for (int p = 0; p < int(lanes.size()); ++p) {
      std::vector<DramCell> cells = cellsOf(burst, p);
      if (cells.empty())
        continue;
      Queue &queue = lanes[p].queue[burst.write];
      queue.entries.push_back({burst, queue.arrived++, cells});
      if (int(burst.write) != lanes[p].mode && queue.entries.size() == 1)
        lanes[p].bypassed = 0;
      ++parts[burst.id].count;
    }
  }

  void switchMode(Lane &lane) {
    int64_t reads = int64_t(lane.queue[0].entries.size()), writes = int64_t(lane.queue[1].entries.size());
    bool enough = lane.bypassed >= dram.starvationLimit;
    if (lane.mode == 0 && writes > 0 && (reads == 0 || enough || (lane.bypassed > 0 && writes >= dram.writeHigh))) {
      lane.drainTo = reads == 0 || writes > dram.writeLow ? dram.writeLow : 0;
      lane.mode = 1, lane.bypassed = 0;
      cite(Rule::MW1);
    } else if (lane.mode == 1 && reads > 0 && (writes <= lane.drainTo || enough)) {
      lane.mode = 0, lane.bypassed = 0;
      cite(Rule::MW1);
    }
  }

  void takeBanks(Lane &lane, Rank &rank) {
    if (!rank.owed || rank.pending)
      return;
    cite(Rule::MF2);
    const std::deque<Entry> &entries = lane.queue[lane.mode].entries;
    int number = int(&rank - lane.ranks.data());
    bool forced = rank.owed >= dram.refreshPostpone;
    int64_t away = awayClocks();
    std::optional<std::pair<int64_t, int64_t>> bestRating;
    int best = -1;
    bool anyNear = false;
    for (int b = 0; b < int(t.banks()); ++b) {
      int64_t ahead = 0, wantedBy = 1 << 20;
      bool near = false;
      for (const Entry &e : entries) {
        if (uses(e, number, b)) {
          near = ahead * t.ccdS < away;
          wantedBy = e.number;
          break;
        }
        ahead += int64_t(e.cells.size());
      }
      anyNear |= near;
      std::pair<int64_t, int64_t> rating{wantedBy, std::max(rank.banks[b].rd, rank.banks[b].wr)};
      if (rank.left[b] && (!near || forced) && (!bestRating || rating > *bestRating))
        best = b, bestRating = rating;
    }
    for (int b = 0; b < int(t.banks()); ++b)
      if (perBank ? b == best : forced || !anyNear)
        rank.banks[b].taken = rank.pending = true, rank.banks[b].takenFrom = tick, rank.banks[b].takenTo = sim::kNever;
  }

  void issueRun(size_t p) {
    Lane &lane = lanes[p];
    Queue &queue = lane.queue[lane.mode];
    for (size_t i = 0; i < queue.entries.size(); ++i) {
      Entry &e = queue.entries[i];
      if (i > 0 && starving(queue)) {
        cite(Rule::MQ3);
        return;
      }
      if (rowsOpen(lane, e) && !takenAny(lane, e) && opened(lane, e) <= tick &&
          columnLegal(lane, tick, e.burst.write, e.cells[0])) {
        serve(p, i);
        return;
      }
    }
  }

  void serve(size_t p, size_t index) {
    Lane &lane = lanes[p];
    Queue &queue = lane.queue[lane.mode];
    Entry e = queue.entries[index];
    const bool write = e.burst.write;
    cite(Rule::MC1), cite(Rule::MQ2);
    int64_t turnFrom = -1, turnTo = -1;
    int64_t dataEnd = (t.cwl + t.accessClocks) * per;
    for (const auto &[group, at] : lane.lastOfGroup[!write]) {
      bool same = group == std::pair(e.cells[0].stackId, e.cells[0].bankGroup);
      turnFrom = std::max(turnFrom, at);
      turnTo = std::max(turnTo, at + (write ? t.rtw * per : dataEnd + (same ? t.wtrL : t.wtrS) * per));
    }
    int64_t refFrom = -1, refTo = -1, longest = 0;
    for (const DramCell &c : e.cells) {
      Bank &b = bankOf(lane, c);
      int64_t overlap = std::min(b.takenTo, tick) - std::max(b.takenFrom, e.burst.arrival * per);
      if (b.takenFrom >= 0 && overlap > longest)
        longest = overlap, refFrom = b.takenFrom, refTo = b.takenTo;
    }
    int64_t ready = opened(lane, e);

    queue.entries.erase(queue.entries.begin() + long(index));
    if (!lane.queue[1 - lane.mode].entries.empty())
      ++lane.bypassed;
    lastColumnLane = p;
    int64_t at = tick;
    for (size_t k = 0; k < e.cells.size(); ++k) {
      const DramCell &c = e.cells[k];
      cite(Rule::MC2);
      while (!columnLegal(lane, at, write, c))
        cite(Rule::MC3), at += per;
      booked.insert(at / per);
      lane.columns.push_back({at, write, c});
      lane.lastOfGroup[write][{c.stackId, c.bankGroup}] = at;
      Bank &b = bankOf(lane, c);
      (write ? b.wr : b.rd) = at;
      bool last = std::none_of(e.cells.begin() + long(k) + 1, e.cells.end(),
                               [&](const DramCell &o) { return o.bank == c.bank && o.bankGroup == c.bankGroup; });
      bool closes = last && dram.pagePolicy == rt::PagePolicy::Closed && !wantedRow(lane, c);
      if (closes) {
        cite(Rule::MC5);
        (write ? b.wra : b.rda) = at;
        b.row = -1;
        ++counters.precharges;
      }
      ++(write ? counters.writeCommands : counters.readCommands);
      sim::DramCommand out{at,
                           write ? (closes ? CommandKind::Wra : CommandKind::Wr)
                                 : (closes ? CommandKind::Rda : CommandKind::Rd),
                           int8_t(p),
                           int8_t(c.stackId),
                           int8_t(c.bankGroup),
                           int8_t(c.bank),
                           c.row,
                           c.column};
      commands.push_back(out);
    }
    // What no timing reaches back to.
    const int64_t reach = std::max({t.ccdL, t.ccdR, t.rtw, t.cwl + t.accessClocks + t.wtrL});
    std::erase_if(lane.columns, [&](const Column &o) { return o.tick < tick - reach * per; });
    report(e, at, ready, refFrom, refTo, turnFrom, turnTo);
  }

  void report(const Entry &e, int64_t last, int64_t ready, int64_t refFrom, int64_t refTo, int64_t turnFrom,
              int64_t turnTo) {
    cite(Rule::MC4), cite(Rule::MS1), cite(Rule::MS2);
    auto clock = [&](int64_t ticks) { return (ticks + per - 1) / per; };
    sim::BurstTimes out{};
    out.id = e.burst.id, out.write = e.burst.write, out.arrival = e.burst.arrival, out.firstColumn = tick / per;
    out.done = clock(last) + (e.burst.write ? t.cwl : t.cl) + t.accessClocks;
    out.rowReady = e.missed ? std::clamp(clock(ready), out.arrival, out.firstColumn) : out.arrival;
    for (int64_t c = out.arrival; c < out.firstColumn; ++c) {
      if (refFrom >= 0 && c >= clock(refFrom) && c < clock(std::min(refTo, tick)))
        ++out.refresh;
      else if (e.rowStart >= 0 && c >= clock(e.rowStart) && c < clock(ready))
        ++out.rowMiss;
      else if (turnFrom >= 0 && c >= clock(turnFrom) && c < clock(std::min(turnTo, tick)))
        ++out.turnaround;
      else
        ++out.memoryQueue;
    }
    out.transfer = out.done - out.firstColumn;
    Parts &all = parts[e.burst.id];
    all.missed |= e.missed;
    all.left = tick / per;
    if (!all.last.done || out.done > all.last.done)
      all.last = out;
    if (--all.count)
      return;
    all.last.left = all.left;
    all.last.rowHit = !all.missed;
    ++(all.missed ? counters.rowMisses : counters.rowHits);
    (e.burst.write ? counters.writeBytes : counters.readBytes) += e.burst.bytes;
    done.push_back(all.last);
    parts.erase(e.burst.id);
  }

  struct Choice {
    CommandKind kind;
    int rank, bank;
    Entry *entry; ///< null: refresh
    int64_t length;
  };

  std::optional<Choice> refreshChoice(Lane &lane) {
    for (int r = 0; r < int(lane.ranks.size()); ++r) {
      Rank &rank = lane.ranks[r];
      if (!rank.pending)
        continue;
      bool anyOpen = false, allPre = true, allRested = true;
      int first = -1;
      for (int b = 0; b < int(rank.banks.size()); ++b) {
        if (!rank.banks[b].taken)
          continue;
        first = first < 0 ? b : first;
        anyOpen |= rank.banks[b].row >= 0;
        allPre &= preLegal(lane, rank.banks[b]);
        allRested &= bankRested(rank.banks[b], t.refEdges);
      }
      DramCell c;
      c.stackId = r, c.bankGroup = int(first % t.bankGroups);
      if (anyOpen && allPre && !badPair(lane, r, perBank ? first : -1))
        return Choice{perBank ? CommandKind::Pre : CommandKind::PreA, r, first, nullptr, t.preEdges};
      if (!anyOpen && allRested && rising() && busFree(t.refEdges) && (!perBank || activatesRested(lane, c, true)))
        return Choice{perBank ? CommandKind::RefPb : CommandKind::RefAb, r, first, nullptr, t.refEdges};
    }
    return {};
  }

  /// A precharge on a rising edge, where there are falling ones: the other pseudo-channel's activate has no other.
  bool yields(const Choice &choice) const {
    return choice.entry && choice.kind == CommandKind::Pre && per > 1 && rising();
  }

  std::optional<Choice> burstChoice(Lane &lane) {
    Queue &queue = lane.queue[lane.mode];
    int64_t ahead = 0, away = awayClocks();
    int64_t window = 4 * ((away + t.ccdS - 1) / t.ccdS);
    for (size_t i = 0; i < queue.entries.size() && ahead < window; ++i) {
      Entry &e = queue.entries[i];
      ahead += int64_t(e.cells.size());
      std::set<int> banks;
      for (const DramCell &c : e.cells)
        banks.insert(int(c.bank * t.bankGroups + c.bankGroup));
      int r = e.cells[0].stackId, row = e.cells[0].row;
      for (int bank : banks) {
        Bank &b = lane.ranks[r].banks[bank];
        if (b.taken || b.row == row)
          continue;
        DramCell c;
        c.stackId = r, c.bankGroup = int(bank % t.bankGroups);
        if (b.row < 0) {
          if (rising() && bankRested(b, t.actEdges) && activatesRested(lane, c, false) && busFree(t.actEdges))
            return Choice{CommandKind::Act, r, bank, &e, t.actEdges};
        } else if (preLegal(lane, b) && !badPair(lane, r, bank) && !barred(lane, queue, i, r, bank)) {
          return Choice{CommandKind::Pre, r, bank, &e, t.preEdges};
        }
      }
    }
    return {};
  }

  void issueRow() {
    std::optional<Choice> best;
    size_t lane = 0;
    for (size_t i = 1; i <= lanes.size(); ++i) {
      size_t p = (lastRowLane + i) % lanes.size();
      std::optional<Choice> choice = refreshChoice(lanes[p]);
      if (!choice)
        choice = burstChoice(lanes[p]);
      if (choice && (!best || (!choice->entry && best->entry) || (best->entry && yields(*best) && !yields(*choice))))
        best = choice, lane = p;
    }
    if (!best)
      return;
    cite(Rule::MR1), cite(Rule::MR4);
    cite(best->entry ? Rule::MR2 : Rule::MF3);
    if (t.rowEdgesPerClock > 1 || best->length > 1)
      cite(Rule::MT2);
    lastRowLane = lane;
    rowFree = tick + best->length;
    const bool all = best->kind == CommandKind::PreA || best->kind == CommandKind::RefAb;
    lastRow = {tick, best->length, lane, best->rank, all ? -1 : best->bank};
    for (int64_t slot = tick; t.sharedCommandBus && slot < rowFree; ++slot)
      booked.insert(slot);
    apply(lane, *best);
  }

  void apply(size_t p, const Choice &choice) {
    Lane &lane = lanes[p];
    Rank &rank = lane.ranks[choice.rank];
    Bank &b = rank.banks[choice.bank];
    sim::DramCommand out{tick, choice.kind, int8_t(p), int8_t(choice.rank)};
    if (choice.kind != CommandKind::PreA && choice.kind != CommandKind::RefAb)
      out.bankGroup = int8_t(choice.bank % t.bankGroups), out.bank = int8_t(choice.bank / t.bankGroups);
    if (choice.entry) {
      choice.entry->missed = true;
      if (choice.entry->rowStart < 0)
        choice.entry->rowStart = tick;
    }
    DramCell c;
    c.stackId = choice.rank, c.bankGroup = int(choice.bank % t.bankGroups);
    switch (choice.kind) {
    case CommandKind::Act:
      b.row = out.row = choice.entry->cells[0].row, b.act = tick;
      lane.acts.push_back({tick, c});
      ++counters.activates;
      break;
    case CommandKind::Pre:
      b.row = -1, b.pre = lane.pre = tick, ++counters.precharges;
      break;
    case CommandKind::PreA:
      for (Bank &each : rank.banks)
        if (each.row >= 0)
          each.row = -1, each.pre = tick;
      lane.pre = tick, ++counters.precharges;
      break;
    default:
      --rank.owed, ++counters.refreshes, rank.pending = false;
      for (size_t i = 0; i < rank.banks.size(); ++i)
        if (Bank &each = rank.banks[i]; each.taken) {
          (perBank ? each.refPb : each.refAb) = tick;
          each.taken = false, rank.left[i] = false;
          each.takenTo = tick + gap(perBank ? t.rfcPb : t.rfcAb, t.refEdges, t.actEdges);
        }
      if (std::none_of(rank.left.begin(), rank.left.end(), [](bool left) { return left; }))
        refill(rank);
      if (perBank)
        lane.acts.push_back({tick, c}), lane.refPb = tick;
    }
    std::erase_if(lane.acts, [&](const auto &act) { return act.first < tick - 2000 * per && lane.acts.size() > 8; });
    commands.push_back(out);
  }
};

} // namespace garam::test
