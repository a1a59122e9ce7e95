// Routers, ports and ways of a die's mesh as tables: rules N5, N6 and N8 of docs/hardware/machine.md.
//
// Ports are numbered over the die, router by router; both networks have the same ones.
#pragma once

#include "sim/kernel/Topology.h"

#include <vector>

namespace garam::sim {

class MeshLayout {
public:
  struct Input {
    int router, bit; ///< bit: its number at the router
    int upstream;    ///< output that feeds it; -1: an endpoint
  };
  struct Output {
    int firstInput; ///< of its router
    int downstream; ///< input of the next router; -1: an endpoint
    int endpoint;   ///< -1: a router
  };

  MeshLayout(const rt::Chip &chip, int die);

  /// Endpoint of this die at which a packet for `to` leaves the mesh that it entered from endpoint `from`: N8.
  int exitOf(const Endpoint &to, int from) const;
  /// The output that a packet for an endpoint of this die takes at a router.
  int wayOf(int router, int endpoint) const { return ways[size_t(router) * places.size() + size_t(endpoint)]; }

  const Topology topology;
  std::vector<Input> inputs;
  std::vector<Output> outputs;
  std::vector<int> inject; ///< input port of Topology's input number
  std::vector<int> eject;  ///< output port to an endpoint

private:
  void number();
  void link();
  int neighbour(int router, int direction) const;

  const rt::Chip &chip;
  const int die;
  std::vector<int> places;     ///< router of each endpoint
  std::vector<rt::Exit> lanes; ///< to the neighbours
  std::vector<int> firstLane;  ///< endpoint of the first lane to each die that is a neighbour
  std::vector<std::array<int, 4>> directionIn, directionOut; ///< of each router; -1: none
  std::vector<uint16_t> ways;                                ///< router × endpoint
};

} // namespace garam::sim
