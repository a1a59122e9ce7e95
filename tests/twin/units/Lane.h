// A lane between two dies: rule N9.
#pragma once

#include "tests/twin/units/Packet.h"

namespace garam::twin {

class Machine;

class Lane {
public:
  Lane(Machine &machine, const Endpoint &here);
  void take(const PacketPtr &packet, int64_t t) { arrivals.push_back({packet, t}); }
  /// What arrived in cycle t is sent, requests first.
  void tick(int64_t t);

private:
  struct Arrival {
    PacketPtr packet;
    int64_t cycle;
  };
  Machine &machine;
  const Endpoint here;
  std::vector<Arrival> arrivals;
  __int128 sent = 0;        ///< T of the packet before, in 1/den cycles
  int64_t num = 0, den = 1; ///< q
  int64_t latency = 1;
};

} // namespace garam::twin
