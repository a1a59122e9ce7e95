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
    jedec::Checker checker(*GetParam(), log.refresh);
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
      const Log log = play(dram, random, 300);
      found = !jedec::Checker(*GetParam(), log.refresh).check(log.lines).empty();
    }
    EXPECT_TRUE(found) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Presets, Jedec, testing::ValuesIn(jedec::kDevices),
                         [](const auto &info) { return std::string(info.param->name); });

jedec::Line line(double clock, const char *name, int group, int bank, int row = 1, int pseudoChannel = 0,
                 int stackId = 0) {
  return {int64_t(2 * clock), name, pseudoChannel, stackId, group, bank, row, -1};
}

using Names = std::set<std::string>;
Names brokenBy(const jedec::Device &device, std::vector<jedec::Line> log) {
  jedec::Checker checker(device, jedec::Refresh::None);
  checker.check(log);
  return checker.broken();
}

// Tight pairs: legal at the rule's clock, a violation half a clock before. An activate takes 1.5 clocks, a column one,
// so that a column is 31.25 clocks from it: 31.5.
TEST(JedecChecker, FindsHalfAClock) {
  auto found = [](std::vector<jedec::Line> log) { return brokenBy(jedec::kHbm3, std::move(log)); };
  auto act = [](double clock, int group, int bank, int row = 1) { return line(clock, "ACT", group, bank, row); };
  auto column = [](double clock, const char *name, int group, int bank) { return line(clock, name, group, bank); };
  auto pre = [](double clock, int group, int bank) { return line(clock, "PRE", group, bank, -1); };
  const char *rowEdge = "row command off a rising edge", *columnEdge = "column command off a rising edge";
  EXPECT_EQ(found({act(0, 0, 0), column(32, "RD", 0, 0)}), Names{});
  EXPECT_EQ(found({act(0, 0, 0), column(31.5, "RD", 0, 0)}), Names{columnEdge});
  EXPECT_EQ(found({act(0, 0, 0), column(31, "RD", 0, 0)}), Names{"tRCD"});
  EXPECT_EQ(found({act(0, 0, 0), act(4, 1, 0)}), Names{});
  EXPECT_EQ(found({act(0, 0, 0), act(3.5, 1, 0)}), (Names{"tRRD_S", rowEdge}));
  EXPECT_EQ(found({act(0, 0, 0), act(5, 0, 1)}), Names{});
  EXPECT_EQ(found({act(0, 0, 0), act(4.5, 0, 1)}), (Names{"tRRD_L", rowEdge}));
  EXPECT_EQ(found({act(0, 0, 0), pre(46, 0, 0), act(72, 0, 0)}), Names{});
  EXPECT_EQ(found({act(0, 0, 0), pre(45.5, 0, 0)}), Names{"tRAS"});
  EXPECT_EQ(found({act(0, 0, 0), pre(46, 0, 0), act(71.5, 0, 0)}), (Names{"tRC", "tRP", rowEdge}));
  EXPECT_EQ(found({act(0, 0, 0), column(32, "RD", 0, 0), column(36, "RD", 0, 0)}), Names{});
  EXPECT_EQ(found({act(0, 0, 0), column(32, "RD", 0, 0), column(35.5, "RD", 0, 0)}), (Names{"tCCD_L", columnEdge}));
  EXPECT_EQ(found({act(0, 0, 0), act(6, 1, 0), act(12, 2, 0), act(18, 3, 0), act(24, 0, 1)}), Names{});
  EXPECT_EQ(found({act(0, 0, 0), act(6, 1, 0), act(12, 2, 0), act(18, 3, 0), act(23.5, 0, 1)}),
            (Names{"tFAW", rowEdge}));
  EXPECT_EQ(found({act(0, 0, 0), column(31, "WR", 0, 0), column(31 + 10 + 2 + 10, "RD", 0, 0)}), Names{});
  EXPECT_EQ(found({act(0, 0, 0), column(31, "WR", 0, 0), column(31 + 10 + 2 + 9, "RD", 0, 0)}), Names{"tWTR_L"});
  EXPECT_EQ(found({act(0, 0, 0, 2), column(40, "RD", 0, 0)}), Names{"column of a row that is not open"});
  EXPECT_EQ(found({act(0, 0, 0), act(80, 0, 0)}), Names{"activates an open bank"});
}

// On a falling edge a precharge follows what began on a rising one: an activate 1.5 clocks before, all else half a
// clock.
TEST(JedecChecker, KnowsWhichPrechargesMayBePaired) {
  auto found = [](std::vector<jedec::Line> log) { return brokenBy(jedec::kHbm3, std::move(log)); };
  const char *all = "paired with an all-bank command", *ofAll = "all-bank precharge in a pair",
             *same = "paired with a command of its bank";
  for (const char *first : {"ACT", "REFpb", "REFab", "PREA"}) {
    const double end = std::string(first) == "ACT" ? 1.5 : 0.5;
    const bool allBanks = first[3] == 'a' || first[3] == 'A';
    auto pair = [&](const char *precharge, int bank, int pseudoChannel, int stackId, double later = 0) {
      Names names = found({line(0, first, 0, 0), line(end + later, precharge, 0, bank, -1, pseudoChannel, stackId)});
      std::erase_if(names, [&](const std::string &name) { return name != all && name != ofAll && name != same; });
      return names;
    };
    for (int stackId : {0, 1}) {
      EXPECT_EQ(pair("PRE", 1, 0, stackId), allBanks ? Names{all} : Names{}) << first;
      EXPECT_EQ(pair("PREA", 1, 0, stackId), Names{allBanks ? all : ofAll}) << first;
      for (const char *precharge : {"PRE", "PREA"}) {
        EXPECT_EQ(pair(precharge, 1, 1, stackId), Names{}) << "the other pseudo-channel";
        EXPECT_EQ(pair(precharge, 1, 0, stackId, 1), Names{}) << "a clock later";
        EXPECT_EQ(pair(precharge, 1, 0, stackId, 0.5), Names{}) << "on the next rising edge";
      }
    }
    EXPECT_EQ(pair("PRE", 0, 0, 0), allBanks ? Names{all} : Names{same}) << first;
    EXPECT_EQ(pair("PRE", 0, 0, 1), allBanks ? Names{all} : Names{}) << "the bank of another stack id";
  }
  EXPECT_EQ(brokenBy(jedec::kHbm2, {line(0.5, "PRE", 0, 0)}), Names{"row command off a rising edge"});
}

} // namespace
} // namespace garam::test
