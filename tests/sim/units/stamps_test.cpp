// Time stamps of bursts on short and very long ways, against a list that never ends.
#include "sim/kernel/Stamps.h"

#include <gtest/gtest.h>
#include <random>

namespace garam::sim {

TEST(Stamps, HoldAnyNumberOfStretches) {
  std::mt19937 random(1);
  auto pick = [&](int least, int most) { return std::uniform_int_distribution<int>(least, most)(random); };
  Stamps stamps; // one object again and again, as packets are
  for (int life = 0; life < 200; ++life) {
    std::vector<std::pair<uint32_t, uint32_t>> expected;
    stamps.clear();
    uint32_t end = 0;
    for (int marks = pick(0, 90); marks > 0; --marks) {
      const auto cause = uint8_t(pick(0, 5));
      end += uint32_t(pick(0, 9));
      if (!expected.empty() && expected.back().first == cause)
        expected.back().second = end;
      else if (end > (expected.empty() ? 0 : expected.back().second))
        expected.emplace_back(cause, end);
      stamps.mark(cause, end);
    }
    const Stamps copy = stamps;
    for (const Stamps &each : {stamps, copy}) {
      ASSERT_EQ(each.size(), expected.size());
      for (size_t i = 0; i < expected.size(); ++i)
        ASSERT_EQ(std::pair(uint32_t(each[i].cause), uint32_t(each[i].end)), expected[i])
            << "life " << life << ", stretch " << i;
    }
  }
}

} // namespace garam::sim
