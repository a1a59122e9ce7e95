// Violations planted into command logs that have none: for each the rule that the checker must name.
#pragma once

#include "JedecLogs.h"

#include <functional>
#include <optional>

namespace garam::test {

using jedec::Device;
using jedec::Line;

enum class Where { Channel, OtherStack, Stack, Group, Bank };

/// `distance` clocks at least from `before` to `after`, where both are in the same place.
struct TimingRule {
  const char *name;
  std::vector<std::string> before, after;
  Where where;
  std::function<double(const Device &)> distance;
};

inline double writeEnd(const Device &d) { return d.CWL + d.accessClocks; }
inline double readToActivate(const Device &d) { return d.RTP + d.RP; }
inline double writeToActivate(const Device &d) { return writeEnd(d) + d.WR + d.RP; }

inline const std::vector<TimingRule> kTimingRules{
    {"tRCD", {"ACT"}, {"RD", "RDA"}, Where::Bank, [](auto &d) { return d.RCDRD; }},
    {"tRCD", {"ACT"}, {"WR", "WRA"}, Where::Bank, [](auto &d) { return d.RCDWR; }},
    {"tRP", {"PRE"}, {"ACT"}, Where::Bank, [](auto &d) { return d.RP; }},
    {"tRP", {"PRE"}, {"REFpb"}, Where::Bank, [](auto &d) { return d.RP; }},
    {"tRP", {"PREA"}, {"REFab"}, Where::Stack, [](auto &d) { return d.RP; }},
    {"tRAS", {"ACT"}, {"PRE"}, Where::Bank, [](auto &d) { return d.RAS; }},
    {"tRAS", {"ACT"}, {"PREA"}, Where::Stack, [](auto &d) { return d.RAS; }},
    {"tRC", {"ACT"}, {"ACT"}, Where::Bank, [](auto &d) { return d.RC; }},
    {"tRC", {"ACT"}, {"REFpb"}, Where::Bank, [](auto &d) { return d.RC; }},
    {"tRC", {"ACT"}, {"REFab"}, Where::Stack, [](auto &d) { return d.RC; }},
    {"tRRD_S", {"ACT"}, {"ACT"}, Where::Channel, [](auto &d) { return d.RRDS; }},
    {"tRRD_S", {"ACT"}, {"REFpb"}, Where::Channel, [](auto &d) { return d.RRDS; }},
    {"tRRD_L", {"ACT"}, {"ACT"}, Where::Group, [](auto &d) { return d.RRDL; }},
    {"tRRD_L", {"ACT"}, {"REFpb"}, Where::Group, [](auto &d) { return d.RRDL; }},
    {"tCCD_S", {"RD"}, {"RD"}, Where::Channel, [](auto &d) { return d.CCDS; }},
    {"tCCD_S", {"WR"}, {"WR"}, Where::Channel, [](auto &d) { return d.CCDS; }},
    {"tCCD_L", {"RD"}, {"RD"}, Where::Group, [](auto &d) { return d.CCDL; }},
    {"tCCD_L", {"WR"}, {"WR"}, Where::Group, [](auto &d) { return d.CCDL; }},
    {"tCCD_R", {"RD"}, {"RD"}, Where::OtherStack, [](auto &d) { return d.CCDR; }},
    {"tCCD_R", {"WR"}, {"WR"}, Where::OtherStack, [](auto &d) { return d.CCDR; }},
    {"tRTW", {"RD", "RDA"}, {"WR", "WRA"}, Where::Channel, [](auto &d) { return d.RTW; }},
    {"tWTR_S", {"WR", "WRA"}, {"RD", "RDA"}, Where::Channel, [](auto &d) { return writeEnd(d) + d.WTRS; }},
    {"tWTR_L", {"WR", "WRA"}, {"RD", "RDA"}, Where::Group, [](auto &d) { return writeEnd(d) + d.WTRL; }},
    {"tRTP", {"RD"}, {"PRE"}, Where::Bank, [](auto &d) { return d.RTP; }},
    {"tRTP", {"RD"}, {"PREA"}, Where::Stack, [](auto &d) { return d.RTP; }},
    {"tWR", {"WR"}, {"PRE"}, Where::Bank, [](auto &d) { return writeEnd(d) + d.WR; }},
    {"tWR", {"WR"}, {"PREA"}, Where::Stack, [](auto &d) { return writeEnd(d) + d.WR; }},
    {"tRTP + tRP", {"RDA"}, {"ACT"}, Where::Bank, readToActivate},
    {"tRTP + tRP", {"RDA"}, {"REFpb"}, Where::Bank, readToActivate},
    {"tRTP + tRP", {"RDA"}, {"REFab"}, Where::Stack, readToActivate},
    {"tWR + tRP", {"WRA"}, {"ACT"}, Where::Bank, writeToActivate},
    {"tWR + tRP", {"WRA"}, {"REFpb"}, Where::Bank, writeToActivate},
    {"tWR + tRP", {"WRA"}, {"REFab"}, Where::Stack, writeToActivate},
    {"tPPD", {"PRE"}, {"PRE"}, Where::Channel, [](auto &d) { return d.PPD; }},
    {"tRFCab", {"REFab"}, {"ACT"}, Where::Stack, [](auto &d) { return d.RFCAB; }},
    {"tRFCab", {"REFab"}, {"REFab"}, Where::Stack, [](auto &d) { return d.RFCAB; }},
    {"tRFCpb", {"REFpb"}, {"ACT"}, Where::Bank, [](auto &d) { return d.RFCPB; }},
    {"tRREFD", {"REFpb"}, {"ACT"}, Where::Channel, [](auto &d) { return d.RREFD; }},
    {"tRREFD", {"REFpb"}, {"REFpb"}, Where::Channel, [](auto &d) { return d.RREFD; }},
};

inline bool among(const std::vector<std::string> &list, const std::string &command) {
  return std::find(list.begin(), list.end(), command) != list.end();
}

inline bool together(const Line &a, const Line &b, Where where) {
  const bool stack = a.stackId == b.stackId, group = stack && a.group == b.group;
  return a.pseudoChannel == b.pseudoChannel &&
         (where == Where::Channel || (where == Where::OtherStack && !stack) || (where == Where::Stack && stack) ||
          (where == Where::Group && group) || (where == Where::Bank && group && a.bank == b.bank));
}

/// Names of the rules that the log breaks.
inline std::set<std::string> broken(const Device &device, jedec::Refresh refresh, std::vector<Line> log) {
  std::stable_sort(log.begin(), log.end(), [](const Line &a, const Line &b) { return a.halves < b.halves; });
  jedec::Checker checker(device, refresh);
  checker.check(log);
  return checker.broken();
}

/// Logs without a violation, of both page policies and both ways to refresh.
inline std::vector<Log> cleanLogs(const Device &device, uint64_t firstSeed = 1) {
  std::vector<Log> out;
  for (const char *page : {"open", "closed"})
    for (const char *refresh : {"per_bank", "all_bank"})
      for (uint64_t seed = firstSeed; seed < firstSeed + 2; ++seed) {
        Random random(seed);
        rt::DramParams dram = shape(device.name, random);
        dram.pagePolicyName = page, dram.refreshName = refresh, dram.refreshPostpone = 8;
        rt::finishDram(dram, "test");
        out.push_back(play(dram, random, 300));
      }
  return out;
}

/// A log that ends with the second command of a rule, which lies at the rule's distance from the first.
struct TimingExample {
  std::vector<Line> log;
  int64_t legal; ///< where the last line may begin
};

/// The first such place after line `start` of a log.
inline std::optional<TimingExample> timingExample(const TimingRule &rule, const Device &device,
                                                  const std::vector<Line> &log, size_t start = 1) {
  for (size_t at = start; at < log.size(); ++at) {
    if (!among(rule.after, log[at].command))
      continue;
    for (size_t i = at; i-- > 0 && at - i < 200;)
      if (among(rule.before, log[i].command) && together(log[i], log[at], rule.where)) {
        const auto least = int64_t(device.least(rule.distance(device), log[i].command, log[at].command));
        if (log[i].halves + least > log[at].halves)
          break;
        TimingExample out{{log.begin(), log.begin() + int64_t(at)}, log[i].halves + least};
        // What came in between would come after it now.
        std::erase_if(out.log, [&](const Line &l) { return l.halves >= out.legal; });
        out.log.push_back(log[at]);
        out.log.back().halves = out.legal;
        return out;
      }
  }
  return {};
}

/// A kind of violation; `plant` changes a log and says whether the log has a place for it.
struct Plant {
  std::string kind, rule;
  std::function<bool(const Device &, Random &, std::vector<Line> &)> plant;
};

std::vector<Plant> plants();

} // namespace garam::test
