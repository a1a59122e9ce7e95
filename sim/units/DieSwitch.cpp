// Rule N10: the links of all dies to a switch and back.
#include "sim/kernel/FlitRate.h"
#include "sim/kernel/Packet.h"
#include "sim/kernel/Registry.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace garam::sim {
namespace {

class DieSwitch : public Unit {
public:
  DieSwitch(sc_core::sc_module_name name, const UnitPlace &place)
      : Unit(name, place.kernel), dies(int(place.machine.chip.topology.dies)), rate(place.machine.chip, 1),
        up(size_t(dies), FlitQueue(rate)), down(size_t(dies), FlitQueue(rate)) {
    addInput("packetIn", kPacket); // lane: the die that it comes from
    for (int to = 0; to < dies; ++to)
      for (int from = 0; from < dies; ++from)
        out.push_back(to == from ? nullptr : addOutput(fmt::format("die{}.from{}Out", to, from)));
  }

  void take(const Message &message) override {
    if (message.port == kPacket)
      arrived.push_back({int(message.lane), message.as<Packet>()});
  }

  void decide(int64_t cycle) override {
    // Requests first, then by the die that they go to; what was asked for earlier goes first among those.
    std::stable_sort(arrived.begin(), arrived.end(), [](const Arrival &a, const Arrival &b) {
      return std::tuple(a.from, a.packet->net(), a.packet->to.die) <
             std::tuple(b.from, b.packet->net(), b.packet->to.die);
    });
    for (const Arrival &arrival : arrived) {
      const int64_t there = up[size_t(arrival.from)].send(cycle, arrival.packet->flits) + rate.latency;
      arrival.packet->mark(rt::Stall::DieToDie, there);
      if (std::vector<Arrival> &due = inside[there]; due.empty())
        wakeAt(risingTick(there), kWake);
      inside[there].push_back(arrival);
    }
    arrived.clear();
    const auto due = inside.find(cycle);
    if (due == inside.end())
      return;
    // Of one cycle by the die that they come from; each link has kept its order.
    std::stable_sort(due->second.begin(), due->second.end(),
                     [](const Arrival &a, const Arrival &b) { return a.from < b.from; });
    for (const Arrival &arrival : due->second) {
      const int to = arrival.packet->to.die;
      const int64_t there = down[size_t(to)].send(cycle, arrival.packet->flits);
      arrival.packet->mark(rt::Stall::DieToDie, there);
      out[size_t(to * dies + arrival.from)]->send(there, payloadOf(arrival.packet));
    }
    inside.erase(due);
  }

  std::string waitingFor() const override {
    return inside.empty() ? std::string() : fmt::format("packets of {} cycles are inside", inside.size());
  }

private:
  enum Port : uint16_t { kPacket, kWake };
  struct Arrival {
    int from;
    Packet *packet;
  };
  const int dies;
  const FlitRate rate;
  std::vector<FlitQueue> up, down; ///< links to the switch and from it, by die
  std::vector<Arrival> arrived;
  std::map<int64_t, std::vector<Arrival>> inside; ///< by the cycle at which the way down may begin
  std::vector<OutPort *> out;                     ///< to · dies + from
};

GARAM_UNIT(DieSwitch, "die_switch");

} // namespace
} // namespace garam::sim
