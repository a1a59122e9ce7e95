// What an L1 does for others: arrivals, reads and writes of other cores (A5, A6), answers to copies (D6).
#pragma once

#include "tests/twin/units/Banks.h"
#include "tests/twin/units/Packet.h"

namespace garam::twin {

struct Core;
class Machine;

class L1Port {
public:
  L1Port(Machine &machine, Core &core) : machine(machine), core(core) {}
  /// A packet with data for this L1 whose head arrives in a cycle.
  void expect(const PacketPtr &packet, int64_t head) { incoming.push_back({packet->l1Offset, packet->l1Bytes, head}); }
  /// A packet has arrived.
  void take(const PacketPtr &packet, int64_t t);
  /// Banks of the flits that land in a cycle.
  void land(TakenBanks &taken, int64_t t);

private:
  struct Incoming {
    int64_t offset, bytes, head;
  };
  Machine &machine;
  Core &core;
  std::vector<Incoming> incoming;
  int64_t free = 0; ///< all reads so far are served
};

} // namespace garam::twin
