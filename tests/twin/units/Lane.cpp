#include "tests/twin/units/Lane.h"

#include "tests/twin/units/Machine.h"

#include "runtime/chip/Placement.h"

#include <cmath>
#include <numeric>

namespace garam::twin {

Lane::Lane(Machine &machine, const Endpoint &here) : machine(machine), here(here) {
  const rt::Chip &chip = machine.chip;
  num = chip.noc.linkBytes * rt::lanesBetween(chip, here.die, here.neighbour) * std::llround(chip.clock.coreMhz * 1e6);
  den = std::llround(chip.dieToDie.gigabytesPerSecond * 1e9);
  int64_t common = std::gcd(num, den);
  num /= common, den /= common;
  cite(Rule::M5);
  latency = std::max<int64_t>(1, chip.cyclesOf(chip.dieToDie.latencyNs));
}

void Lane::tick(int64_t t) {
  std::stable_sort(arrivals.begin(), arrivals.end(),
                   [](const Arrival &a, const Arrival &b) { return a.packet->network < b.packet->network; });
  for (const Arrival &arrival : arrivals) {
    cite(Rule::N7), cite(Rule::N9);
    sent = std::max(sent, __int128(arrival.cycle) * den) + __int128(arrival.packet->flits) * num;
    int64_t cycle = int64_t((sent + den - 1) / den) + latency;
    if (PacketKind kind = arrival.packet->kind;
        kind != PacketKind::Signal && kind != PacketKind::Copy && kind != PacketKind::CopyAnswer)
      arrival.packet->burst->mark(uint8_t(rt::Stall::DieToDie), cycle);
    machine.mesh(here.neighbour)
        .inject({EndpointKind::Lane, here.neighbour, here.index, here.die}, CoreInput::DmaIn, arrival.packet, cycle);
  }
  arrivals.clear();
}

} // namespace garam::twin
