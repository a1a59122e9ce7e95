// Rules A1 to A4: the L1 of a core as others see it: requests that come through the NoC.
#include "sim/kernel/Multicast.h"
#include "sim/kernel/Registry.h"

#include <algorithm>

namespace garam::sim {
namespace {

class L1 : public Unit {
public:
  L1(sc_core::sc_module_name name, const UnitPlace &place) : Unit(name, place.kernel), machine(place.machine) {
    addInput("requestIn", kRequest);
    packetOut = addOutput("packetOut");
  }

  void take(const Message &message) override { arrived = message.as<Packet>(); }

  void decide(int64_t cycle) override {
    if (arrived->write)
      return answer(machine, *packetOut, arrived, cycle + 1);
    int64_t start = std::max(free, cycle);
    free = start + (arrived->bytes + machine.chip.noc.linkBytes - 1) / machine.chip.noc.linkBytes;
    arrived->mark(rt::Stall::OperandL1, start);
    arrived->mark(kBusy, free);
    answer(machine, *packetOut, arrived, free);
  }

private:
  enum Port : uint16_t { kRequest };
  Machine &machine;
  Packet *arrived = nullptr;  ///< one output of the mesh leads here: one packet a cycle at most
  int64_t free = 0;
  OutPort *packetOut;
};

GARAM_UNIT(L1, "l1");

} // namespace
} // namespace garam::sim
