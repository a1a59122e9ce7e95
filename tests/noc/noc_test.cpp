// The mesh of a die against a flit-level model of the same mesh: every packet arrives in the same cycle; against
// routers whose buffers work otherwise, latency and throughput stay within stated bounds.
#include "tests/noc/Models.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

using namespace garam;
using namespace garam::noc;

namespace {

struct Case {
  std::string chip;
  int columns, rows;
  int slots;
};

rt::Chip chipOf(const Case &own) {
  std::vector<rt::Override> overrides = oneCorePerRouter(own.columns, own.rows);
  overrides.push_back(fmt::format("noc.packet_slots={}", own.slots));
  return rt::loadChip(own.chip, overrides);
}

uint64_t firstSeed() {
  const char *given = std::getenv("GARAM_SEED");
  return given ? std::strtoull(given, nullptr, 10) : std::random_device()();
}

bool has(const Shape &shape, Pattern pattern) { return pattern != Pattern::Transpose || shape.columns == shape.rows; }

/// The first packet whose arrival differs, in words.
std::string apart(const std::vector<Offer> &offers, const std::vector<int64_t> &a, const std::vector<int64_t> &b) {
  for (size_t i = 0; i < offers.size(); ++i)
    if (a[i] != b[i])
      return fmt::format("packet {} of {}: {} flits from {} to {} at {}: arrives in {} and {}", i, offers.size(),
                         offers[i].flits, offers[i].from, offers[i].to, offers[i].cycle, a[i], b[i]);
  return {};
}

} // namespace

TEST(Noc, EveryPacketArrivesInTheCycleOfTheFlitLevelModel) { // N1 to N6
  uint64_t seed = firstSeed();
  fmt::print("GARAM_SEED={}\n", seed);
  for (const Case &own : {Case{"rebel100", 8, 8, 4}, Case{"atom", 4, 4, 4}, Case{"rngd", 5, 3, 1},
                          Case{"unit", 3, 7, 2}, Case{"atom", 6, 6, 6}}) {
    const rt::Chip chip = chipOf(own);
    const Shape shape = shapeOf(chip);
    for (Pattern pattern : kPatterns)
      for (Sizes sizes : {Sizes::Bursts, Sizes::Any})
        for (double share : {0.3, 0.9, 1.3}) {
          if (!has(shape, pattern))
            continue;
          const std::vector<Offer> offers = draw(shape, {pattern, share, 1500, seed++, sizes});
          ASSERT_GT(offers.size(), 20u);
          ASSERT_EQ(apart(offers, throughMesh(chip, offers), throughFlits(shape, Room::Slots, offers)), "")
              << own.chip << " " << own.columns << " x " << own.rows << ", " << nameOf(pattern) << ", share " << share;
        }
  }
}

// The comparison above can fail: a slot less, a cycle more for a hop.
TEST(Noc, AnotherMeshIsNoticed) {
  const rt::Chip chip = chipOf({"rebel100", 8, 8, 4});
  const std::vector<Offer> offers = draw(shapeOf(chip), {Pattern::Uniform, 0.9, 1500, 1});
  const std::vector<int64_t> arrivals = throughMesh(chip, offers);
  Shape fewer = shapeOf(chip), slower = fewer;
  --fewer.packetSlots;
  ++slower.hopCycles;
  EXPECT_NE(throughFlits(fewer, Room::Slots, offers), arrivals);
  EXPECT_NE(throughFlits(slower, Room::Slots, offers), arrivals);
}

TEST(Noc, AloneAPacketTakesTheSameTimeInAnyRouter) { // N3, N4
  for (const Case &own : {Case{"rebel100", 8, 8, 4}, Case{"rngd", 5, 3, 1}}) {
    const rt::Chip chip = chipOf(own);
    const Shape shape = shapeOf(chip);
    std::vector<Offer> offers;
    int64_t cycle = 1;
    for (int from = 0; from < shape.nodes(); ++from)
      for (int to = 0; to < shape.nodes(); ++to)
        for (int flits : {1, shape.dataFlits})
          offers.push_back({cycle += 50, from, to, flits, Network::Request, flits > 1 ? Queue::DmaOut : Queue::DmaIn});
    const std::vector<int64_t> arrivals = throughMesh(chip, offers);
    for (Room room : {Room::Slots, Room::Packet, Room::Wormhole})
      ASSERT_EQ(apart(offers, arrivals, throughFlits(shape, room, offers)), "");
    for (size_t i = 0; i < offers.size(); ++i) {
      const Offer &own = offers[i];
      const int links = std::abs(own.from % shape.columns - own.to % shape.columns) +
                        std::abs(own.from / shape.columns - own.to / shape.columns);
      ASSERT_EQ(arrivals[i], own.cycle + (links + 1) * shape.hopCycles + own.flits - 1);
    }
  }
}

// A slot is a packet's, whatever its size: where all have one size, it is the same as room counted in flits.
TEST(Noc, WholeBurstsMeetTheSameRoomInSlotsAndInFlits) {
  const rt::Chip chip = chipOf({"rebel100", 8, 8, 2});
  const Shape shape = shapeOf(chip);
  for (Pattern pattern : kPatterns) {
    const std::vector<Offer> offers = draw(shape, {pattern, 1.2, 2000, 3, Sizes::Whole});
    EXPECT_EQ(apart(offers, throughMesh(chip, offers), throughFlits(shape, Room::Packet, offers)), "")
        << nameOf(pattern);
  }
}

// Routers whose inputs are one buffer of as many flits, by packet or by flit (wormhole), as textbooks have them. A
// request then takes a flit of room where the mesh gives it a slot, so that they saturate later; below, queues decide.
TEST(Noc, RoutersWithBuffersOfFlitsAreNearAndSaturateLittleLater) {
  for (const Case &own : {Case{"rebel100", 8, 8, 4}, Case{"atom", 4, 4, 4}}) {
    const rt::Chip chip = chipOf(own);
    const Shape shape = shapeOf(chip);
    for (Pattern pattern : kPatterns)
      for (double share : {0.1, 0.35, 1.2}) {
        const Load load{pattern, share, 6000, 1};
        const std::vector<Offer> offers = draw(shape, load);
        const Point mesh = pointOf(shape, load, offers, throughMesh(chip, offers));
        EXPECT_LE(mesh.accepted, pattern == Pattern::AllToOne ? 1.0 : 1.2);
        for (Room room : {Room::Packet, Room::Wormhole}) {
          SCOPED_TRACE(fmt::format("{}, {}, share {}, room {}", own.chip, nameOf(pattern), share, int(room)));
          const Point flits = pointOf(shape, load, offers, throughFlits(shape, room, offers));
          if (share < 1) {
            EXPECT_NEAR(mesh.latency / flits.latency, 1, 0.005);
            EXPECT_NEAR(mesh.accepted / flits.accepted, 1, 0.005);
          } else {
            EXPECT_GT(mesh.accepted / flits.accepted, pattern == Pattern::Uniform ? 0.86 : 0.98);
            EXPECT_LT(mesh.accepted / flits.accepted, 1.02);
          }
        }
      }
  }
}
