// A memory channel: rules H1 to H3; what the controller does is the ticked reference of docs/hardware/memory.md.
#pragma once

#include "tests/sim/memory/Ticked.h"
#include "tests/twin/units/Clock.h"
#include "tests/twin/units/Packet.h"

#include <map>

namespace garam::twin {

class Machine;

class Channel {
public:
  Channel(Machine &machine, const Endpoint &here);
  void take(const PacketPtr &packet, int64_t t);
  /// All clocks up to the edge of cycle t, and the slots that are free from t on.
  void tick(int64_t t);
  const test::Ticked &controller() const { return ticked; }

private:
  struct Offer {
    BurstPtr burst;
    int64_t clock; ///< from which it may be offered
  };
  Machine &machine;
  const Endpoint here;
  const Clock clock;
  test::Ticked ticked;
  std::deque<Offer> offers;
  std::map<uint64_t, BurstPtr> inside;
  std::vector<int64_t> freed; ///< cycles in which slots are free
  int64_t nextClock = 0;
  uint64_t lastId = 0;
  size_t reported = 0;

  void step();
};

} // namespace garam::twin
