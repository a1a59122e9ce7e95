// Rule R1: a bank of a die's shared memory, in order, so many bytes a cycle.
#include "sim/kernel/Multicast.h"
#include "sim/kernel/Registry.h"

#include <algorithm>

namespace garam::sim {
namespace {

class SharedBank : public Unit {
public:
  SharedBank(sc_core::sc_module_name name, const UnitPlace &place) : Unit(name, place.kernel), machine(place.machine) {
    addInput("packetIn", kPacket);
    packetOut = addOutput("packetOut");
  }

  void take(const Message &message) override { arrived = message.as<Packet>(); }

  void decide(int64_t cycle) override {
    const rt::Chip &chip = machine.chip;
    int64_t start = std::max(free, cycle);
    free = start + std::max<int64_t>(1, (arrived->bytes + chip.shared.bytesPerCycle - 1) / chip.shared.bytesPerCycle);
    arrived->mark(rt::Stall::SharedMemory, start);
    arrived->mark(kBusy, free);
    answer(machine, *packetOut, arrived, free);
  }

private:
  enum Port : uint16_t { kPacket };
  Machine &machine;
  Packet *arrived = nullptr; ///< one output of the mesh leads here: one packet a cycle at most
  int64_t free = 0;
  OutPort *packetOut;
};

GARAM_UNIT(SharedBank, "shared_bank");

} // namespace
} // namespace garam::sim
