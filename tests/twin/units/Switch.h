// The switch between dies: rule N10.
#pragma once

#include "tests/twin/units/Packet.h"

namespace garam::twin {

class Machine;

class Switch {
public:
  explicit Switch(Machine &machine);
  void take(const Endpoint &lane, const PacketPtr &packet) {
    arrivals.push_back({lane.die, lane.neighbour, packet, 0});
  }
  void tick(int64_t t);

private:
  struct Entry {
    int from, to;
    PacketPtr packet;
    int64_t down; ///< b
  };
  /// The cycle by which a packet has been sent on a link whose T is `sent`.
  int64_t send(__int128 &sent, int64_t t, const PacketPtr &packet) const;
  void spent(const PacketPtr &packet, int64_t cycle) const;

  Machine &machine;
  std::vector<Entry> arrivals, waiting;
  std::vector<__int128> up, down; ///< T and U by die, in 1/den cycles
  int64_t num, den;               ///< q
  int64_t latency;
};

} // namespace garam::twin
