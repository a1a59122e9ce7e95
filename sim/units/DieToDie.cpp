// Rules N7 and N9: one lane of a link between two dies, one way, both networks on it.
#include "runtime/chip/Placement.h"
#include "sim/kernel/Registry.h"
#include "sim/kernel/Topology.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace garam::sim {
namespace {

class DieToDie : public Unit {
public:
  DieToDie(sc_core::sc_module_name name, const UnitPlace &place) : Unit(name, place.kernel) {
    const rt::Chip &chip = place.machine.chip;
    const rt::Exit lane = Topology(chip).lanes(place.die)[size_t(place.index)];
    // Cycles of a flit, as a fraction: bytes of a flit · lanes · cycles per second / bytes per second of the link.
    const int64_t lanes = rt::lanesBetween(chip.noc, place.die, lane.neighbour);
    const int64_t over = chip.noc.linkBytes * lanes * std::llround(chip.clock.coreMhz * 1e6);
    const int64_t under = std::llround(chip.dieToDie.gigabytesPerSecond * 1e9), common = std::gcd(over, under);
    flit = over / common;
    unit = under / common;
    latency = std::max<int64_t>(1, chip.cyclesOf(chip.dieToDie.latencyNs));
    addInput("packetIn", kPacket);
    packetOut = addOutput("packetOut");
  }

  void take(const Message &message) override { arrived.push_back(message.as<Packet>()); }

  void decide(int64_t cycle) override {
    // One of each network at most; requests first.
    std::sort(arrived.begin(), arrived.end(), [](const Packet *a, const Packet *b) { return a->net() < b->net(); });
    for (Packet *packet : arrived) {
      if (free < cycle) {
        free = cycle;
        part = 0;
      }
      part += packet->flits * flit;
      free += part / unit;
      part %= unit;
      const int64_t there = free + (part > 0) + latency;
      packet->mark(rt::Stall::DieToDie, there);
      packetOut->send(there, payloadOf(packet));
    }
    arrived.clear();
  }

private:
  enum Port : uint16_t { kPacket };
  int64_t flit, unit; ///< a flit takes flit / unit cycles
  int64_t latency;
  int64_t free = 0, part = 0; ///< the lane is free at free + part / unit
  std::vector<Packet *> arrived;
  OutPort *packetOut;
};

GARAM_UNIT(DieToDie, "die_to_die");

} // namespace
} // namespace garam::sim
