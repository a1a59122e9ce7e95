// What the ticked controller may issue at a tick: the timings between commands, looked up in all that has happened.
#pragma once

#include "TickedState.h"

#include <algorithm>
#include <set>
#include <vector>

namespace garam::test {

using rt::DramCell;
using ticked::kLongAgo;

class TickedRules {
protected:
  using Bank = ticked::Bank;
  using Rank = ticked::Rank;
  using Entry = ticked::Entry;
  using Queue = ticked::Queue;
  using Column = ticked::Column;
  using Lane = ticked::Lane;

  explicit TickedRules(const rt::DramParams &dram)
      : dram(dram), t(dram.timing), per(t.rowEdgesPerClock), perBank(dram.refresh == rt::RefreshMode::PerBank),
        lanes(dram.pseudoChannels) {}

  const rt::DramParams dram;
  const rt::DramTiming t;
  const int64_t per;
  const bool perBank;
  std::vector<Lane> lanes;
  std::set<int64_t> booked; ///< clocks of the column bus
  int64_t tick = 0, rowFree = 0;
  ticked::RowCommand lastRow;

  Bank &bankOf(Lane &lane, const DramCell &c) {
    return lane.ranks[c.stackId].banks[c.bank * t.bankGroups + c.bankGroup];
  }
  int64_t gap(int64_t clocks, int64_t from, int64_t to) const { return clocks * per + std::max<int64_t>(0, from - to); }

  bool uses(const Entry &e, int rank, int bank) const {
    return std::any_of(e.cells.begin(), e.cells.end(), [&](const DramCell &c) {
      return c.stackId == rank && c.bank * t.bankGroups + c.bankGroup == bank;
    });
  }

  /// Clocks for which a refresh takes a bank away.
  int64_t awayClocks() const {
    return t.rp + (dram.refresh == rt::RefreshMode::AllBank ? t.rfcAb : t.rfcPb) + std::max(t.rcdRead, t.rcdWrite);
  }

  // --- columns ------------------------------------------------------------------------------------------------------

  bool columnLegal(const Lane &lane, int64_t at, bool write, const DramCell &c) const {
    int64_t dataEnd = (t.cwl + t.accessClocks) * per;
    for (const Column &o : lane.columns) {
      bool group = o.cell.stackId == c.stackId && o.cell.bankGroup == c.bankGroup;
      int64_t need;
      if (o.write == write)
        need = (group ? t.ccdL : o.cell.stackId != c.stackId ? t.ccdR : t.ccdS) * per;
      else
        need = write ? t.rtw * per : dataEnd + (group ? t.wtrL : t.wtrS) * per;
      // The stack ids keep their distance from whatever column came before.
      if (o.cell.stackId != c.stackId && &o == &lane.columns.back())
        need = std::max(need, t.ccdR * per);
      if (at < o.tick + need)
        return false;
    }
    return !booked.count(at / per);
  }

  bool rowsOpen(Lane &lane, const Entry &e) {
    return std::all_of(e.cells.begin(), e.cells.end(), [&](const DramCell &c) { return bankOf(lane, c).row == c.row; });
  }
  bool takenAny(Lane &lane, const Entry &e) {
    return std::any_of(e.cells.begin(), e.cells.end(), [&](const DramCell &c) { return bankOf(lane, c).taken; });
  }
  int64_t opened(Lane &lane, const Entry &e) {
    int64_t ready = kLongAgo;
    for (const DramCell &c : e.cells)
      ready = std::max(ready, bankOf(lane, c).act + gap(e.burst.write ? t.rcdWrite : t.rcdRead, t.actEdges, per));
    return ready;
  }
  bool starving(const Queue &queue) const {
    return !queue.entries.empty() &&
           queue.arrived - queue.entries.front().number - int64_t(queue.entries.size()) >= dram.starvationLimit;
  }

  bool wantedRow(Lane &lane, const DramCell &c) {
    for (Queue &queue : lane.queue)
      for (Entry &e : queue.entries)
        for (DramCell &o : e.cells)
          if (o.stackId == c.stackId && o.bank == c.bank && o.bankGroup == c.bankGroup && o.row == c.row)
            return true;
    return false;
  }

  // --- row commands -------------------------------------------------------------------------------------------------

  bool busFree(int64_t length) const {
    if (tick < rowFree)
      return false;
    for (int64_t slot = tick; t.sharedCommandBus && slot < tick + length; ++slot)
      if (booked.count(slot))
        return false;
    return true;
  }
  bool rising() const { return tick % per == 0; }
  /// The precharge of the bank, or of all (-1), would be paired with a command that it must not follow at once.
  bool badPair(const Lane &lane, int rank, int bank) const {
    const bool paired = !rising() && lastRow.tick % per == 0 && tick == lastRow.tick + lastRow.length;
    if (!paired || &lanes[lastRow.lane] != &lane)
      return false;
    cite(Rule::MR5);
    return bank < 0 || lastRow.bank < 0 || (lastRow.rank == rank && lastRow.bank == bank);
  }
  bool preLegal(const Lane &lane, const Bank &b) const {
    int64_t end = t.cwl + t.accessClocks + t.wr;
    return tick >= b.act + gap(t.ras, t.actEdges, t.preEdges) && tick >= b.rd + gap(t.rtp, per, t.preEdges) &&
           tick >= b.wr + gap(end, per, t.preEdges) && tick >= lane.pre + t.ppd * per && busFree(t.preEdges);
  }
  /// Of an activate, or of a refresh of `edges` on the bus: the bank is closed and has recovered.
  bool bankRested(const Bank &b, int64_t edges) const {
    int64_t end = t.cwl + t.accessClocks + t.wr;
    return b.row < 0 && tick >= b.act + gap(t.rc, t.actEdges, edges) && tick >= b.pre + gap(t.rp, t.preEdges, edges) &&
           tick >= b.rda + gap(t.rtp + t.rp, per, edges) && tick >= b.wra + gap(end + t.rp, per, edges) &&
           tick >= b.refAb + gap(t.rfcAb, t.refEdges, edges) && tick >= b.refPb + gap(t.rfcPb, t.refEdges, edges);
  }
  /// A per-bank refresh counts as an activate towards tRRD and tFAW.
  bool activatesRested(const Lane &lane, const DramCell &c, bool refresh) const {
    int64_t extra = refresh ? std::max<int64_t>(0, t.actEdges - t.refEdges) : 0;
    for (size_t i = 0; i < lane.acts.size(); ++i) {
      const auto &[at, o] = lane.acts[i];
      bool group = o.stackId == c.stackId && o.bankGroup == c.bankGroup;
      if (tick < at + (group ? t.rrdL : t.rrdS) * per + extra ||
          (i + 4 == lane.acts.size() && tick < at + t.faw * per + extra))
        return false;
    }
    return tick >= lane.refPb + gap(t.rrefd, t.refEdges, refresh ? t.refEdges : t.actEdges);
  }

  bool barred(Lane &lane, Queue &queue, size_t index, int r, int bank) {
    if (index == 0 && starving(queue))
      return false;
    for (size_t i = 0; i < queue.entries.size(); ++i) {
      Entry &o = queue.entries[i];
      bool hits = false;
      for (const DramCell &c : o.cells)
        hits |= c.stackId == r && c.bank * t.bankGroups + c.bankGroup == bank && c.row == lane.ranks[r].banks[bank].row;
      if (hits && (i < index || rowsOpen(lane, o))) {
        cite(Rule::MR3);
        return true;
      }
    }
    return false;
  }
};

} // namespace garam::test
