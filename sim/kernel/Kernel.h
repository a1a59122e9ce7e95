// One SC_METHOD that drives the wheel: at each tick every unit takes all its messages, then decides once: rules M2 and
// M3.
#pragma once

#include "sim/kernel/Clock.h"
#include "sim/kernel/Wheel.h"

#include <systemc>

#include <exception>
#include <limits>
#include <vector>

namespace garam::sim {

class Unit;

class Kernel : public sc_core::sc_module {
public:
  Kernel(sc_core::sc_module_name name, const Clock &coreClock);

  /// Number under which messages reach the unit.
  uint32_t enroll(Unit &unit);
  const std::vector<Unit *> &units() const { return all; }

  void post(Tick tick, const Message &message) {
    wheel.post(tick, message);
    // A message from outside (set-up, or a foreign module's process) may be earlier than what is awaited.
    if (!running && (armed < 0 || tick < armed))
      arm();
  }
  Tick now() const { return current; }
  int64_t cycle() const { return cycleOf(current); }
  const Clock &clock() const { return coreClock; }

  /// No process but the kernel's takes part: it goes on without returning to SystemC, whose time then stands still.
  void runAlone() { alone = true; }
  /// A simulation that goes on beyond the cycle ends with an rt::Error (Undefined).
  void limit(int64_t cycle) { last = cycle; }
  /// Ends the simulation after this tick.
  void stop() { stopped = true; }
  bool isStopped() const { return stopped; }
  /// What a unit threw; null if none did.
  std::exception_ptr failure() const { return thrown; }
  uint64_t messages() const { return delivered; }

private:
  void step();
  void dispatch(Tick tick);
  void arm();

  const Clock coreClock;
  Wheel wheel;
  std::vector<Unit *> all;
  std::vector<Unit *> deciding;
  sc_core::sc_event wake;
  Tick current = -1;
  int64_t last = std::numeric_limits<int64_t>::max();
  Tick armed = -1; ///< tick of the pending notification of `wake`, -1: none
  bool running = false, stopped = false, alone = false;
  uint64_t delivered = 0;
  std::exception_ptr thrown;
};

} // namespace garam::sim
