#include "tests/twin/units/Shared.h"

#include "tests/twin/units/Machine.h"

namespace garam::twin {

void SharedBank::take(const PacketPtr &packet, int64_t t) {
  cite(Rule::R1);
  int64_t rate = machine.chip.shared.bytesPerCycle, from = services.empty() ? t : std::max(t, services.back().until);
  services.push_back({packet->burst, from + std::max<int64_t>(1, (packet->burst->bytes + rate - 1) / rate)});
  packet->burst->mark(uint8_t(rt::Stall::SharedMemory), from);
  packet->burst->mark(kBusy, services.back().until);
}

void SharedBank::tick(int64_t t) {
  while (!services.empty() && services.front().until == t) {
    machine.respond(here, services.front().burst, t);
    services.pop_front();
  }
}

} // namespace garam::twin
