// Each rule of the JEDEC checker bites: in a log without a violation one command is moved to half a clock before the
// rule's distance, or left out, and that rule is named; at the distance itself it is not.
#include "JedecLogs.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>

namespace garam::test {
namespace {

using jedec::Checker;
using jedec::Device;
using jedec::Line;

enum class Where { Channel, OtherStack, Stack, Group, Bank };

/// `distance` clocks at least from `before` to `after`, where both are in the same place.
struct Rule {
  const char *name;
  std::vector<std::string> before, after;
  Where where;
  std::function<double(const Device &)> distance;
};

double writeEnd(const Device &d) { return d.CWL + d.accessClocks; }

const std::vector<Rule> kRules{
    {"tRCD", {"ACT"}, {"RD", "RDA"}, Where::Bank, [](auto &d) { return d.RCDRD; }},
    {"tRCD", {"ACT"}, {"WR", "WRA"}, Where::Bank, [](auto &d) { return d.RCDWR; }},
    {"tRP", {"PRE"}, {"ACT"}, Where::Bank, [](auto &d) { return d.RP; }},
    {"tRP", {"PRE"}, {"REFpb"}, Where::Bank, [](auto &d) { return d.RP; }},
    {"tRP", {"PREA"}, {"REFab"}, Where::Stack, [](auto &d) { return d.RP; }},
    {"tRAS", {"ACT"}, {"PRE"}, Where::Bank, [](auto &d) { return d.RAS; }},
    {"tRC", {"ACT"}, {"ACT"}, Where::Bank, [](auto &d) { return d.RC; }},
    {"tRC", {"ACT"}, {"REFpb"}, Where::Bank, [](auto &d) { return d.RC; }},
    {"tRRD_S", {"ACT"}, {"ACT"}, Where::Channel, [](auto &d) { return d.RRDS; }},
    {"tRRD_S", {"ACT"}, {"REFpb"}, Where::Channel, [](auto &d) { return d.RRDS; }},
    {"tRRD_L", {"ACT"}, {"ACT"}, Where::Group, [](auto &d) { return d.RRDL; }},
    {"tCCD_S", {"RD"}, {"RD"}, Where::Channel, [](auto &d) { return d.CCDS; }},
    {"tCCD_S", {"WR"}, {"WR"}, Where::Channel, [](auto &d) { return d.CCDS; }},
    {"tCCD_L", {"RD"}, {"RD"}, Where::Group, [](auto &d) { return d.CCDL; }},
    {"tCCD_L", {"WR"}, {"WR"}, Where::Group, [](auto &d) { return d.CCDL; }},
    {"tCCD_R", {"RD"}, {"RD"}, Where::OtherStack, [](auto &d) { return d.CCDR; }},
    {"tRTW", {"RD", "RDA"}, {"WR", "WRA"}, Where::Channel, [](auto &d) { return d.RTW; }},
    {"tWTR_S", {"WR", "WRA"}, {"RD", "RDA"}, Where::Channel, [](auto &d) { return writeEnd(d) + d.WTRS; }},
    {"tWTR_L", {"WR", "WRA"}, {"RD", "RDA"}, Where::Group, [](auto &d) { return writeEnd(d) + d.WTRL; }},
    {"tRTP", {"RD"}, {"PRE"}, Where::Bank, [](auto &d) { return d.RTP; }},
    {"tWR", {"WR"}, {"PRE"}, Where::Bank, [](auto &d) { return writeEnd(d) + d.WR; }},
    {"tRTP + tRP", {"RDA"}, {"ACT"}, Where::Bank, [](auto &d) { return d.RTP + d.RP; }},
    {"tWR + tRP", {"WRA"}, {"ACT"}, Where::Bank, [](auto &d) { return writeEnd(d) + d.WR + d.RP; }},
    {"tPPD", {"PRE"}, {"PRE"}, Where::Channel, [](auto &d) { return d.PPD; }},
    {"tRFCab", {"REFab"}, {"ACT"}, Where::Stack, [](auto &d) { return d.RFCAB; }},
    {"tRFCab", {"REFab"}, {"REFab"}, Where::Stack, [](auto &d) { return d.RFCAB; }},
    {"tRFCpb", {"REFpb"}, {"ACT"}, Where::Bank, [](auto &d) { return d.RFCPB; }},
    {"tRREFD", {"REFpb"}, {"ACT"}, Where::Channel, [](auto &d) { return d.RREFD; }},
    {"tRREFD", {"REFpb"}, {"REFpb"}, Where::Channel, [](auto &d) { return d.RREFD; }},
};

bool among(const std::vector<std::string> &list, const std::string &command) {
  return std::find(list.begin(), list.end(), command) != list.end();
}

bool together(const Line &a, const Line &b, Where where) {
  const bool stack = a.stackId == b.stackId, group = stack && a.group == b.group;
  return a.pseudoChannel == b.pseudoChannel &&
         (where == Where::Channel || (where == Where::OtherStack && !stack) || (where == Where::Stack && stack) ||
          (where == Where::Group && group) || (where == Where::Bank && group && a.bank == b.bank));
}

std::set<std::string> broken(const Device &device, std::vector<Line> log) {
  std::stable_sort(log.begin(), log.end(), [](const Line &a, const Line &b) { return a.halves < b.halves; });
  Checker checker(device);
  checker.check(log);
  return checker.broken();
}

/// The first line that `rule` speaks of and that can be moved back to its distance from the last command before it;
/// the log up to it, that line last.
bool example(const Rule &rule, const Device &device, const std::vector<Line> &log, std::vector<Line> &out,
             int64_t &from) {
  for (size_t at = 1; at < log.size(); ++at) {
    if (!among(rule.after, log[at].command))
      continue;
    for (size_t i = at; i-- > 0 && at - i < 200;)
      if (among(rule.before, log[i].command) && together(log[i], log[at], rule.where)) {
        out.assign(log.begin(), log.begin() + int64_t(at) + 1);
        from = log[i].halves;
        if (from + 2 * rule.distance(device) <= double(log[at].halves))
          return true;
        break;
      }
  }
  return false;
}

class JedecBite : public testing::TestWithParam<const Device *> {
protected:
  /// Logs without a violation, of both page policies and both ways to refresh.
  std::vector<std::vector<Line>> logs() {
    std::vector<std::vector<Line>> out;
    for (const char *page : {"open", "closed"})
      for (const char *refresh : {"per_bank", "all_bank"})
        for (uint64_t seed = 1; seed <= 2; ++seed) {
          Random random(seed);
          rt::DramParams dram = shape(GetParam()->name, random);
          dram.pagePolicyName = page, dram.refreshName = refresh, dram.refreshPostpone = 8;
          rt::finishDram(dram, "test");
          out.push_back(play(dram, random, 300).lines);
          EXPECT_TRUE(broken(*GetParam(), out.back()).empty());
        }
    return out;
  }
};

TEST_P(JedecBite, AShiftedCommandBreaksItsRule) {
  const Device &d = *GetParam();
  const auto all = logs();
  for (const Rule &rule : kRules) {
    const std::string what = fmt::format("{}: {} to {}", rule.name, rule.before[0], rule.after[0]);
    bool found = false;
    for (size_t i = 0; i < all.size() && !found; ++i) {
      std::vector<Line> log;
      int64_t from = 0;
      if (!example(rule, d, all[i], log, from))
        continue;
      found = true;
      const int64_t legal = from + int64_t(2 * rule.distance(d));
      // What came in between would come after it now.
      const Line moved = log.back();
      std::erase_if(log, [&](const Line &l) { return l.halves >= legal; });
      log.push_back(moved);
      log.back().halves = legal - 1;
      EXPECT_TRUE(broken(d, log).count(rule.name)) << what << " half a clock early";
      log.back().halves = legal;
      EXPECT_FALSE(broken(d, log).count(rule.name)) << what << " in time";
    }
    EXPECT_TRUE(found || (std::string(rule.name) == "tCCD_R" && d.oneBus)) << what << ": no example in any log";
  }
}

/// What the checker names when the first line of which `which` is true is left out, or told twice.
std::set<std::string> without(const Device &d, std::vector<Line> log, const std::function<bool(const Line &)> &which) {
  auto at = std::find_if(log.begin(), log.end(), which);
  if (at != log.end())
    log.erase(at);
  return broken(d, log);
}

TEST_P(JedecBite, AMissingCommandBreaksItsRule) {
  const Device &d = *GetParam();
  std::set<std::string> names;
  for (const std::vector<Line> &log : logs()) {
    for (const char *command : {"ACT", "PRE", "PREA"})
      names.merge(without(d, log, [&](const Line &l) { return l.command == command; }));
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
        names.merge(broken(d, changed));
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
      names.merge(broken(d, late));
    }
    // A refresh twice, a row command at once after the one before it, and a column off its edge.
    for (size_t i = 1; i < log.size(); ++i)
      if (log[i].command == "REFpb") {
        std::vector<Line> twice = log;
        twice.insert(twice.begin() + int64_t(i), log[i]);
        names.merge(broken(d, twice));
        break;
      }
    std::vector<Line> off = log;
    const auto read = std::find_if(off.begin(), off.end(), [](const Line &l) { return l.command == "RD"; });
    if (read != off.end()) { // some logs are of writes only
      read->halves += 1;
      names.merge(broken(d, off));
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
    return broken(d, lines);
  };
  EXPECT_TRUE(log(d.FAW - 0.5, "ACT").count("tFAW"));
  EXPECT_FALSE(log(d.FAW, "ACT").count("tFAW"));
  EXPECT_TRUE(log(d.FAW - 0.5, "REFpb").count("tFAW of a refresh"));
  EXPECT_FALSE(log(d.FAW, "REFpb").count("tFAW of a refresh"));
}

INSTANTIATE_TEST_SUITE_P(Presets, JedecBite, testing::ValuesIn(jedec::kDevices),
                         [](const auto &info) { return std::string(info.param->name); });

} // namespace
} // namespace garam::test
