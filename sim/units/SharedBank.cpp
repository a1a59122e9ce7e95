// Rule R1: a bank of a die's shared memory, in order, so many bytes a cycle.
#include "sim/kernel/Multicast.h"
#include "sim/kernel/Registry.h"

#include <algorithm>

namespace garam::sim {
namespace {

class SharedBank : public Unit {
public:
  SharedBank(sc_core::sc_module_name name, const UnitPlace &place) : Unit(name, place.kernel), machine(place.machine) {
    addInput("packetIn", kPacket, Edge::Rising, Delivery::Ahead);
    packetOut = addOutput("packetOut");
  }

  /// One output of the mesh leads here, so packets come in the order of their cycles.
  void foresee(const Message &message, int64_t cycle) override {
    Packet *packet = message.as<Packet>();
    const rt::Chip &chip = machine.chip;
    int64_t start = std::max(free, cycle);
    free = start + std::max<int64_t>(1, (packet->bytes + chip.shared.bytesPerCycle - 1) / chip.shared.bytesPerCycle);
    packet->mark(rt::Stall::SharedMemory, start);
    packet->mark(kBusy, free);
    answer(machine, *packetOut, packet, free);
  }

  void take(const Message &) override {}
  void decide(int64_t) override {}

private:
  enum Port : uint16_t { kPacket };
  Machine &machine;
  int64_t free = 0;
  OutPort *packetOut;
};

GARAM_UNIT(SharedBank, "shared_bank");

} // namespace
} // namespace garam::sim
