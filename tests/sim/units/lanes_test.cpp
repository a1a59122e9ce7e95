// Rules N6 to N9: lanes between dies, alone, at a mesh, as routes through packages of any size, and as a stream.
#include "Packets.h"
#include "Run.h"
#include "UnitFixture.h"
#include "sim/kernel/Topology.h"

#include <functional>
#include <set>

using namespace garam;
using namespace garam::test;

namespace {

/// One lane of two between two dies: 64 B flits, 1 GHz, so that a link of 128 GB/s takes a cycle for a flit of a lane.
class LaneBench : public UnitFixture {
public:
  explicit LaneBench(double gigabytesPerSecond, double latencyNs = 0)
      : UnitFixture("die_to_die", {"topology.dies=2", "noc.link_bytes=64",
                                   fmt::format("die_to_die.gigabytes_per_second={:.6f}", gigabytesPerSecond),
                                   fmt::format("die_to_die.latency_ns={:.1f}", latencyNs)}) {}
  void arrive(int64_t cycle, int flits, PacketKind kind = PacketKind::ReadResponse) {
    send("packetIn", cycle, sim::payloadOf(packetOf(machine, cycle, flits, kind)));
  }
  Cycles leave() {
    run();
    return cyclesAt("packetOut");
  }
};

} // namespace

TEST(Lane, AFlitTakesItsShareOfTheLink) {
  LaneBench whole(128);
  whole.arrive(10, 5);
  EXPECT_EQ(whole.leave(), Cycles{10 + 5 + 1});
  // Half of the rate, and a hair less and more than that of a flit in two cycles.
  for (auto [rate, cycles] : {std::pair{64.0, 10}, {63.999, 11}, {64.001, 10}}) {
    LaneBench bench(rate);
    bench.arrive(10, 5);
    EXPECT_EQ(bench.leave(), Cycles{10 + cycles + 1}) << rate;
  }
}

TEST(Lane, TheLatencyIsRoundedUpAndAtLeastACycle) {
  for (auto [ns, cycles] : {std::pair{0.0, 1}, {1.0, 1}, {1.1, 2}, {11.0, 11}}) {
    LaneBench bench(128, ns);
    bench.arrive(10, 1);
    EXPECT_EQ(bench.leave(), Cycles{10 + 1 + cycles}) << ns;
  }
}

TEST(Lane, CarriesFractionsOnWhileItIsBusy) {
  // Two thirds of a cycle for a flit: free at 10⅔, 11⅔, 12⅓, 13; from 20 on anew.
  LaneBench bench(192);
  for (int64_t cycle : {10, 11, 11, 12, 20})
    bench.arrive(cycle, 1, cycle == 11 ? PacketKind::Signal : PacketKind::ReadResponse);
  EXPECT_EQ(bench.leave(), (Cycles{11 + 1, 12 + 1, 13 + 1, 13 + 1, 21 + 1}));
}

TEST(Lane, AFractionOfTheCycleOfArrivalStillCounts) {
  // 1⅓ cycles a flit: the first ends at 11⅓, so that one that arrives in 11 ends at 12⅔, not at 12⅓.
  LaneBench bench(96);
  bench.arrive(10, 1);
  bench.arrive(11, 2);
  EXPECT_EQ(bench.leave(), (Cycles{12 + 1, 14 + 1}));
}

TEST(Lane, SendsInOrderRequestsFirst) {
  LaneBench bench(128);
  sim::Packet *response = packetOf(bench.machine, 10, 3, PacketKind::ReadResponse);
  sim::Packet *request = packetOf(bench.machine, 10, 1, PacketKind::ReadRequest);
  sim::Packet *later = packetOf(bench.machine, 11, 1, PacketKind::ReadRequest);
  bench.send("packetIn", 10, sim::payloadOf(response));
  bench.send("packetIn", 10, sim::payloadOf(request));
  bench.send("packetIn", 11, sim::payloadOf(later));
  bench.run();
  ASSERT_EQ(bench.seen().size(), 3u);
  const std::pair<sim::Packet *, int64_t> expected[] = {{request, 12}, {response, 15}, {later, 16}};
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(bench.seen()[i].payload, sim::payloadOf(expected[i].first)) << i;
    EXPECT_EQ(bench.seen()[i].cycle, expected[i].second) << i;
  }
}

TEST(Lane, RoutersSendXThroughTheirRowAndYThroughTheColumnOfTheDestination) {
  // Four dies of 3 × 2 routers, one core on each: die 0 has lanes 0 and 1 in x, 2 to 4 in y.
  const std::vector<rt::Override> overrides = {"topology.dies=4",
                                               "topology.cores_per_die=6",
                                               "noc.mesh_columns=3",
                                               "noc.mesh_rows=2",
                                               "noc.hop_cycles=3",
                                               "noc.link_bytes=64",
                                               "die_to_die.gigabytes_per_second=128.0"};
  struct Case {
    int core, die, target;
    std::string lane;
    int64_t hops;
  };
  // Core i of the second row stands a column further on: core 3 at column 1, core 5 at column 0.
  for (const Case &c : {Case{0, 1, 5, "die0", 2},
                        {3, 1, 0, "die1", 1},
                        {5, 3, 0, "die1", 2},
                        {0, 2, 5, "die2", 1},
                        {0, 2, 4, "die4", 3},
                        {3, 2, 1, "die3", 0},
                        {2, 2, 3, "die3", 2}}) {
    UnitFixture bench("mesh", overrides);
    sim::Topology topology(bench.machine.chip);
    bench.send("packetIn", 10,
               sim::payloadOf(packetOf(bench.machine, 10, 1, PacketKind::ReadRequest,
                                       {EndpointKind::Core, int16_t(c.die), int16_t(c.target)})),
               topology.coreInput(c.core, sim::CoreInput::DmaIn));
    bench.run();
    EXPECT_EQ(bench.cyclesAt(c.lane + ".packetOut"), Cycles{10 + 3 * (c.hops + 1)})
        << c.core << " to " << c.die << " " << c.target;
  }
}

namespace {

/// A link of the mesh of meshes: from a router of a die, in a direction (4: to its die's endpoint).
using Channel = std::array<int64_t, 3>;

/// The links that a packet takes from a router of a die to one of another.
std::vector<Channel> wayOf(const rt::Chip &chip, int64_t die, int64_t at, int64_t targetDie, int64_t target) {
  const int64_t columns = chip.noc.meshColumns;
  std::vector<Channel> way;
  auto walk = [&](int64_t to) {
    while (at != to) {
      const int64_t dx = to % columns - at % columns, dy = to / columns - at / columns;
      const int direction = dx > 0 ? 0 : dx < 0 ? 1 : dy > 0 ? 2 : 3;
      way.push_back({die, at, direction});
      at += direction == 0 ? 1 : direction == 1 ? -1 : direction == 2 ? columns : -columns;
    }
  };
  bool fromY = false;
  int64_t crossings = 0;
  const int64_t links = rt::linksBetween(chip, die, targetDie);
  for (; die != targetDie && crossings < 99; ++crossings) {
    const rt::Exit exit = rt::exitTowards(chip, die, at, fromY, targetDie, target);
    walk(rt::laneRouter(chip, die, exit.neighbour, exit.lane));
    const bool x = (die ^ exit.neighbour) == 1;
    way.push_back({die, at, x ? (exit.neighbour > die ? 0 : 1) : (exit.neighbour > die ? 2 : 3)});
    at = rt::laneRouter(chip, exit.neighbour, die, exit.lane);
    fromY = !x;
    die = exit.neighbour;
  }
  EXPECT_EQ(die, targetDie);
  EXPECT_EQ(crossings, links);
  walk(target);
  return way;
}

} // namespace

TEST(Lane, RoutesArriveOnShortWaysAndNoCircleOfPacketsCanWait) {
  for (int dies = 2; dies <= 7; ++dies) {
    rt::Chip chip =
        rt::loadChip("unit", {"noc.mesh_columns=3", "noc.mesh_rows=2", fmt::format("topology.dies={}", dies),
                              "die_to_die.gigabytes_per_second=100.0"});
    const int64_t routers = 6;
    std::map<Channel, std::set<Channel>> waits;
    for (int64_t from = 0; from < dies * routers; ++from)
      for (int64_t to = 0; to < dies * routers; ++to) {
        if (from / routers == to / routers)
          continue;
        const auto way = wayOf(chip, from / routers, from % routers, to / routers, to % routers);
        const int64_t x = std::abs((from / routers % 2 * 3 + from % 3) - (to / routers % 2 * 3 + to % 3));
        const int64_t y =
            std::abs((from / routers / 2 * 2 + from % routers / 3) - (to / routers / 2 * 2 + to % routers / 3));
        EXPECT_EQ(int64_t(way.size()), x + y) << dies << " dies, " << from << " to " << to;
        for (size_t i = 1; i < way.size(); ++i)
          waits[way[i - 1]].insert(way[i]);
      }
    std::set<Channel> done, open;
    std::function<bool(const Channel &)> circle = [&](const Channel &own) {
      if (done.count(own))
        return false;
      if (!open.insert(own).second)
        return true;
      for (const Channel &next : waits[own])
        if (circle(next))
          return true;
      open.erase(own);
      done.insert(own);
      return false;
    };
    for (const auto &[own, next] : std::map(waits))
      ASSERT_FALSE(circle(own)) << dies << " dies";
  }
}

TEST(Lane, AStreamOverOneLinkReachesItsRate) {
  // The sixteen cores of die 1 read what lies in the shared memory of die 0.
  constexpr int64_t kTile = 1 << 18, kTiles = 8;
  rt::Chip chip = rt::loadChip("rebel100").withDies(2);
  KernelBuilder k, reader;
  int tile = k.descriptor(KernelBuilder::dense(kTile));
  k.add(rt::Opcode::SeqCore, {0}).add(rt::Opcode::SeqShr, {1, r(0), 4}).add(rt::Opcode::SeqEq, {2, r(1), 1});
  k.add(rt::Opcode::SeqAnd, {3, r(0), 15}).add(rt::Opcode::SeqMul, {3, r(3), kTile + 2048});
  k.set(4, rt::sharedAddress(0, 0)).add(rt::Opcode::SeqAdd, {4, r(4), r(3)});
  reader.add(rt::Opcode::SeqLoop, {5, 0, kTiles, 1, 1}).load(tile, r(4), 0);
  k.add(rt::Opcode::SeqSkip, {r(2), int64_t(reader.insns.size())});
  k.insns.insert(k.insns.end(), reader.insns.begin(), reader.insns.end());
  ProgramBuilder p("rebel100", 2);
  p.segment("shared", rt::sharedAddress(0, 0), 16 * (kTile + 2048)).kernel(k).launch();
  sim::SimDevice device(chip);
  device.load(p.program, rt::Mode::Cycles);
  rt::RunResult result = run(device, rt::Mode::Cycles);
  // From the first burst to the last, headers included: a burst of 2048 bytes is 17 flits of 128.
  const int64_t start = record(result, 16, rt::Engine::DmaIn, 0).start + chip.dma.startupCycles;
  const double bytes = double(16 * kTiles * kTile) / 2048 * 17 * 128, seconds = chip.seconds(result.cycles - start);
  EXPECT_GE(bytes / seconds, 0.95e12);
  EXPECT_LE(bytes / seconds, 1e12);
}
