#include "sim/kernel/Kernel.h"

#include "sim/kernel/Unit.h"

namespace garam::sim {

Kernel::Kernel(sc_core::sc_module_name name, const Clock &coreClock) : sc_module(name), coreClock(coreClock) {
  SC_HAS_PROCESS(Kernel);
  SC_METHOD(step);
  sensitive << wake;
  dont_initialize();
}

uint32_t Kernel::enroll(Unit &unit) {
  all.push_back(&unit);
  return uint32_t(all.size() - 1);
}

void Kernel::arm() {
  Tick tick;
  if (!wheel.peek(tick)) {
    armed = -1;
    return;
  }
  armed = tick;
  int64_t nowFs = sc_core::sc_time_stamp().value(), at = coreClock.edge(cycleOf(tick));
  wake.notify(sc_core::sc_time::from_value(sc_dt::uint64(at > nowFs ? at - nowFs : 0)));
}

void Kernel::step() {
  running = true;
  try {
    Tick tick = armed;
    bool more = true;
    do {
      // Both ticks of a cycle in one activation: the falling edge has no meaning outside.
      const int64_t cycle = cycleOf(tick);
      if (cycle > last)
        throw rt::Error(rt::ErrorKind::Undefined, fmt::format("cycle {}", cycle), "the program has not ended",
                        fmt::format("this run has at most {} cycles", last));
      while (!stopped && (more = wheel.peek(tick)) && cycleOf(tick) == cycle)
        dispatch(tick);
    } while (alone && more && !stopped);
  } catch (...) {
    thrown = std::current_exception();
    stopped = true;
  }
  running = false;
  if (!stopped)
    arm();
}

void Kernel::dispatch(Tick tick) {
  current = tick;
  wheel.drain(tick, [&](const Message &message) {
    Unit *unit = all[message.unit];
    ++delivered;
    unit->take(message);
    if (unit->marked != tick) {
      unit->marked = tick;
      deciding.push_back(unit);
    }
  });
  for (Unit *unit : deciding)
    unit->decide(cycleOf(tick));
  deciding.clear();
}

} // namespace garam::sim
