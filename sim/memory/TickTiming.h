// The timings of a preset as distances between the first edges of two commands, in ticks. A tick is the distance
// between two edges of the row bus; all commands but precharges start on whole clocks. Rules MT1, MT2 and MR5 of
// docs/hardware/memory.md.
#pragma once

#include "runtime/chip/Dram.h"

#include <algorithm>
#include <cstdint>

namespace garam::sim {

struct TickTiming {
  int64_t perClock;
  int perClockBits; ///< perClock is 1 or 2
  bool sharedBus;
  int64_t actTicks, preTicks, refTicks; ///< on the command bus; a column command takes perClock
  int64_t actRd, actWr, actPre, actAct, actRef, preAct, preRef, rdPre, wrPre, rdaAct, wraAct, rdaRef, wraRef;
  int64_t ccdS, ccdL, ccdR, rtw, wtrS, wtrL, rrdS, rrdL, faw, actRefPb, ppd;
  int64_t refActAb, refActPb, refRefAb, refRefPb, rrefdAct, rrefdRef;
  int64_t readDone, writeDone; ///< column command to the end of its data
  int64_t interval;            ///< between two refreshes of a stack id, in the mode of the chip

  int64_t clock(int64_t tick) const { return tick >> perClockBits; }
  int64_t clockUp(int64_t tick) const { return (tick + perClock - 1) >> perClockBits; }
  /// The first rising edge of the clock at `tick` or after it.
  int64_t rising(int64_t tick) const { return (tick + perClock - 1) & -perClock; }
  bool isRising(int64_t tick) const { return !(tick & (perClock - 1)); }

  explicit TickTiming(const rt::DramParams &dram) {
    const rt::DramTiming &t = dram.timing;
    perClock = t.rowEdgesPerClock;
    perClockBits = int(perClock - 1);
    sharedBus = t.sharedCommandBus;
    actTicks = t.actEdges, preTicks = t.preEdges, refTicks = t.refEdges;
    // A timing holds between the first edges and between the last edges of the two commands.
    auto gap = [&](int64_t clocks, int64_t from, int64_t to) {
      return clocks * perClock + std::max<int64_t>(0, from - to);
    };
    int64_t col = perClock, writeEnd = t.cwl + t.accessClocks;
    actRd = gap(t.rcdRead, actTicks, col), actWr = gap(t.rcdWrite, actTicks, col);
    // No activate is paired with a precharge of its bank (MR5).
    actPre = std::max(gap(t.ras, actTicks, preTicks), rising(actTicks));
    actAct = gap(t.rc, actTicks, actTicks), actRef = gap(t.rc, actTicks, refTicks);
    preAct = gap(t.rp, preTicks, actTicks), preRef = gap(t.rp, preTicks, refTicks);
    rdPre = gap(t.rtp, col, preTicks), wrPre = gap(writeEnd + t.wr, col, preTicks);
    rdaAct = gap(t.rtp + t.rp, col, actTicks), wraAct = gap(writeEnd + t.wr + t.rp, col, actTicks);
    rdaRef = gap(t.rtp + t.rp, col, refTicks), wraRef = gap(writeEnd + t.wr + t.rp, col, refTicks);
    ccdS = t.ccdS * perClock, ccdL = t.ccdL * perClock, ccdR = t.ccdR * perClock, rtw = t.rtw * perClock;
    wtrS = (writeEnd + t.wtrS) * perClock, wtrL = (writeEnd + t.wtrL) * perClock;
    rrdS = t.rrdS * perClock, rrdL = t.rrdL * perClock, faw = t.faw * perClock, ppd = t.ppd * perClock;
    actRefPb = std::max<int64_t>(0, actTicks - refTicks); // added where a per-bank refresh follows an activate
    refActAb = gap(t.rfcAb, refTicks, actTicks), refActPb = gap(t.rfcPb, refTicks, actTicks);
    refRefAb = gap(t.rfcAb, refTicks, refTicks), refRefPb = gap(t.rfcPb, refTicks, refTicks);
    rrefdAct = gap(t.rrefd, refTicks, actTicks), rrefdRef = gap(t.rrefd, refTicks, refTicks);
    readDone = (t.cl + t.accessClocks) * perClock, writeDone = writeEnd * perClock;
    interval = t.refi * perClock / (dram.refresh == rt::RefreshMode::PerBank ? t.banks() : 1);
  }
};

} // namespace garam::sim
