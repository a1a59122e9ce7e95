// Rule N7: one direction of a link between two dies, both networks on it.
#include "sim/kernel/Registry.h"

#include <algorithm>
#include <cmath>

namespace garam::sim {
namespace {

class DieToDie : public Unit {
public:
  DieToDie(sc_core::sc_module_name name, const UnitPlace &place) : Unit(name, place.kernel) {
    const rt::Chip &chip = place.machine.chip;
    if (chip.dieToDie.gigabytesPerSecond <= 0)
      throw rt::inputError(chip.path, "die_to_die.gigabytes_per_second: 0 with more than one die", "above 0");
    double bytesPerCycle = chip.dieToDie.gigabytesPerSecond * 1e3 / chip.clock.coreMhz;
    flitCycles = std::max<int64_t>(1, int64_t(std::ceil(double(chip.noc.linkBytes) / bytesPerCycle)));
    latency = std::max<int64_t>(1, chip.cyclesOf(chip.dieToDie.latencyNs));
    addInput("packetIn", kPacket);
    packetOut = addOutput("packetOut");
  }

  void take(const Message &message) override { arrived.push_back(message.as<Packet>()); }

  void decide(int64_t cycle) override {
    // One of each network at most; requests first.
    std::sort(arrived.begin(), arrived.end(), [](const Packet *a, const Packet *b) { return a->net() < b->net(); });
    for (Packet *packet : arrived) {
      free = std::max(free, cycle) + packet->flits * flitCycles;
      packet->mark(rt::Stall::DieToDie, free + latency);
      packetOut->send(free + latency, payloadOf(packet));
    }
    arrived.clear();
  }

private:
  enum Port : uint16_t { kPacket };
  int64_t flitCycles, latency, free = 0;
  std::vector<Packet *> arrived;
  OutPort *packetOut;
};

GARAM_UNIT(DieToDie, "die_to_die");

} // namespace
} // namespace garam::sim
