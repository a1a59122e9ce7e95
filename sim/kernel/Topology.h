// Endpoints of a die's mesh: their numbers, routers and inputs. Rule N3 of docs/hardware/machine.md.
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
  /// Neighbours of a die, by port: the one in x, then those in y. Dies stand in rows of two.
  std::vector<int> neighbours(int die) const {
    std::vector<int> found;
    for (int other : {die ^ 1, die - 2, die + 2})
      if (other >= 0 && other < chip.topology.dies)
        found.push_back(other);
    return found;
  }
  /// Port of `die` through which a packet for another die leaves: x first.
  int portTowards(int die, int target) const {
    int next = (die ^ target) & 1 ? die ^ 1 : target > die ? die + 2 : die - 2;
    // A row that is not full has no way in x: y first.
    if (next >= chip.topology.dies)
      next = die - 2;
    std::vector<int> all = neighbours(die);
    for (size_t port = 0; port < all.size(); ++port)
      if (all[port] == next)
        return int(port);
    return -1;
  }

  int endpoints(int die) const { return cores() + channels() + banks() + int(neighbours(die).size()); }
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
    return endpoint < cores()                         ? EndpointKind::Core
           : endpoint < cores() + channels()           ? EndpointKind::Memory
           : endpoint < cores() + channels() + banks() ? EndpointKind::Shared
                                                       : EndpointKind::DieToDie;
  }
  int router(int die, int endpoint) const {
    EndpointKind kind = kindOf(endpoint);
    int64_t count[] = {cores(), channels(), banks(), int64_t(neighbours(die).size())};
    int64_t index = endpoint - this->endpoint(kind, 0);
    int at = int(rt::routerOf(chip.noc, index, count[size_t(kind)])), columns = int(chip.noc.meshColumns);
    // Each row is turned by its number, so that endpoints in steps of a row's fraction do not share a few columns.
    int row = at / columns;
    return row * columns + (at + row) % columns;
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

}  // namespace garam::sim
