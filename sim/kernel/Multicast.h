// How a memory answers: the response to the core that asked, and a copy to each further target (rule D6).
#pragma once

#include "sim/kernel/Machine.h"
#include "sim/kernel/Unit.h"

namespace garam::sim {

/// Sends the response to `packet`, at the router at `cycle`.
inline void answer(Machine &machine, const OutPort &port, Packet *packet, int64_t cycle) {
  int64_t data = (packet->bytes + machine.chip.noc.linkBytes - 1) / machine.chip.noc.linkBytes;
  packet->respond(data);
  port.send(cycle, payloadOf(packet));
  for (uint64_t rest = packet->targets; rest; rest &= rest - 1) {
    Packet *copy = machine.packets.take();
    *copy = *packet;
    copy->flits = uint16_t(1 + data);
    copy->to.index = int16_t(__builtin_ctzll(rest));
    copy->targets = 0;
    port.send(cycle, payloadOf(copy));
  }
}

} // namespace garam::sim
