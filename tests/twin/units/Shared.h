// A bank of shared memory: rule R1.
#pragma once

#include "tests/twin/units/Packet.h"

namespace garam::twin {

class Machine;

class SharedBank {
public:
  SharedBank(Machine &machine, const Endpoint &here) : machine(machine), here(here) {}
  void take(const PacketPtr &packet, int64_t t);
  void tick(int64_t t);

private:
  struct Service {
    BurstPtr burst;
    int64_t until;
  };
  Machine &machine;
  const Endpoint here;
  std::deque<Service> services;
};

} // namespace garam::twin
