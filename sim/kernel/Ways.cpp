#include "sim/kernel/Ways.h"

#include <algorithm>
#include <cstdlib>

namespace garam::sim {

Ways::Ways(const rt::Chip &chip) : chip(chip), topology(chip), rows(size_t(chip.cores())) {
  for (int die = 0; die < int(chip.topology.dies); ++die)
    most = std::max(most, topology.endpoints(die));
}

Ways::Place Ways::placeOf(const Endpoint &endpoint) const {
  return {endpoint.die, topology.router(endpoint.die, topology.endpoint(endpoint.kind, endpoint.index))};
}

Way Ways::walk(Place from, Place to) const {
  const int columns = int(chip.noc.meshColumns);
  Way way;
  auto inside = [&](int a, int b) {
    way.routers += std::abs(a % columns - b % columns) + std::abs(a / columns - b / columns) + 1;
  };
  bool fromY = false;
  while (from.die != to.die) {
    const rt::Exit exit = rt::exitTowards(chip, from.die, from.router, fromY, to.die, to.router);
    inside(from.router, int(rt::laneRouter(chip, from.die, exit.neighbour, exit.lane)));
    ++way.links;
    fromY = (exit.neighbour ^ from.die) != 1;
    from = {int(exit.neighbour), int(rt::laneRouter(chip, exit.neighbour, from.die, exit.lane))};
  }
  inside(from.router, to.router);
  return way;
}

const RoundTrip &Ways::between(int core, const Endpoint &to) {
  std::vector<RoundTrip> &row = rows[size_t(core)];
  if (row.empty())
    row.resize(size_t(most * chip.topology.dies));
  RoundTrip &found = row[size_t(to.die * most + topology.endpoint(to.kind, to.index))];
  if (!found.there.routers) {
    const Place here =
        placeOf({EndpointKind::Core, int16_t(core / topology.cores()), int16_t(core % topology.cores())});
    found = {walk(here, placeOf(to)), walk(placeOf(to), here)};
  }
  return found;
}

} // namespace garam::sim
