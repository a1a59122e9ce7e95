// Curves over time: the same as if their buckets had had the final width from the start, and bounded.
#include "sim/kernel/EnergyMeter.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

using namespace garam;
using namespace garam::sim;

TEST(Curve, FoldsToWhatWiderBucketsWouldHaveHeld) { // P1
  std::mt19937_64 random(1);
  const int64_t most = int64_t(Curve<int64_t>::kMostBuckets) * 1024;
  for (int64_t cycles : {most - 1, most, most * 2, most * 7}) {
    Curve<int64_t> curve;
    std::vector<std::pair<int64_t, int64_t>> all;
    for (int i = 0; i < 20000; ++i)
      all.push_back({int64_t(random() % uint64_t(cycles)), int64_t(random() % 2048)});
    all.push_back({cycles, 1});
    for (const auto &[cycle, bytes] : all)
      curve[curve.reach(cycle)] += bytes;
    const int64_t width = curve.width();
    EXPECT_EQ(width, cycles < most ? 1024 : cycles < most * 2 ? 2048 : cycles < most * 4 ? 4096 : 8192);
    const std::vector<int64_t> held = curve.inWidth(width);
    EXPECT_LE(held.size(), Curve<int64_t>::kMostBuckets);
    for (int64_t wide : {width, width * 4}) {
      std::vector<int64_t> expected(size_t(cycles / wide + 1));
      for (const auto &[cycle, bytes] : all)
        expected[size_t(cycle / wide)] += bytes;
      EXPECT_EQ(curve.inWidth(wide), expected);
    }
  }
}

TEST(EnergyMeter, SpreadsEvenlyWhateverTheWidth) { // P1
  const int64_t most = int64_t(Curve<int64_t>::kMostBuckets) * 1024;
  EnergyMeter meter;
  rt::ActionCounts actions;
  actions[rt::Action::L1Bytes] = 1'000'003;
  meter.instruction(0, 0, 100, most * 3 + 17, actions); // wider buckets come with it
  meter.instruction(0, 1, 5000, 5001, actions);
  EXPECT_EQ(meter.curve.width(), 4096);
  const std::vector<rt::ActionCounts> curve = meter.curve.inWidth(4096);
  int64_t sum = 0;
  for (size_t i = 0; i < curve.size(); ++i) {
    const int64_t own = curve[i][rt::Action::L1Bytes] - (i == 1 ? 1'000'003 : 0);
    if (i > 0 && i + 1 < curve.size()) {
      EXPECT_NEAR(double(own), 1'000'003.0 * 4096 / double(most * 3 + 17 - 100), 1) << i;
    }
    sum += own;
  }
  EXPECT_EQ(sum, 1'000'003);
}
