// Command logs of random traffic on every preset obey the JEDEC rules, and the checker does find what is broken.
#include "JedecLogs.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

namespace garam::test {
namespace {

/// Whoever adds a preset types its values here too.
TEST(JedecChecker, KnowsEveryPreset) {
  std::set<std::string> known{"unit"}, shipped;
  for (const jedec::Device *device : jedec::kDevices)
    known.insert(device->name);
  for (const auto &entry : std::filesystem::directory_iterator(rt::chipFolder() + "/dram"))
    shipped.insert(entry.path().stem());
  EXPECT_EQ(known, shipped);
}

class Jedec : public testing::TestWithParam<const jedec::Device *> {};

TEST_P(Jedec, LogsObeyTheRules) {
  for (uint64_t seed = 1; seed <= 15; ++seed) {
    Random random(seed);
    rt::DramParams dram = shape(GetParam()->name, random);
    Log log = play(dram, random, 400);
    jedec::Checker checker(*GetParam());
    if (const std::vector<std::string> &found = checker.check(log.lines); !found.empty())
      ADD_FAILURE() << "seed " << seed << ": " << found.size() << " violations, the first: " << found[0];
    // No more than the postponed ones are owed at the end, which was idle.
    int64_t banks = dram.refresh == rt::RefreshMode::PerBank ? 16 : 1, lanes = dram.pseudoChannels * dram.stackIds;
    int64_t due = lanes * (log.clocks * banks / int64_t(GetParam()->REFI) - 2 * banks);
    EXPECT_GE(log.refreshes, due - lanes) << "seed " << seed;
    if (HasFailure())
      return;
  }
}

/// A controller that believes a timing to be shorter than it is gets found, whichever timing it is.
TEST_P(Jedec, ShortenedTimingsAreFound) {
  std::vector<std::string> names;
  rt::DramTiming timing = rt::loadDramPreset(GetParam()->name, "test");
  timing.eachTiming([&](const char *key, int64_t &, int64_t, std::string_view) { names.push_back(key); });
  for (const std::string &name : names) {
    // Latencies shift the data alone; how often to refresh is not a distance; tRC decides before tRAS does.
    if (name == "cl" || name == "cwl" || name == "trefi" || name == "tras")
      continue;
    // What another rule of the preset implies: the same distance without it, or four times tRRD_S.
    const jedec::Device &d = *GetParam();
    if ((name == "tccd_r" && d.CCDR == d.CCDS) || (name == "trrd_l" && d.RRDL == d.RRDS) ||
        (name == "tfaw" && d.FAW <= 4 * d.RRDS) || (name == "tppd" && d.PPD == 1))
      continue;
    bool found = false;
    for (uint64_t seed = 1; seed <= 12 && !found; ++seed) {
      Random random(seed);
      rt::DramParams dram = shape(GetParam()->name, random);
      dram.timing.eachTiming([&](const char *key, int64_t &value, int64_t least, std::string_view) {
        if (key == name)
          value = std::max(least, value - std::max<int64_t>(1, value / 3));
      });
      found = !jedec::Checker(*GetParam()).check(play(dram, random, 300).lines).empty();
    }
    EXPECT_TRUE(found) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Presets, Jedec, testing::ValuesIn(jedec::kDevices),
                         [](const auto &info) { return std::string(info.param->name); });

// Tight pairs: legal at the rule's clock, a violation half a clock before.
TEST(JedecChecker, FindsHalfAClock) {
  using jedec::Line;
  const jedec::Device &d = jedec::kHbm3;
  auto violations = [&](std::vector<Line> log) { return jedec::Checker(d).check(log).size(); };
  auto act = [](double clock, int group, int bank, int row = 1) {
    return Line{int64_t(2 * clock), "ACT", 0, 0, group, bank, row, -1};
  };
  auto column = [](double clock, const char *name, int group, int bank) {
    return Line{int64_t(2 * clock), name, 0, 0, group, bank, 1, 0};
  };
  auto pre = [](double clock, int group, int bank) {
    return Line{int64_t(2 * clock), "PRE", 0, 0, group, bank, -1, -1};
  };
  EXPECT_EQ(violations({act(0, 0, 0), column(31, "RD", 0, 0)}), 0u);
  EXPECT_EQ(violations({act(0, 0, 0), column(30, "RD", 0, 0)}), 1u);
  EXPECT_EQ(violations({act(0, 0, 0), act(4, 1, 0)}), 0u);
  EXPECT_EQ(violations({act(0, 0, 0), act(3.5, 1, 0)}), 1u);
  EXPECT_EQ(violations({act(0, 0, 0), act(5, 0, 1)}), 0u);
  EXPECT_EQ(violations({act(0, 0, 0), act(4.5, 0, 1)}), 1u);
  EXPECT_EQ(violations({act(0, 0, 0), pre(45, 0, 0), act(72, 0, 0)}), 0u);
  EXPECT_EQ(violations({act(0, 0, 0), pre(44.5, 0, 0)}), 1u);
  EXPECT_EQ(violations({act(0, 0, 0), pre(45, 0, 0), act(71.5, 0, 0)}), 1u);
  EXPECT_EQ(violations({act(0, 0, 0), column(31, "RD", 0, 0), column(35, "RD", 0, 0)}), 0u);
  EXPECT_EQ(violations({act(0, 0, 0), column(31, "RD", 0, 0), column(34, "RD", 0, 0)}), 1u);
  EXPECT_EQ(violations({act(0, 0, 0), act(6, 1, 0), act(12, 2, 0), act(18, 3, 0), act(24, 0, 1)}), 0u);
  EXPECT_EQ(violations({act(0, 0, 0), act(6, 1, 0), act(12, 2, 0), act(18, 3, 0), act(23.5, 0, 1)}), 1u);
  EXPECT_EQ(violations({act(0, 0, 0), column(31, "WR", 0, 0), column(31 + 10 + 2 + 10, "RD", 0, 0)}), 0u);
  EXPECT_EQ(violations({act(0, 0, 0), column(31, "WR", 0, 0), column(31 + 10 + 2 + 9, "RD", 0, 0)}), 1u);
  EXPECT_EQ(violations({act(0, 0, 0, 2), column(40, "RD", 0, 0)}), 1u);
  EXPECT_EQ(violations({act(0, 0, 0), act(80, 0, 0)}), 1u);
}

} // namespace
} // namespace garam::test
