// Who sends which packet where: rules D3, D5, D6, Y2, Y4, N4, B1.
#include "tests/twin/units/Machine.h"

#include "runtime/chip/Placement.h"
#include "runtime/isa/Address.h"

namespace garam::twin {

bool Machine::isOwnL1(int64_t address, int core) const {
  return rt::spaceOf(address) == rt::Space::L1 && rt::coreOf(address) == core;
}

Endpoint Machine::ofCore(int core) const {
  return {EndpointKind::Core, int(core / chip.topology.coresPerDie), int(core % chip.topology.coresPerDie)};
}

/// D3.
Endpoint Machine::endpointOf(int64_t address) const {
  switch (rt::spaceOf(address)) {
  case rt::Space::Hbm: {
    rt::HbmPlace place = rt::hbmPlace(chip, address);
    return {EndpointKind::Memory, int(place.die), int(rt::channelPlace(chip.dram, place.offset).channel)};
  }
  case rt::Space::Shared:
    return {EndpointKind::Shared, rt::homeOf(address),
            int(rt::offsetOf(address) / rt::burstGrain(chip) % chip.shared.banks)};
  default:
    return ofCore(rt::coreOf(address));
  }
}

void Machine::sendRead(const Core &core, const BurstPtr &burst, int64_t cycle) {
  auto packet =
      std::make_shared<Packet>(Packet{PacketKind::ReadRequest, Network::Request, endpointOf(burst->src), 1, burst});
  mesh(core.die).inject(ofCore(core.id), CoreInput::DmaIn, packet, cycle);
}

void Machine::sendWrite(const Core &core, const BurstPtr &burst, int64_t cycle) {
  auto packet = std::make_shared<Packet>(
      Packet{PacketKind::Write, Network::Request, endpointOf(burst->dst), dataFlits(burst->bytes), burst});
  if (packet->to.kind == EndpointKind::Core)
    packet->l1Offset = rt::offsetOf(burst->dst), packet->l1Bytes = burst->bytes;
  mesh(core.die).inject(ofCore(core.id), CoreInput::DmaOut, packet, cycle);
}

void Machine::respond(const Endpoint &from, const BurstPtr &burst, int64_t cycle) {
  auto data = [&](PacketKind kind, int core) {
    auto packet =
        std::make_shared<Packet>(Packet{kind, Network::Response, ofCore(core), dataFlits(burst->bytes), burst});
    packet->l1Offset = burst->dst, packet->l1Bytes = burst->bytes;
    mesh(from.die).inject(from, CoreInput::L1, packet, cycle);
  };
  if (!burst->write && burst->toAsker)
    data(PacketKind::Data, burst->core);
  else
    mesh(from.die).inject(
        from, CoreInput::L1,
        std::make_shared<Packet>(Packet{PacketKind::Answer, Network::Response, ofCore(burst->core), 1, burst}), cycle);
  for (int target : burst->copies)
    data(PacketKind::Copy, target);
}

void Machine::answer(const Core &core, CoreInput part, const BurstPtr &burst, PacketKind kind, int64_t cycle) {
  mesh(core.die).inject(ofCore(core.id), part,
                        std::make_shared<Packet>(Packet{kind, Network::Response, ofCore(burst->core), 1, burst}),
                        cycle);
}

void Machine::arriving(const Endpoint &to, const PacketPtr &packet, int64_t head, int64_t tail) {
  if (to.kind == EndpointKind::Core && packet->l1Bytes > 0)
    cores[size_t(to.die * chip.topology.coresPerDie + to.index)]->l1.expect(packet, head);
  deliveries.push_back({to, packet, tail});
  if (packet->kind == PacketKind::ReadRequest || packet->kind == PacketKind::Write ||
      packet->kind == PacketKind::Data || packet->kind == PacketKind::Answer) {
    packet->burst->mark(uint8_t(rt::Stall::Noc), head); // C4
    packet->burst->mark(kBusy, tail);
  }
}

void Machine::deliver(int64_t t) {
  for (size_t i = 0; i < deliveries.size();) {
    if (deliveries[i].cycle != t) {
      ++i;
      continue;
    }
    Delivery delivery = deliveries[i];
    deliveries.erase(deliveries.begin() + long(i));
    const Endpoint &to = delivery.to;
    switch (to.kind) {
    case EndpointKind::Core:
      cores[size_t(to.die * chip.topology.coresPerDie + to.index)]->l1.take(delivery.packet, t);
      break;
    case EndpointKind::Memory:
      channels[size_t(to.die * chip.dram.channels() + to.index)]->take(delivery.packet, t);
      break;
    case EndpointKind::Shared:
      banks.at(to)->take(delivery.packet, t);
      break;
    case EndpointKind::Lane:
      between ? between->take(to, delivery.packet) : lanes.at(to)->take(delivery.packet, t);
    }
  }
}

void Machine::fireSignals(Core &core, const Op &op, int64_t t) {
  auto local = [&](const rt::Token &token) {
    cite(Rule::Y1);
    core.semaphores.addAt(t + chip.sync.localCycles, token, op.launch);
  };
  auto remote = [&](const rt::Token &token, int target) {
    cite(Rule::Y2);
    auto packet = std::make_shared<Packet>(
        Packet{PacketKind::Signal, Network::Request, ofCore(target), 1, nullptr, token, op.launch});
    mesh(core.die).inject(ofCore(core.id), CoreInput::Signals, packet, t + 1);
  };
  const int64_t targets = op.insn->opcode == rt::Opcode::DmaLoad ? op.values[8] : 0;
  const int64_t peer = op.insn->opcode == rt::Opcode::DmaStore ? op.values[8] : op.values[0];
  for (const rt::Token &token : op.insn->signals) {
    if (!token.valid)
      continue;
    if (token.remote) {
      remote(token, int(peer));
    } else if (!targets) {
      local(token);
    } else {
      cite(Rule::Y4);
      for (int i = 0; i < chip.topology.coresPerDie; ++i)
        if (targets >> i & 1) {
          if (int target = int(core.die * chip.topology.coresPerDie) + i; target == core.id)
            local(token);
          else
            remote(token, target);
        }
    }
  }
}

/// B1.
void Machine::arriveAtBarrier(DmaEngine &engine, int scope, int64_t t) {
  std::vector<DmaEngine *> &there = barriers[scope ? -1 : engine.core.die];
  there.push_back(&engine);
  if (int64_t(there.size()) < (scope ? chip.cores() : chip.topology.coresPerDie))
    return;
  cite(Rule::M5);
  int64_t end = t + std::max<int64_t>(1, chip.cyclesOf(scope ? chip.sync.barrierChipNs : chip.sync.barrierDieNs));
  for (DmaEngine *each : there)
    each->releaseBarrier(end);
  there.clear();
}

} // namespace garam::twin
