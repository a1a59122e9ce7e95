// The mesh of a die in both networks: rules N1 to N6.
#pragma once

#include "tests/twin/units/Packet.h"

#include <map>
#include <utility>

namespace garam::twin {

class Machine;

class Mesh {
public:
  Mesh(Machine &machine, int die);
  /// A packet is at the router of an endpoint, in the endpoint's own queue, from a cycle on. `part`: which queue of a
  /// core.
  void inject(const Endpoint &from, CoreInput part, const PacketPtr &packet, int64_t cycle);
  /// Router at which an endpoint stands (N6, N7).
  int routerOf(const Endpoint &endpoint) const { return places.at(endpoint); }
  /// Grants of cycle t (N2).
  void tick(int64_t t);
  /// A slot of a memory channel is free again (H1).
  void freeSlot(int channel) { ++memorySlots.at(size_t(channel)); }

private:
  struct Entry {
    PacketPtr packet;
    int64_t head; ///< cycle in which its head is there
    int64_t granted = -1;
  };
  struct Input {
    std::deque<Entry> entries; ///< until the tail has left
    bool bounded = false;
  };
  struct Output {
    int router = -1, input = -1; ///< of the next router, or
    Endpoint endpoint{};         ///< what stands here
    int64_t freeFrom = 0;
    size_t next = 0; ///< input served first
  };
  struct Router {
    std::vector<Input> inputs;
    std::vector<Output> outputs;
  };
  Machine &machine;
  const int die;
  std::map<Endpoint, int> places;
  std::map<std::pair<Endpoint, int>, int> ownInput; ///< input at its router, by part
  std::vector<Router> networks[2];
  std::vector<int64_t> memorySlots;

  void build();
  size_t outputOf(const std::vector<Router> &routers, int router, const PacketPtr &packet) const;
  bool room(const std::vector<Router> &routers, const Output &output) const;
  void grant(std::vector<Router> &routers, Router &router, Output &output, size_t input, int64_t t);
};

} // namespace garam::twin
