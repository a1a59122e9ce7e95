// Endpoints of a die's mesh: their numbers, routers and inputs. Rules N5 and N6 of docs/hardware/machine.md.
#pragma once

#include "runtime/chip/Placement.h"
#include "sim/kernel/Packet.h"

#include <vector>

namespace garam::sim {

/// Inputs that a core has at its router: one for each unit that sends.
enum class CoreInput : uint8_t { DmaIn, DmaOut, Signal, L1 };
inline constexpr int kCoreInputs = 4;

class Topology {
public:
  explicit Topology(const rt::Chip &chip) : chip(chip) {}

  int cores() const { return int(chip.topology.coresPerDie); }
  int channels() const { return int(chip.dram.channels()); }
  int banks() const { return chip.shared.bytesPerDie ? int(chip.shared.banks) : 0; }
  int routers() const { return int(chip.noc.meshColumns * chip.noc.meshRows); }
  /// Lanes to the neighbours of a die, those to a neighbour together, in the order of `rt::neighboursOf`.
  std::vector<rt::Exit> lanes(int die) const {
    std::vector<rt::Exit> all;
    for (int64_t neighbour : rt::neighboursOf(chip, die))
      for (int64_t lane = 0; lane < rt::lanesBetween(chip, die, neighbour); ++lane)
        all.push_back({neighbour, lane});
    return all;
  }
  /// Number of a lane among those of its die.
  int laneNumber(int die, const rt::Exit &exit) const {
    int number = int(exit.lane);
    for (int64_t neighbour : rt::neighboursOf(chip, die)) {
      if (neighbour == exit.neighbour)
        break;
      number += int(rt::lanesBetween(chip, die, neighbour));
    }
    return number;
  }

  int endpoints(int die) const { return cores() + channels() + banks() + int(lanes(die).size()); }
  int endpoint(EndpointKind kind, int index) const {
    switch (kind) {
    case EndpointKind::Core:
      return index;
    case EndpointKind::Memory:
      return cores() + index;
    case EndpointKind::Shared:
      return cores() + channels() + index;
    case EndpointKind::DieToDie:
      return cores() + channels() + banks() + index;
    }
    return -1;
  }
  EndpointKind kindOf(int endpoint) const {
    return endpoint < cores()                          ? EndpointKind::Core
           : endpoint < cores() + channels()           ? EndpointKind::Memory
           : endpoint < cores() + channels() + banks() ? EndpointKind::Shared
                                                       : EndpointKind::DieToDie;
  }
  int router(int die, int endpoint) const {
    const EndpointKind kind = kindOf(endpoint);
    const int index = endpoint - this->endpoint(kind, 0);
    if (kind == EndpointKind::DieToDie) {
      const rt::Exit lane = lanes(die)[size_t(index)];
      return int(rt::laneRouter(chip, die, lane.neighbour, lane.lane));
    }
    const int count[] = {cores(), channels(), banks()};
    return int(rt::routerOf(chip.noc, index, count[size_t(kind)]));
  }

  /// Inputs of the mesh from endpoints: four for each core, one for each other endpoint.
  int inputs(int die) const { return endpoints(die) + (kCoreInputs - 1) * cores(); }
  int coreInput(int core, CoreInput input) const { return core * kCoreInputs + int(input); }
  int otherInput(int endpoint) const { return endpoint + (kCoreInputs - 1) * cores(); }
  int endpointOfInput(int input) const {
    return input < kCoreInputs * cores() ? input / kCoreInputs : input - (kCoreInputs - 1) * cores();
  }

private:
  const rt::Chip &chip;
};

} // namespace garam::sim
