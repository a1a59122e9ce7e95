// Where the cycles of one engine went. Every cycle is handed out once, in order, to a cause that was found, never by
// subtraction: rules C1 and C5 of docs/hardware/machine.md.
#pragma once

#include "runtime/device/Device.h"

#include <cassert>

namespace garam::sim {

class Account {
public:
  rt::EngineCounters counters;

  /// [until, cycle) was busy.
  void busy(int64_t cycle) {
    settle();
    counters.busy += advance(cycle);
  }
  /// [until, cycle) was stalled.
  void stall(rt::Stall cause, int64_t cycle) {
    if (cycle > until && cause != rt::Stall::Launch && cause != rt::Stall::Fetch)
      settle();
    counters.stalls[size_t(cause)] += advance(cycle);
  }
  /// [until, cycle) had nothing in the queue: a stall if another instruction comes, else idle. A signal that nothing
  /// waits for may have come in after `cycle`, the begin of the next launch or the end of the run: what it made known
  /// is taken back.
  void empty(int64_t cycle) {
    pending += cycle - until;
    until = cycle;
  }
  /// An instruction has come: what was pending is known.
  void instruction() {
    settle();
    ++counters.instructions;
  }
  void finish(int64_t cycle) {
    empty(cycle);
    counters.idle += pending;
    pending = 0;
  }
  int64_t accounted() const { return until; }

private:
  int64_t until = 0, pending = 0;

  int64_t advance(int64_t cycle) {
    assert(cycle >= until);
    int64_t cycles = cycle - until;
    until = cycle;
    return cycles;
  }
  void settle() {
    (counters.instructions ? counters.stalls[size_t(rt::Stall::QueueEmpty)] : counters.idle) += pending;
    pending = 0;
  }
};

} // namespace garam::sim
