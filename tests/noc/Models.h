// The same packets through Garam's mesh and through the flit-level model.
#pragma once

#include "runtime/chip/Chip.h"
#include "tests/noc/FlitMesh.h"

namespace garam::noc {

/// Overrides that give a chip's die a core at each router of a mesh.
std::vector<rt::Override> oneCorePerRouter(int columns, int rows);
Shape shapeOf(const rt::Chip &chip);

/// Cycle in which the last flit of each offer arrives.
std::vector<int64_t> throughMesh(const rt::Chip &chip, const std::vector<Offer> &offers);
std::vector<int64_t> throughFlits(const Shape &shape, Room room, const std::vector<Offer> &offers);

/// What a model made of a load.
struct Point {
  double latency;  ///< cycles from the router of the sender to the tail's arrival; mean over packets of the window
  double accepted; ///< flits that arrived in the window, as a share of `capacity`
};
/// The window is the second half of the load's cycles; everything that was offered is carried to its end.
Point pointOf(const Shape &shape, const Load &load, const std::vector<Offer> &offers,
              const std::vector<int64_t> &arrivals);

} // namespace garam::noc
