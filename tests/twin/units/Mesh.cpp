#include "tests/twin/units/Mesh.h"

#include "tests/twin/units/Machine.h"

#include "runtime/chip/Placement.h"

#include <algorithm>

namespace garam::twin {

Mesh::Mesh(Machine &machine, int die)
    : machine(machine), die(die), memorySlots(size_t(machine.chip.dram.channels()), machine.chip.noc.packetSlots) {
  build();
}

void Mesh::build() {
  const rt::Chip &chip = machine.chip;
  const int columns = int(chip.noc.meshColumns), rows = int(chip.noc.meshRows);
  // N6, N7: what stands where, kind by kind in the order of N5.
  std::vector<std::vector<std::pair<Endpoint, int>>> standing(size_t(columns * rows));
  auto stand = [&](const Endpoint &endpoint, int64_t router, int parts) {
    places[endpoint] = int(router);
    standing[size_t(router)].push_back({endpoint, parts});
  };
  auto spread = [&](EndpointKind kind, int64_t count, int parts) {
    for (int64_t i = 0; i < count; ++i)
      stand({kind, die, int(i)}, rt::routerOf(chip.noc, i, count), parts);
  };
  spread(EndpointKind::Core, chip.topology.coresPerDie, 4);
  spread(EndpointKind::Memory, chip.dram.channels(), 1);
  if (chip.shared.bytesPerDie > 0)
    spread(EndpointKind::Shared, chip.shared.banks, 1);
  for (int64_t neighbour : rt::neighboursOf(chip, die))
    for (int64_t lane = 0; lane < rt::lanesBetween(chip, die, neighbour); ++lane)
      stand({EndpointKind::Lane, die, int(lane), int(neighbour)}, rt::laneRouter(chip, die, neighbour, lane), 1);

  constexpr int kAside[4][2] = {{1, 0}, {-1, 0}, {0, 1}, {0, -1}}; // N5
  for (std::vector<Router> &routers : networks) {
    routers.resize(size_t(columns * rows));
    std::vector<std::array<int, 4>> inputFrom(routers.size()); // by side
    for (int r = 0; r < columns * rows; ++r) {
      Router &router = routers[size_t(r)];
      for (int side = 0; side < 4; ++side) {
        int x = r % columns + kAside[side][0], y = r / columns + kAside[side][1];
        if (x < 0 || x >= columns || y < 0 || y >= rows)
          continue;
        inputFrom[size_t(r)][size_t(side)] = int(router.inputs.size());
        router.inputs.push_back({{}, true});
        Output output;
        output.router = y * columns + x;
        router.outputs.push_back(output);
      }
      for (const auto &[endpoint, parts] : standing[size_t(r)]) {
        Output output;
        output.endpoint = endpoint;
        router.outputs.push_back(output);
        for (int part = 0; part < parts; ++part) {
          ownInput[{endpoint, part}] = int(router.inputs.size());
          router.inputs.push_back({});
        }
      }
    }
    // The output towards a side leads to the next router's input from the other side.
    for (int r = 0; r < columns * rows; ++r)
      for (Output &output : routers[size_t(r)].outputs)
        if (output.router >= 0)
          for (int side = 0; side < 4; ++side) {
            int x = output.router % columns + kAside[side][0], y = output.router / columns + kAside[side][1];
            if (x >= 0 && x < columns && y >= 0 && y < rows && y * columns + x == r)
              output.input = inputFrom[size_t(output.router)][size_t(side)];
          }
  }
}

void Mesh::inject(const Endpoint &from, CoreInput part, const PacketPtr &packet, int64_t cycle) {
  cite(Rule::N1);
  int router = routerOf(from);
  packet->exit = packet->to;
  if (packet->to.die != die) {
    cite(Rule::N8);
    bool fromY = from.kind == EndpointKind::Lane && (from.neighbour ^ die) != 1;
    rt::Exit exit = rt::exitTowards(machine.chip, die, router, fromY, packet->to.die,
                                    machine.mesh(packet->to.die).routerOf(packet->to));
    packet->exit = {EndpointKind::Lane, die, int(exit.lane), int(exit.neighbour)};
  }
  int index = from.kind == EndpointKind::Core ? int(part) : 0;
  Input &input = networks[int(packet->network)][size_t(router)].inputs[size_t(ownInput.at({from, index}))];
  // In the order in which they are there; of one cycle, in the order in which they were sent.
  if (!input.entries.empty() && input.entries.back().head >= cycle)
    cite(Rule::N5);
  auto at = input.entries.end();
  while (at != input.entries.begin() && std::prev(at)->head > cycle)
    --at;
  input.entries.insert(at, {packet, cycle});
}

/// N2: x first, then y.
size_t Mesh::outputOf(const std::vector<Router> &routers, int router, const PacketPtr &packet) const {
  int columns = int(machine.chip.noc.meshColumns), target = routerOf(packet->exit);
  int next = router;
  if (target % columns != router % columns)
    next += target % columns > router % columns ? 1 : -1;
  else if (target != router)
    next += target > router ? columns : -columns;
  const std::vector<Output> &outputs = routers[size_t(router)].outputs;
  for (size_t i = 0; i < outputs.size(); ++i)
    if (next == router ? outputs[i].router < 0 && outputs[i].endpoint == packet->exit : outputs[i].router == next)
      return i;
  throw rt::Error(rt::ErrorKind::Internal, "twin", "no way out of a router");
}

bool Mesh::room(const std::vector<Router> &routers, const Output &output) const {
  if (output.router >= 0) {
    const Input &next = routers[size_t(output.router)].inputs[size_t(output.input)];
    return int64_t(next.entries.size()) < machine.chip.noc.packetSlots;
  }
  return output.endpoint.kind != EndpointKind::Memory || memorySlots[size_t(output.endpoint.index)] > 0;
}

void Mesh::grant(std::vector<Router> &routers, Router &router, Output &output, size_t input, int64_t t) {
  Entry &entry = router.inputs[input].entries.front();
  const PacketPtr &packet = entry.packet;
  int64_t head = t + machine.chip.noc.hopCycles; // N3
  entry.granted = t;
  cite(Rule::N2), cite(output.router >= 0 ? Rule::N3 : Rule::N4);
  output.freeFrom = t + packet->flits;
  output.next = (input + 1) % router.inputs.size();
  if (output.router >= 0) {
    routers[size_t(output.router)].inputs[size_t(output.input)].entries.push_back({packet, head});
    return;
  }
  if (output.endpoint.kind == EndpointKind::Memory)
    --memorySlots[size_t(output.endpoint.index)];
  machine.arriving(output.endpoint, packet, head, head + packet->flits - 1); // N4
}

void Mesh::tick(int64_t t) {
  for (std::vector<Router> &routers : networks) {
    // N3: the slot is free in g + flits.
    for (Router &router : routers)
      for (Input &input : router.inputs)
        if (!input.entries.empty() && input.entries.front().granted >= 0 &&
            input.entries.front().granted + input.entries.front().packet->flits <= t)
          input.entries.pop_front();
    for (size_t r = 0; r < routers.size(); ++r) {
      Router &router = routers[r];
      if (std::ranges::all_of(router.inputs, [](const Input &input) { return input.entries.empty(); }))
        continue;
      for (size_t o = 0; o < router.outputs.size(); ++o) {
        Output &output = router.outputs[o];
        if (output.freeFrom > t)
          continue;
        for (size_t i = 0; i < router.inputs.size(); ++i) {
          size_t input = (output.next + i) % router.inputs.size();
          const std::deque<Entry> &entries = router.inputs[input].entries;
          if (entries.empty() || entries.front().head > t || entries.front().granted >= 0 ||
              outputOf(routers, int(r), entries.front().packet) != o)
            continue;
          if (room(routers, output))
            grant(routers, router, output, input, t);
          else if (output.router < 0)
            cite(Rule::N6);
          break;
        }
      }
    }
  }
}

} // namespace garam::twin
