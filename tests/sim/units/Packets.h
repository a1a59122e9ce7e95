// Packets for tests of units that carry them.
#pragma once

#include "UnitFixture.h"

namespace garam::test {

using Cycles = std::vector<int64_t>;
using sim::EndpointKind;
using sim::PacketKind;

inline sim::Packet *packetOf(sim::Machine &machine, int64_t cycle, int flits, PacketKind kind, sim::Endpoint to = {}) {
  sim::Packet *packet = machine.packets.take();
  *packet = {};
  packet->kind = kind;
  packet->flits = uint16_t(flits);
  packet->to = to;
  packet->issued = cycle;
  return packet;
}

} // namespace garam::test
