#include "tests/twin/units/Switch.h"

#include "tests/twin/units/Machine.h"

#include <algorithm>
#include <cmath>

namespace garam::twin {

Switch::Switch(Machine &machine)
    : machine(machine), up(size_t(machine.chip.topology.dies), 0), down(up),
      num(machine.chip.noc.linkBytes * std::llround(machine.chip.clock.coreMhz * 1e6)),
      den(std::llround(machine.chip.dieToDie.gigabytesPerSecond * 1e9)),
      latency(std::max<int64_t>(1, machine.chip.cyclesOf(machine.chip.dieToDie.latencyNs))) {}

int64_t Switch::send(__int128 &sent, int64_t t, const PacketPtr &packet) const {
  sent = std::max(sent, __int128(t) * den) + __int128(packet->flits) * num;
  return int64_t((sent + den - 1) / den);
}

void Switch::spent(const PacketPtr &packet, int64_t cycle) const {
  if (PacketKind kind = packet->kind;
      kind != PacketKind::Signal && kind != PacketKind::Copy && kind != PacketKind::CopyAnswer)
    packet->burst->mark(uint8_t(rt::Stall::DieToDie), cycle);
}

void Switch::tick(int64_t t) {
  // Up: of one cycle requests first, then by the die that they go to.
  for (int from = 0; from < int(up.size()); ++from)
    for (Network network : {Network::Request, Network::Response})
      for (int to = 0; to < int(up.size()); ++to)
        for (Entry &entry : arrivals)
          if (entry.from == from && entry.packet->network == network && entry.to == to) {
            entry.down = send(up[size_t(from)], t, entry.packet) + latency;
            spent(entry.packet, entry.down);
            waiting.push_back(entry);
          }
  arrivals.clear();
  // Down: of one cycle by the die that they come from.
  for (int from = 0; from < int(up.size()); ++from)
    for (const Entry &entry : waiting)
      if (entry.down == t && entry.from == from) {
        cite(Rule::N10);
        const int64_t there = send(down[size_t(entry.to)], t, entry.packet);
        spent(entry.packet, there);
        machine.mesh(entry.to).inject({EndpointKind::Lane, entry.to, 0, from}, CoreInput::DmaIn, entry.packet, there);
      }
  std::erase_if(waiting, [&](const Entry &entry) { return entry.down == t; });
}

} // namespace garam::twin
