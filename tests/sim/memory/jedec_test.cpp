// Command logs of random traffic on every preset obey the JEDEC rules, and the checker does find what is broken.
#include "Cases.h"
#include "Jedec.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace garam::test {
namespace {

std::vector<jedec::Line> lines(std::vector<sim::DramCommand> commands, int64_t ticksPerClock) {
  // At one instant a row command counts before a column: an activate is in time for nothing, but a precharge may be too
  // early.
  std::stable_sort(commands.begin(), commands.end(), [](const auto &a, const auto &b) { return a.tick < b.tick; });
  std::vector<jedec::Line> out;
  for (const sim::DramCommand &c : commands)
    out.push_back({c.tick * 2 / ticksPerClock, std::string(sim::kCommandNames[size_t(c.kind)]), c.pseudoChannel,
                   c.stackId, c.bankGroup, c.bank, c.row, c.column});
  return out;
}

struct Log {
  std::vector<jedec::Line> lines;
  int64_t clocks = 0, refreshes = 0;
};

Log play(const rt::DramParams &dram, Random &random, int64_t bursts) {
  std::vector<sim::DramCommand> commands;
  sim::Channel channel(dram, 0, nullptr, [&](const sim::DramCommand &c) { commands.push_back(c); });
  Traffic traffic(random, dram);
  int64_t clock = 0;
  for (int64_t i = 0; i < bursts; ++i) {
    sim::MemoryBurst burst = traffic.next();
    clock = std::max(clock, burst.arrival);
    channel.advance(clock - 1);
    while (!channel.canAccept(burst)) {
      clock = channel.nextEvent();
      channel.advance(clock++);
    }
    burst.arrival = clock;
    channel.push(burst);
  }
  while (channel.queued())
    channel.advance(channel.nextEvent());
  clock += 40000;
  channel.advance(clock);
  return {lines(commands, channel.ticksPerClock()), clock, channel.counters().refreshes};
}

class Jedec : public testing::TestWithParam<const jedec::Device *> {};

rt::DramParams shape(const std::string &preset, Random &random) {
  rt::DramParams dram;
  if (preset == "gddr6_16000")
    dram = params(preset, {"bank_group", "column:3", "channel", "column", "bank", "stack_id", "row"}, 1, 1, 1024);
  else
    dram =
        params(preset, {"bank_group:2", "column:3", "pseudo_channel", "channel", "column", "bank", "stack_id", "row"},
               2, preset == "hbm2" ? 2 : 3, 2048);
  dram.pagePolicyName = pick(random, 0, 1) ? "open" : "closed";
  dram.refreshName = pick(random, 0, 2) ? "per_bank" : "all_bank";
  dram.refreshPostpone = pick(random, 1, 8);
  rt::finishDram(dram, "test");
  return dram;
}

TEST_P(Jedec, LogsObeyTheRules) {
  for (uint64_t seed = 1; seed <= 15; ++seed) {
    Random random(seed);
    rt::DramParams dram = shape(GetParam()->name, random);
    Log log = play(dram, random, 400);
    for (const std::string &violation : jedec::Checker(*GetParam()).check(log.lines))
      ADD_FAILURE() << "seed " << seed << ": " << violation;
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

INSTANTIATE_TEST_SUITE_P(Presets, Jedec, testing::Values(&jedec::kHbm2, &jedec::kHbm3, &jedec::kHbm3e, &jedec::kGddr6),
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
