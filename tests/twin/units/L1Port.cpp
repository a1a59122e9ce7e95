#include "tests/twin/units/L1Port.h"

#include "tests/twin/units/Machine.h"

namespace garam::twin {

void L1Port::land(TakenBanks &taken, int64_t t) {
  int64_t link = machine.chip.noc.linkBytes;
  for (size_t i = 0; i < incoming.size();) {
    const Incoming &data = incoming[i];
    int64_t flit = t - data.head - 1; // A5: from the cycle after its head
    std::vector<int> banks;
    if (flit >= 0)
      touch(machine.chip, banks, data.offset + flit * link, std::min(link, data.bytes - flit * link));
    if (flit >= 0)
      cite(Rule::A5);
    taken.take(banks);
    if ((flit + 1) * link >= data.bytes)
      incoming.erase(incoming.begin() + long(i));
    else
      ++i;
  }
}

void L1Port::take(const PacketPtr &packet, int64_t t) {
  const BurstPtr &burst = packet->burst;
  switch (packet->kind) {
  case PacketKind::ReadRequest: {
    cite(Rule::A6);
    int64_t from = std::max(t, free);
    int64_t link = machine.chip.noc.linkBytes;
    free = from + (burst->bytes + link - 1) / link;
    burst->mark(uint8_t(rt::Stall::OperandL1), from);
    burst->mark(kBusy, free);
    machine.respond({EndpointKind::Core, core.die, core.index}, burst, free);
    return;
  }
  case PacketKind::Write:
    cite(Rule::A6);
    machine.answer(core, CoreInput::L1, burst, PacketKind::Answer, t + 1);
    return;
  case PacketKind::Copy:
    machine.answer(core, CoreInput::DmaIn, burst, PacketKind::CopyAnswer, t + 1); // D6
    return;
  case PacketKind::Signal:
    core.semaphores.addAt(t + machine.chip.sync.remoteCycles, packet->token, packet->launch); // Y2
    return;
  default:
    burst->engine->arrived(burst, t);
  }
}

} // namespace garam::twin
