// Each rule of the JEDEC checker bites: in a log without a violation one command is moved to half a clock before the
// rule's distance, or left out, and that rule is named; at the distance itself it is not.
#include "JedecPlants.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace garam::test {
namespace {

class JedecBite : public testing::TestWithParam<const Device *> {
protected:
  std::vector<Log> logs() {
    std::vector<Log> out = cleanLogs(*GetParam());
    for (const Log &log : out)
      EXPECT_TRUE(broken(*GetParam(), log.refresh, log.lines).empty());
    return out;
  }
};

TEST_P(JedecBite, AShiftedCommandBreaksItsRule) {
  const Device &d = *GetParam();
  const auto all = logs();
  for (const TimingRule &rule : kTimingRules) {
    const std::string what = fmt::format("{}: {} to {}", rule.name, rule.before[0], rule.after[0]);
    bool found = false;
    for (size_t i = 0; i < all.size() && !found; ++i) {
      auto example = timingExample(rule, d, all[i].lines);
      if (!example)
        continue;
      found = true;
      EXPECT_FALSE(broken(d, all[i].refresh, example->log).count(rule.name)) << what << " in time";
      --example->log.back().halves;
      EXPECT_TRUE(broken(d, all[i].refresh, example->log).count(rule.name)) << what << " half a clock early";
    }
    EXPECT_TRUE(found || (std::string(rule.name) == "tCCD_R" && d.oneBus)) << what << ": no example in any log";
  }
}

/// What the checker names when the first line of which `which` is true is left out, or told twice.
std::set<std::string> without(const Device &d, Log log, const std::function<bool(const Line &)> &which) {
  auto at = std::find_if(log.lines.begin(), log.lines.end(), which);
  if (at != log.lines.end())
    log.lines.erase(at);
  return broken(d, log.refresh, log.lines);
}

TEST_P(JedecBite, AMissingCommandBreaksItsRule) {
  const Device &d = *GetParam();
  std::set<std::string> names;
  for (const Log &whole : logs()) {
    const std::vector<Line> &log = whole.lines;
    for (const char *command : {"ACT", "PRE", "PREA"})
      names.merge(without(d, whole, [&](const Line &l) { return l.command == command; }));
    // The precharge before a refresh of its bank.
    for (size_t i = 0; i < log.size(); ++i)
      if (log[i].command == "REFpb") {
        auto before = std::find_if(log.rend() - int64_t(i), log.rend(), [&](const Line &l) {
          return (l.command == "PRE" || l.command == "ACT") && together(l, log[i], Where::Bank);
        });
        if (before == log.rend() || before->command != "PRE")
          continue;
        std::vector<Line> changed = log;
        changed.erase(changed.begin() + (log.rend() - before - 1));
        names.merge(broken(d, whole.refresh, changed));
        break;
      }
    // A stack id that is refreshed no more, but once at the end.
    const auto last =
        std::find_if(log.rbegin(), log.rend(), [](const Line &l) { return l.command.starts_with("REF"); });
    if (last != log.rend()) {
      std::vector<Line> late = log;
      std::erase_if(late, [&](const Line &l) {
        return l.command == last->command && l.stackId == last->stackId && l.halves < last->halves;
      });
      names.merge(broken(d, whole.refresh, late));
    }
    // A refresh twice, a row command at once after the one before it, and a column off its edge.
    for (size_t i = 1; i < log.size(); ++i)
      if (log[i].command == "REFpb") {
        std::vector<Line> twice = log;
        twice.insert(twice.begin() + int64_t(i), log[i]);
        names.merge(broken(d, whole.refresh, twice));
        break;
      }
    std::vector<Line> off = log;
    const auto read = std::find_if(off.begin(), off.end(), [](const Line &l) { return l.command == "RD"; });
    if (read != off.end()) { // some logs are of writes only
      read->halves += 1;
      names.merge(broken(d, whole.refresh, off));
    }
  }
  for (const char *rule :
       {"column of a row that is not open", "activates an open bank", "refreshes an open bank",
        "refreshes a stack id with an open bank", "refresh is late", "refreshes a bank twice in a round",
        "command bus is taken", "column command off a rising edge", "data bus is taken"})
    EXPECT_TRUE(names.count(rule)) << rule;
}

/// Five activates, the fifth half a clock before the window ends; also where a refresh counts as one.
TEST_P(JedecBite, TheWindowOfFourActivatesBites) {
  const Device &d = *GetParam();
  auto log = [&](double fifth, const char *command) {
    std::vector<Line> lines;
    for (int i = 0; i < 5; ++i)
      lines.push_back({i < 4 ? int64_t(2 * i * d.FAW / 4) / 2 * 2 : int64_t(2 * fifth), i < 4 ? "ACT" : command, 0, 0,
                       i % 4, i / 4, 1, -1});
    return broken(d, jedec::Refresh::None, lines);
  };
  const double refresh = d.least(d.FAW, "ACT", "REFpb") / 2;
  EXPECT_TRUE(log(d.FAW - 0.5, "ACT").count("tFAW"));
  EXPECT_FALSE(log(d.FAW, "ACT").count("tFAW"));
  EXPECT_TRUE(log(refresh - 0.5, "REFpb").count("tFAW of a refresh"));
  EXPECT_FALSE(log(refresh, "REFpb").count("tFAW of a refresh"));
}

INSTANTIATE_TEST_SUITE_P(Presets, JedecBite, testing::ValuesIn(jedec::kDevices),
                         [](const auto &info) { return std::string(info.param->name); });

} // namespace
} // namespace garam::test
