// Rules N1 to N6 on a row of four routers, one core each, and R1.
#include "UnitFixture.h"
#include "sim/kernel/Topology.h"

using namespace garam;
using namespace garam::test;
using sim::CoreInput;
using sim::EndpointKind;
using sim::PacketKind;

namespace {

using Cycles = std::vector<int64_t>;

class MeshBench : public UnitFixture {
public:
  explicit MeshBench(int slots = 4)
      : UnitFixture("mesh", {"noc.mesh_columns=4", "noc.mesh_rows=1", "noc.hop_cycles=3",
                             fmt::format("noc.packet_slots={}", slots)}),
        topology(machine.chip) {}

  /// A packet at its router in `cycle`; from a core's input, as if its flits followed one by one.
  void inject(int64_t cycle, int core, sim::Endpoint to, int flits, PacketKind kind = PacketKind::ReadResponse,
              CoreInput input = CoreInput::DmaIn) {
    sim::Packet *packet = machine.packets.take();
    *packet = {};
    packet->kind = kind;
    packet->flits = uint16_t(flits);
    packet->to = to;
    packet->bytes = 64;
    packet->issued = cycle;
    send("packetIn", cycle, sim::payloadOf(packet), topology.coreInput(core, input));
  }
  static sim::Endpoint core(int index) { return {EndpointKind::Core, 0, int16_t(index)}; }

private:
  sim::Topology topology;
};

} // namespace

TEST(Mesh, APacketTakesAHopPerLinkAndAFlitPerCycle) { // N3, N4
  for (int flits : {1, 5}) {
    MeshBench bench;
    bench.inject(10, 0, MeshBench::core(3), flits);
    bench.run();
    // Three links and the one to the endpoint.
    EXPECT_EQ(bench.cyclesAt("core3.readOut"), Cycles{10 + 4 * 3 + flits - 1});
  }
}

TEST(Mesh, PacketsFollowOneAnotherByTheirFlits) { // N2
  MeshBench bench;
  for (int i = 0; i < 3; ++i)
    bench.inject(10, 0, MeshBench::core(1), 5);
  bench.run();
  EXPECT_EQ(bench.cyclesAt("core1.readOut"), (Cycles{20, 25, 30}));
}

TEST(Mesh, WithOneSlotTheNextWaitsUntilTheTailHasLeft) { // N3
  MeshBench bench(1);
  for (int i = 0; i < 3; ++i)
    bench.inject(10, 0, MeshBench::core(2), 5);
  bench.run();
  // Granted in 10, then when the packet before has left the next router: 3 + 5 cycles later.
  EXPECT_EQ(bench.cyclesAt("core2.readOut"), (Cycles{23, 31, 39}));
}

TEST(Mesh, InputsAreServedInTurn) { // N2
  MeshBench bench;
  // From the left and the right of router 1, two each; the right neighbour is the first input.
  for (int i = 0; i < 2; ++i) {
    bench.inject(10, 0, MeshBench::core(1), 2);
    bench.inject(10, 2, MeshBench::core(1), 3);
  }
  bench.run();
  // In router 1 from cycle 13: right (3 flits), left (2), right, left.
  EXPECT_EQ(bench.cyclesAt("core1.readOut"), (Cycles{13 + 5, 16 + 4, 18 + 5, 21 + 4}));
}

TEST(Mesh, NetworksDoNotMeet) { // N1
  MeshBench bench;
  bench.inject(10, 0, MeshBench::core(1), 9, PacketKind::ReadResponse);
  bench.inject(10, 0, MeshBench::core(1), 1, PacketKind::Signal, CoreInput::Signal);
  bench.run();
  EXPECT_EQ(bench.cyclesAt("core1.signalOut"), Cycles{16});
}

TEST(Mesh, AMemoryChannelTakesAsManyAsItHasSlots) { // N6, H1
  for (int64_t credit : {40, 41}) {
    MeshBench bench(2);
    for (int i = 0; i < 3; ++i)
      bench.inject(10, 0, {EndpointKind::Memory, 0, 0}, 1, PacketKind::ReadRequest);
    bench.runTo(credit - 2);
    bench.send("creditIn", credit, uint64_t(sim::Net::Request),
               sim::Topology(bench.machine.chip).endpoint(EndpointKind::Memory, 0));
    bench.run();
    EXPECT_EQ(bench.cyclesAt("memory0.packetOut"), (Cycles{13, 14, credit + 3}));
  }
}

TEST(Mesh, TheL1HearsOfABurstWhenItsHeadComes) { // A5
  MeshBench bench;
  bench.inject(10, 0, MeshBench::core(1), 6);
  bench.run();
  EXPECT_EQ(bench.cyclesAt("core1.writeOut"), Cycles{16});
  EXPECT_EQ(bench.cyclesAt("core1.readOut"), Cycles{21});
}

TEST(SharedBank, ServesInOrder) { // R1
  UnitFixture bench("shared_bank", {"shared.bank_bytes_per_cycle=64"});
  for (int64_t cycle : {5, 6}) {
    sim::Packet *packet = bench.machine.packets.take();
    *packet = {};
    packet->bytes = 256;
    packet->issued = cycle;
    packet->dataHere = true;
    bench.send("packetIn", cycle, sim::payloadOf(packet));
  }
  bench.run();
  EXPECT_EQ(bench.cyclesAt("packetOut"), (Cycles{9, 13}));
}

TEST(Units, AnUnknownKindIsNamed) {
  sim::FreshContext context;
  rt::Chip chip = rt::loadChip("unit");
  sim::ProgramImage image;
  sim::Storage storage(chip);
  sim::Machine machine(chip, rt::Mode::Cycles, image, storage);
  sim::Kernel kernel("kernel", sim::Clock::ofMhz(1000));
  try {
    sim::makeUnit("matrx", "unit", {kernel, machine});
    FAIL();
  } catch (const rt::Error &error) {
    EXPECT_NE(std::string(error.what()).find("no kind `matrx`; allowed: barrier, "), std::string::npos) << error.what();
  }
}
