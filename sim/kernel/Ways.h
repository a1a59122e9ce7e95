// How many routers and links between dies a packet meets on its way and an answer on the way back: rule P4 of
// docs/hardware/machine.md. Worked out once for each pair.
#pragma once

#include "runtime/energy/Actions.h"
#include "sim/kernel/Topology.h"

#include <vector>

namespace garam::sim {

struct Way {
  int32_t routers = 0, links = 0;
};

struct RoundTrip {
  Way there, back;
};

class Ways {
public:
  explicit Ways(const rt::Chip &chip);

  /// From a core, by its number on the chip, to an endpoint and back.
  const RoundTrip &between(int core, const Endpoint &to);
  const RoundTrip &between(int core, int peer) {
    return between(core, {EndpointKind::Core, int16_t(peer / topology.cores()), int16_t(peer % topology.cores())});
  }
  /// `flits` over a way.
  void count(const Way &way, int64_t flits, rt::ActionCounts &actions) const {
    actions[rt::Action::NocBytes] += flits * chip.noc.linkBytes * way.routers;
    actions[rt::Action::DieToDieBytes] += flits * chip.noc.linkBytes * way.links;
  }

private:
  struct Place {
    int die, router;
  };
  Way walk(Place from, Place to) const;
  Place placeOf(const Endpoint &endpoint) const;

  const rt::Chip &chip;
  const Topology topology;
  int most = 0;                             ///< endpoints of a die, at most
  std::vector<std::vector<RoundTrip>> rows; ///< by core, filled when first asked
};

} // namespace garam::sim
