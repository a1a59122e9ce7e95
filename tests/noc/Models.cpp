#include "tests/noc/Models.h"

#include "runtime/chip/Placement.h"
#include "sim/kernel/Context.h"
#include "sim/kernel/Registry.h"
#include "sim/kernel/Topology.h"

#include <fmt/format.h>

namespace garam::noc {
namespace {

/// Takes every packet that the mesh delivers.
class Sink : public sim::Unit {
public:
  Sink(sim::Kernel &kernel, sim::Machine &machine, sim::Unit &mesh, std::vector<int64_t> &arrivals)
      : Unit("sink", kernel), machine(machine), arrivals(arrivals) {
    addInput("packetIn", kPacket);
    addInput("noticeIn", kNotice);
    // An L1 is told of a burst when its head comes; that is not its arrival.
    for (const sim::OutPort &out : mesh.outPorts())
      connect(mesh, out.name, *this, out.name.ends_with("writeOut") ? "noticeIn" : "packetIn");
  }
  void take(const sim::Message &message) override {
    if (message.port != kPacket)
      return;
    sim::Packet *packet = message.as<sim::Packet>();
    arrivals[size_t(packet->owner)] = kernel.cycle();
    machine.packets.give(packet);
  }
  void decide(int64_t) override {}

private:
  enum Port : uint16_t { kPacket, kNotice };
  sim::Machine &machine;
  std::vector<int64_t> &arrivals;
};

sim::PacketKind kindOf(const Offer &offer) {
  if (offer.network == Network::Request)
    return offer.flits > 1 ? sim::PacketKind::WriteRequest : sim::PacketKind::ReadRequest;
  return offer.flits > 1 ? sim::PacketKind::ReadResponse : sim::PacketKind::WriteAck;
}

} // namespace

std::vector<rt::Override> oneCorePerRouter(int columns, int rows) {
  return {"topology.dies=1", fmt::format("topology.cores_per_die={}", columns * rows), "topology.clusters_per_die=1",
          fmt::format("noc.mesh_columns={}", columns), fmt::format("noc.mesh_rows={}", rows)};
}

Shape shapeOf(const rt::Chip &chip) {
  return {int(chip.noc.meshColumns), int(chip.noc.meshRows), chip.noc.hopCycles, int(chip.noc.packetSlots),
          int(1 + (chip.dma.burstBytes + chip.noc.linkBytes - 1) / chip.noc.linkBytes)};
}

std::vector<int64_t> throughMesh(const rt::Chip &chip, const std::vector<Offer> &offers) {
  std::vector<int64_t> arrivals(offers.size(), -1);
  sim::FreshContext context;
  sim::ProgramImage image;
  sim::Storage storage(chip);
  sim::Machine machine(chip, rt::Mode::Cycles, image, storage);
  sim::Kernel kernel("kernel", sim::Clock::ofMhz(chip.clock.coreMhz));
  const std::unique_ptr<sim::Unit> mesh = sim::makeUnit("mesh", "mesh", {kernel, machine});
  Sink sink(kernel, machine, *mesh, arrivals);
  kernel.runAlone();

  const sim::Topology topology(machine.chip);
  std::vector<int> coreAt(size_t(topology.routers()), -1);
  for (int core = 0; core < topology.cores(); ++core)
    coreAt[size_t(topology.router(0, core))] = core;
  for (size_t i = 0; i < offers.size(); ++i) {
    const Offer &offer = offers[i];
    sim::Packet *packet = machine.packets.take();
    *packet = {};
    packet->kind = kindOf(offer);
    packet->flits = uint16_t(offer.flits);
    packet->bytes = int32_t((offer.flits - 1) * chip.noc.linkBytes);
    packet->to = {sim::EndpointKind::Core, 0, int16_t(coreAt[size_t(offer.to)])};
    packet->issued = offer.cycle;
    packet->owner = i;
    sim::OutPort out("offer");
    out.bind(kernel, *mesh, mesh->input("packetIn"),
             uint16_t(topology.coreInput(coreAt[size_t(offer.from)], sim::CoreInput(offer.queue))));
    out.send(offer.cycle, sim::payloadOf(packet));
  }
  sc_core::sc_start();
  if (kernel.failure())
    std::rethrow_exception(kernel.failure());
  return arrivals;
}

std::vector<int64_t> throughFlits(const Shape &shape, Room room, const std::vector<Offer> &offers) {
  std::vector<int64_t> arrivals(offers.size(), -1);
  FlitMesh networks[] = {{shape, room}, {shape, room}};
  for (size_t i = 0; i < offers.size(); ++i)
    networks[size_t(offers[i].network)].offer(int(i), offers[i]);
  for (FlitMesh &network : networks) {
    for (int64_t cycle = 1; !network.empty(); ++cycle)
      network.tick(cycle);
    for (const FlitMesh::Arrival &arrival : network.arrivals)
      arrivals[size_t(arrival.id)] = arrival.tail;
  }
  return arrivals;
}

Point pointOf(const Shape &shape, const Load &load, const std::vector<Offer> &offers,
              const std::vector<int64_t> &arrivals) {
  const int64_t from = load.cycles / 2, until = load.cycles;
  int64_t flits = 0, packets = 0, cycles = 0;
  for (size_t i = 0; i < offers.size(); ++i) {
    if (arrivals[i] > from && arrivals[i] <= until)
      flits += offers[i].flits;
    if (offers[i].cycle > from) {
      ++packets;
      cycles += arrivals[i] - offers[i].cycle;
    }
  }
  const double most = 2.0 * senders(shape, load.pattern) * double(until - from) * capacity(shape, load.pattern);
  return {packets ? double(cycles) / double(packets) : 0, double(flits) / most};
}

} // namespace garam::noc
