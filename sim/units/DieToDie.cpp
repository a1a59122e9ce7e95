// Rules N7 and N9: one lane of a link between two dies, one way, both networks on it.
#include "runtime/chip/Placement.h"
#include "sim/kernel/FlitRate.h"
#include "sim/kernel/Registry.h"
#include "sim/kernel/Topology.h"

#include <algorithm>

namespace garam::sim {
namespace {

class DieToDie : public Unit {
public:
  DieToDie(sc_core::sc_module_name name, const UnitPlace &place)
      : Unit(name, place.kernel), rate(place.machine.chip, lanesOf(place)), lane(rate) {
    addInput("packetIn", kPacket);
    packetOut = addOutput("packetOut");
  }

  void take(const Message &message) override { arrived.push_back(message.as<Packet>()); }

  void decide(int64_t cycle) override {
    // One of each network at most; requests first.
    std::sort(arrived.begin(), arrived.end(), [](const Packet *a, const Packet *b) { return a->net() < b->net(); });
    for (Packet *packet : arrived) {
      const int64_t there = lane.send(cycle, packet->flits) + rate.latency;
      packet->mark(rt::Stall::DieToDie, there);
      packetOut->send(there, payloadOf(packet));
    }
    arrived.clear();
  }

private:
  enum Port : uint16_t { kPacket };
  /// Lanes of the link that this one belongs to.
  static int64_t lanesOf(const UnitPlace &place) {
    const rt::Chip &chip = place.machine.chip;
    return rt::lanesBetween(chip, place.die, Topology(chip).lanes(place.die)[size_t(place.index)].neighbour);
  }

  const FlitRate rate;
  FlitQueue lane;
  std::vector<Packet *> arrived;
  OutPort *packetOut;
};

GARAM_UNIT(DieToDie, "die_to_die");

} // namespace
} // namespace garam::sim
