#include "sim/kernel/MeshLayout.h"

#include <cassert>

namespace garam::sim {

MeshLayout::MeshLayout(const rt::Chip &chip, int die)
    : topology(chip), chip(chip), die(die), lanes(topology.lanes(die)), firstLane(size_t(chip.topology.dies)) {
  for (int end = 0; end < topology.endpoints(die); ++end)
    places.push_back(topology.router(die, end));
  for (int i = int(lanes.size()) - 1; i >= 0; --i)
    firstLane[size_t(lanes[size_t(i)].neighbour)] = topology.endpoint(EndpointKind::DieToDie, i);
  number();
  link();
  const int columns = int(chip.noc.meshColumns), ends = int(places.size());
  ways.resize(size_t(topology.routers() * ends));
  for (int router = 0; router < topology.routers(); ++router)
    for (int end = 0; end < ends; ++end) {
      const int to = places[size_t(end)], dx = to % columns - router % columns, dy = to / columns - router / columns;
      const int direction = dx > 0 ? 0 : dx < 0 ? 1 : dy > 0 ? 2 : 3;
      ways[size_t(router * ends + end)] =
          uint16_t(dx || dy ? directionOut[size_t(router)][size_t(direction)] : eject[size_t(end)]);
    }
}

/// Inputs and outputs of each router: those of its neighbours, then those of its endpoints.
void MeshLayout::number() {
  const int routers = topology.routers(), ends = int(places.size());
  eject.resize(size_t(ends));
  inject.resize(size_t(topology.inputs(die)));
  directionIn.assign(size_t(routers), {-1, -1, -1, -1});
  directionOut = directionIn;
  std::vector<std::vector<int>> inputsAt(static_cast<size_t>(routers)), endsAt(static_cast<size_t>(routers));
  for (int input = 0; input < topology.inputs(die); ++input)
    inputsAt[size_t(places[size_t(topology.endpointOfInput(input))])].push_back(input);
  for (int end = 0; end < ends; ++end)
    endsAt[size_t(places[size_t(end)])].push_back(end);
  for (int router = 0; router < routers; ++router) {
    const int first = int(inputs.size());
    auto addInput = [&] {
      inputs.push_back({router, int(inputs.size()) - first, -1});
      return int(inputs.size()) - 1;
    };
    auto addOutput = [&](int endpoint) {
      outputs.push_back({first, -1, endpoint});
      return int(outputs.size()) - 1;
    };
    for (int direction = 0; direction < 4; ++direction)
      if (neighbour(router, direction) >= 0) {
        directionIn[size_t(router)][size_t(direction)] = addInput();
        directionOut[size_t(router)][size_t(direction)] = addOutput(-1);
      }
    for (int input : inputsAt[size_t(router)])
      inject[size_t(input)] = addInput();
    for (int end : endsAt[size_t(router)])
      eject[size_t(end)] = addOutput(end);
    assert(int(inputs.size()) - first <= 64 && "the chip's loader refuses more");
  }
}

void MeshLayout::link() {
  for (int router = 0; router < topology.routers(); ++router)
    for (int direction = 0; direction < 4; ++direction)
      if (const int next = neighbour(router, direction); next >= 0) {
        const int out = directionOut[size_t(router)][size_t(direction)];
        const int in = directionIn[size_t(next)][size_t(direction ^ 1)];
        outputs[size_t(out)].downstream = in;
        inputs[size_t(in)].upstream = out;
      }
}

/// Router in a direction: 0 and 1 are x up and down, 2 and 3 y; -1: none.
int MeshLayout::neighbour(int router, int direction) const {
  const int columns = int(chip.noc.meshColumns), rows = int(chip.noc.meshRows);
  const int x = router % columns + (direction == 0) - (direction == 1);
  const int y = router / columns + (direction == 2) - (direction == 3);
  return x < 0 || y < 0 || x >= columns || y >= rows ? -1 : y * columns + x;
}

int MeshLayout::exitOf(const Endpoint &to, int from) const {
  const int end = topology.endpoint(to.kind, to.index);
  if (to.die == die)
    return end;
  const int lane = from - topology.endpoint(EndpointKind::DieToDie, 0);
  const bool fromY = lane >= 0 && !((lanes[size_t(lane)].neighbour ^ die) & 1);
  // Cores, channels and banks have the same places on all dies.
  const rt::Exit exit = rt::exitTowards(chip, die, places[size_t(from)], fromY, to.die, places[size_t(end)]);
  return firstLane[size_t(exit.neighbour)] + int(exit.lane);
}

} // namespace garam::sim
