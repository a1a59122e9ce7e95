// The kinds of violations: each timing half a clock short, edges, pairs, buses, states, refreshes.
#include "JedecPlants.h"

#include <fmt/format.h>

namespace garam::test {
namespace {

using Lines = std::vector<Line>;
using Is = std::function<bool(const Line &)>;

Is command(std::vector<std::string> names) {
  return [names](const Line &l) { return among(names, l.command); };
}

/// A place drawn from those of which `is` is true; of the log's size where there is none.
size_t draw(const Lines &log, Random &random, const Is &is) {
  std::vector<size_t> places;
  for (size_t i = 0; i < log.size(); ++i)
    if (is(log[i]))
      places.push_back(i);
  return places.empty() ? log.size() : places[size_t(pick(random, 0, int64_t(places.size()) - 1))];
}

/// Changes a drawn line in place.
Plant changed(std::string kind, std::string rule, Is is, std::function<void(Line &)> change,
              std::function<bool(const Device &)> where = nullptr) {
  return {kind, rule, [=](const Device &d, Random &random, Lines &log) {
            const size_t at = draw(log, random, is);
            if (at == log.size() || (where && !where(d)))
              return false;
            change(log[at]);
            return true;
          }};
}

/// Adds a line that follows from a drawn one.
Plant added(std::string kind, std::string rule, Is is, std::function<Line(const Device &, Line)> make,
            std::function<bool(const Device &)> where = nullptr) {
  return {kind, rule, [=](const Device &d, Random &random, Lines &log) {
            const size_t at = draw(log, random, is);
            if (at == log.size() || (where && !where(d)))
              return false;
            log.insert(log.begin() + int64_t(at) + 1, make(d, log[at]));
            return true;
          }};
}

size_t round(const Device &d) { return size_t(d.groups * d.banksPerGroup); }
bool pairs(const Device &d) { return d.prechargesOnFalling; }
bool noPairs(const Device &d) { return !d.prechargesOnFalling; }
bool twoLanes(const Device &d) { return !d.oneBus; }

/// The precharge that begins as the line's command leaves the bus.
Line paired(const Device &d, Line l, const char *precharge) {
  l.halves += d.halves(l.command);
  l.command = precharge;
  return l;
}

Is onRising(Is is) {
  return [is](const Line &l) { return l.halves % 2 == 0 && is(l); };
}

void timings(std::vector<Plant> &out) {
  for (const TimingRule &rule : kTimingRules)
    out.push_back({fmt::format("{} of {} and {}", rule.name, rule.before[0], rule.after[0]), rule.name,
                   [&rule](const Device &d, Random &random, Lines &log) {
                     auto found = timingExample(rule, d, log, size_t(pick(random, 1, int64_t(log.size()))));
                     if (!found && !(found = timingExample(rule, d, log)))
                       return false;
                     log = found->log;
                     --log.back().halves;
                     return true;
                   }});
  for (const char *fifth : {"ACT", "REFpb"})
    out.push_back({fmt::format("the fifth activate in tFAW: {}", fifth),
                   std::string(fifth) == "ACT" ? "tFAW" : "tFAW of a refresh",
                   [fifth](const Device &d, Random &random, Lines &log) {
                     const size_t at = draw(log, random, command({fifth}));
                     if (at == log.size())
                       return false;
                     std::vector<size_t> before;
                     for (size_t i = 0; i < at; ++i)
                       if (among({"ACT", "REFpb"}, log[i].command) && together(log[i], log[at], Where::Channel))
                         before.push_back(i);
                     if (before.size() < 4)
                       return false;
                     const Line &first = log[before[before.size() - 4]];
                     const int64_t early = first.halves + int64_t(d.least(d.FAW, first.command, fifth)) - 1;
                     if (early > log[at].halves || early < log[before.back()].halves)
                       return false;
                     log[at].halves = early;
                     log.resize(at + 1);
                     return true;
                   }});
}

void edges(std::vector<Plant> &out) {
  auto late = [](Line &l) { ++l.halves; };
  const char *row = "row command off a rising edge", *column = "column command off a rising edge";
  for (const char *name : {"ACT", "REFpb", "REFab"})
    out.push_back(changed(fmt::format("{} on a falling edge", name), row, command({name}), late));
  for (const char *name : {"PRE", "PREA"})
    out.push_back(changed(fmt::format("{} on a falling edge", name), row, command({name}), late, noPairs));
  out.push_back(changed("read on a falling edge", column, command({"RD", "RDA"}), late));
  out.push_back(changed("write on a falling edge", column, command({"WR", "WRA"}), late));

  const char *all = "paired with an all-bank command", *ofAll = "all-bank precharge in a pair",
             *same = "paired with a command of its bank";
  for (const char *precharge : {"PRE", "PREA"})
    out.push_back(added(
        fmt::format("{} of another stack id beside REFab", precharge), all, onRising(command({"REFab"})),
        [=](const Device &d, Line l) {
          l.stackId = !l.stackId, l.group = l.bank = 0;
          Line out = paired(d, l, precharge);
          out.halves = l.halves + d.halves("REFab");
          return out;
        },
        pairs));
  out.push_back(added(
      "PRE beside PREA", all, onRising(command({"PREA"})),
      [](const Device &d, Line l) {
        l.stackId = !l.stackId, l.group = l.bank = 0;
        return paired(d, l, "PRE");
      },
      pairs));
  for (const char *first : {"ACT", "PRE", "REFpb"})
    out.push_back(added(
        fmt::format("PREA beside {}", first), ofAll, onRising(command({first})),
        [](const Device &d, Line l) { return paired(d, l, "PREA"); }, pairs));
  for (const char *first : {"ACT", "REFpb"})
    out.push_back(added(
        fmt::format("PRE of the bank beside {}", first), same, onRising(command({first})),
        [](const Device &d, Line l) { return paired(d, l, "PRE"); }, pairs));
}

void buses(std::vector<Plant> &out) {
  const char *taken = "command bus is taken";
  auto otherLane = [](Line l, int64_t later, const char *name) {
    l.halves += later, l.pseudoChannel ^= 1, l.command = name;
    return l;
  };
  out.push_back(added(
      "a precharge in the last half clock of an activate", taken, command({"ACT"}), [=](const Device &d, Line l) {
        return otherLane(l, d.halves("ACT") - 1, "PRE");
      }));
  out.push_back(added("two row commands at once", taken, command({"PRE"}),
                      [=](const Device &, Line l) { return otherLane(l, 0, "PRE"); }));
  out.push_back(added(
      "columns of both pseudo-channels at once", taken, command({"RD", "WR"}),
      [=](const Device &, Line l) { return otherLane(l, 0, "RD"); }, twoLanes));
  out.push_back(added(
      "a column under a row command", taken, command({"ACT"}), [](const Device &, Line l) {
        l.command = "RD", l.column = 0;
        return l;
      },
      [](const Device &d) { return d.oneBus; }));
  out.push_back(added("data of two columns at once", "data bus is taken", command({"RD", "WR"}),
                      [](const Device &d, Line l) {
                        l.halves += int64_t(2 * d.accessClocks) - 2;
                        return l;
                      }));
}

void states(std::vector<Plant> &out) {
  const char *notOpen = "column of a row that is not open";
  out.push_back(changed("a column of another row", notOpen, command({"RD", "WR"}), [](Line &l) { ++l.row; }));
  out.push_back(added("an activate twice", "activates an open bank", command({"ACT"}), [](const Device &d, Line l) {
    l.halves += int64_t(2 * d.RC);
    return l;
  }));
  out.push_back({"an activate left out", notOpen, [](const Device &, Random &random, Lines &log) {
                   const size_t at = draw(log, random, command({"ACT"}));
                   // A column of it must follow.
                   for (size_t i = at + 1; i < log.size(); ++i)
                     if (together(log[at], log[i], Where::Bank) && log[i].row == log[at].row && log[i].column >= 0) {
                       log.erase(log.begin() + int64_t(at));
                       return true;
                     }
                   return false;
                 }});
  struct Opened {
    const char *kind, *rule, *precharge, *next;
    Where where;
  };
  for (const Opened &o : {Opened{"a precharge left out", "activates an open bank", "PRE", "ACT", Where::Bank},
                          Opened{"a refreshed bank left open", "refreshes an open bank", "PRE", "REFpb", Where::Bank},
                          Opened{"a refreshed stack id left open", "refreshes a stack id with an open bank", "PREA",
                                 "REFab", Where::Stack}})
    out.push_back({o.kind, o.rule, [o](const Device &, Random &random, Lines &log) {
                     const size_t at = draw(log, random, command({o.precharge}));
                     for (size_t i = at + 1; i < log.size(); ++i)
                       if (log[i].command != "PRE" && together(log[at], log[i], o.where)) {
                         if (log[i].command != o.next)
                           return false;
                         log.erase(log.begin() + int64_t(at));
                         return true;
                       }
                     return false;
                   }});
}

void refreshes(std::vector<Plant> &out) {
  const char *twice = "refreshes a bank twice in a round";
  /// The refreshes of the stack id, and which of them is the one at `at`.
  auto ofStack = [](const Lines &log, size_t at, size_t &which) {
    std::vector<size_t> out;
    for (size_t i = 0; i < log.size(); ++i)
      if (log[i].command == "REFpb" && together(log[at], log[i], Where::Stack)) {
        which = i <= at ? out.size() : which;
        out.push_back(i);
      }
    return out;
  };
  out.push_back({"a bank refreshed twice", twice, [=](const Device &d, Random &random, Lines &log) {
                   const size_t at = draw(log, random, command({"REFpb"}));
                   size_t which = 0;
                   if (at == log.size())
                     return false;
                   ofStack(log, at, which);
                   if ((which + 1) % round(d) == 0)
                     return false; // after the last of a round any bank may come
                   Line again = log[at];
                   again.halves += 2;
                   log.insert(log.begin() + int64_t(at) + 1, again);
                   return true;
                 }});
  out.push_back({"a refresh of a bank missing", twice, [=](const Device &d, Random &random, Lines &log) {
                   const size_t at = draw(log, random, command({"REFpb"}));
                   size_t which = 0;
                   if (at == log.size())
                     return false;
                   const std::vector<size_t> all = ofStack(log, at, which);
                   const size_t nextRound = (which / round(d) + 1) * round(d);
                   if (nextRound >= all.size() || together(log[at], log[all[nextRound]], Where::Bank))
                     return false; // the next round must begin with another bank
                   log.erase(log.begin() + int64_t(at));
                   return true;
                 }});
  for (const char *name : {"REFpb", "REFab"})
    out.push_back({fmt::format("no {} any more", name), "refresh is late",
                   [name](const Device &d, Random &random, Lines &log) {
                     const size_t at = draw(log, random, command({name}));
                     if (at == log.size())
                       return false;
                     const Line from = log[at];
                     // Its stack id goes on working, for longer than refreshes may be put off.
                     Line late = from;
                     late.command = "PRE", late.group = late.bank = 0;
                     late.halves = log.back().halves + int64_t(24 * d.REFI);
                     std::erase_if(log, [&](const Line &l) {
                       return l.command == name && l.halves >= from.halves && together(l, from, Where::Stack);
                     });
                     log.push_back(late);
                     return true;
                   }});
}

} // namespace

std::vector<Plant> plants() {
  std::vector<Plant> out;
  timings(out), edges(out), buses(out), states(out), refreshes(out);
  return out;
}

} // namespace garam::test
