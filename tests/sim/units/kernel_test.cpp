#include "sim/kernel/Clock.h"
#include "sim/kernel/Wheel.h"

#include <gtest/gtest.h>

#include <algorithm>

#include <map>
#include <random>

using namespace garam::sim;

TEST(Clock, EdgesAreFloorsOfTheIntegerNumber) { // M1
  std::mt19937_64 random(1);
  for (int64_t hz : {977'000'000, 1'000'000'000, 333'333'333, 940'000'000})
    for (int i = 0; i < 2000; ++i) {
      Clock clock(1'000'000'000'000'000, hz);
      auto n = int64_t(random() >> (20 + random() % 40));
      const __int128 exact = __int128(n) * 1'000'000'000'000'000 / hz;
      if (exact > int64_t(1) << 61)
        continue;
      const auto edge = int64_t(exact);
      ASSERT_EQ(clock.edge(n), edge) << n << " of " << hz;
      ASSERT_EQ(clock.at(edge), n);
      ASSERT_EQ(clock.after(edge), n + 1);
      ASSERT_TRUE(n == 0 || clock.at(edge - 1) == n - 1);
    }
}

TEST(Wheel, GivesMessagesInTheOrderOfTicks) {
  std::mt19937_64 random(2);
  Wheel wheel;
  std::multimap<Tick, uint64_t> expected;
  Tick now = -1;
  uint64_t next = 0;
  for (int round = 0; round < 20000; ++round) {
    for (int i = int(random() % 3); i >= 0; --i) {
      Tick tick = now + 1 + Tick(random() % (random() % 10 ? 100 : 20000));
      expected.emplace(tick, next);
      wheel.post(tick, {0, 0, 0, next++});
    }
    if (random() % 3 == 0)
      continue;
    Tick tick;
    ASSERT_TRUE(wheel.peek(tick));
    ASSERT_EQ(tick, expected.begin()->first);
    size_t count = 0;
    wheel.drain(tick, [&](const Message &message) {
      ++count;
      auto [first, last] = expected.equal_range(tick);
      ASSERT_TRUE(std::any_of(first, last, [&](const auto &entry) { return entry.second == message.payload; }));
    });
    ASSERT_EQ(count, expected.count(tick));
    expected.erase(tick);
    now = tick;
  }
}
