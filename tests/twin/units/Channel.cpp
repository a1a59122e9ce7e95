#include "tests/twin/units/Channel.h"

#include "tests/twin/units/Machine.h"

#include "runtime/chip/Placement.h"

namespace garam::twin {

Channel::Channel(Machine &machine, const Endpoint &here)
    : machine(machine), here(here), clock{machine.chip.dram.timing.clockHz}, ticked(machine.chip.dram, here.index) {}

void Channel::take(const PacketPtr &packet, int64_t t) {
  cite(Rule::M4);
  offers.push_back({packet->burst, clock.after(machine.clock.edge(t)) + machine.chip.clock.syncCycles}); // M4
}

/// One clock of the controller.
void Channel::step() {
  const int64_t sync = machine.chip.clock.syncCycles;
  cite(Rule::M1);
  std::vector<sim::MemoryBurst> arriving;
  if (!offers.empty() && offers.front().clock <= nextClock) { // H1
    const BurstPtr &burst = offers.front().burst;
    int64_t offset = rt::hbmPlace(machine.chip, burst->write ? burst->dst : burst->src).offset;
    sim::MemoryBurst asked{lastId + 1, burst->write, rt::channelPlace(machine.chip.dram, offset).offset, burst->bytes,
                           nextClock};
    cite(Rule::H1);
    if (ticked.canAccept(asked)) {
      cite(Rule::H2);
      inside[++lastId] = burst;
      arriving.push_back(asked);
      freed.push_back(machine.clock.after(clock.edge(nextClock)) + sync);
      offers.pop_front();
    }
  }
  for (int64_t i = 0; i < machine.chip.dram.timing.rowEdgesPerClock; ++i)
    ticked.step(i == 0 ? arriving : std::vector<sim::MemoryBurst>{});
  for (; reported < ticked.done.size(); ++reported) { // H3
    cite(Rule::H3);
    const sim::BurstTimes &times = ticked.done[reported];
    BurstPtr burst = inside.at(times.id);
    inside.erase(times.id);
    int64_t cycle = machine.clock.after(clock.edge(times.done)) + sync;
    // C4: one cause after the other; a clock becomes a cycle at its end.
    int64_t at = times.arrival;
    auto mark = [&](uint8_t cause, int64_t clocks) {
      burst->mark(cause, std::min(machine.clock.from(clock.edge(at += clocks)), cycle));
    };
    mark(uint8_t(rt::Stall::MemoryQueue), times.memoryQueue);
    mark(uint8_t(rt::Stall::RowMiss), times.rowMiss);
    mark(uint8_t(rt::Stall::Refresh), times.refresh);
    mark(uint8_t(rt::Stall::Turnaround), times.turnaround);
    mark(kBusy, times.transfer);
    burst->mark(uint8_t(rt::Stall::Noc), cycle);
    machine.respond(here, burst, cycle);
  }
  ++nextClock;
}

void Channel::tick(int64_t t) {
  while (clock.edge(nextClock) <= machine.clock.edge(t))
    step();
  for (size_t i = 0; i < freed.size();)
    if (freed[i] <= t) {
      machine.mesh(here.die).freeSlot(here.index);
      freed.erase(freed.begin() + long(i));
    } else {
      ++i;
    }
}

} // namespace garam::twin
