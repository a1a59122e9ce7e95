// Rule N10: the switch between dies, alone.
#include "Packets.h"

using namespace garam;
using namespace garam::test;

namespace {

/// Three dies, 64 B flits at 1 GHz on links of 64 GB/s: a cycle for a flit; 10 cycles of latency.
class SwitchBench : public UnitFixture {
public:
  SwitchBench()
      : UnitFixture("die_switch", {"topology.dies=3", "noc.link_bytes=64", "die_to_die.topology=\"switch\"",
                                   "die_to_die.gigabytes_per_second=64.0", "die_to_die.latency_ns=10.0"}) {}
  void arrive(int64_t cycle, int flits, int from, int to, PacketKind kind = PacketKind::ReadResponse) {
    sim::Packet *packet = packetOf(machine, cycle, flits, kind, {EndpointKind::Core, int16_t(to), 0});
    send("packetIn", cycle, sim::payloadOf(packet), from);
  }
};

} // namespace

TEST(Switch, APacketIsSentUpAndDown) {
  SwitchBench bench;
  bench.arrive(10, 5, 0, 2);
  bench.run();
  EXPECT_EQ(bench.cyclesAt("die2.from0Out"), Cycles{10 + 5 + 10 + 5});
}

TEST(Switch, TheLinkUpIsShared) {
  SwitchBench bench;
  bench.arrive(10, 5, 0, 2);
  bench.arrive(10, 1, 0, 1, PacketKind::ReadRequest); // requests first
  bench.arrive(10, 5, 0, 1);                          // then the lower die
  bench.run();
  EXPECT_EQ(bench.cyclesAt("die1.from0Out"), (Cycles{11 + 10 + 1, 16 + 10 + 5}));
  EXPECT_EQ(bench.cyclesAt("die2.from0Out"), Cycles{21 + 10 + 5});
}

TEST(Switch, TheLinkDownIsSharedInOrderOfDies) {
  SwitchBench bench;
  bench.arrive(10, 5, 1, 2);
  bench.arrive(10, 5, 0, 2);
  bench.arrive(9, 5, 2, 1); // other links are free
  bench.run();
  EXPECT_EQ(bench.cyclesAt("die2.from0Out"), Cycles{25 + 5});
  EXPECT_EQ(bench.cyclesAt("die2.from1Out"), Cycles{30 + 5});
  EXPECT_EQ(bench.cyclesAt("die1.from2Out"), Cycles{24 + 5});
}
