#include "tests/twin/compare/Coverage.h"

#include "runtime/Error.h"

#include <cctype>
#include <fstream>
#include <sstream>

namespace garam::twin {

const std::vector<CoveredElsewhere> kElsewhere = {
    {"M3", "`tests/sim/units/determinism_test.cpp`: units constructed in either order, and on another thread"},
    {"S5", "`tests/sim/units/bad_program_test.cpp`: programs drawn here are valid"},
    {"H4", "`tests/sim/units/machine_test.cpp`: the machine on `PlainMemory.cpp`"},
    {"T2",
     "`tests/sim/units/traffic_test.cpp`: lists drawn in mode *cycles*; compared programs of that mode have none"},
    {"P1", "`tests/python/api/energy_test.py`: no cycle of the machine"},
    {"P2", "as P1"},
    {"P3", "as P1"},
    {"P4", "as P1"},
    {"O1", "`tests/sim/units/timing_test.cpp`: no cycle of the machine"},
    {"MD1", "`tests/sim/memory/replay_test.cpp`: the memory alone, with requests of a file"},
};

std::vector<std::string> rulesOf(const std::string &page) {
  std::vector<std::string> found;
  std::ifstream file(page);
  for (std::string line; std::getline(file, line);) {
    size_t at = 0;
    while (at < line.size() && at < 2 && std::isupper(uint8_t(line[at])))
      ++at;
    const size_t letters = at;
    while (at < line.size() && std::isdigit(uint8_t(line[at])))
      ++at;
    if (letters && at > letters && line.substr(at, 2) == ". ")
      found.push_back(line.substr(0, at));
  }
  return found;
}

void writeCoverage(const Campaign &campaign, const std::string &page) {
  constexpr std::string_view kBegin = "<!-- rules -->\n", kEnd = "<!-- end of rules -->";
  std::ifstream in(page);
  std::stringstream read;
  read << in.rdbuf();
  std::string text = read.str();
  const size_t begin = text.find(kBegin), end = text.find(kEnd);
  if (begin == text.npos || end == text.npos)
    throw rt::inputError(page, "no place for the table of rules",
                         fmt::format("needed: {}… {}", kBegin.substr(0, kBegin.size() - 1), kEnd));
  std::string table =
      fmt::format("{} programs, {} instructions, {} cycles.\n\n| rule | programs | times |\n|---|---|---|\n",
                  campaign.programs, campaign.instructions, campaign.cycles);
  for (size_t i = 0; i < test::kRules; ++i)
    fmt::format_to(std::back_inserter(table), "| {} | {} | {} |\n", test::kRuleNames[i], campaign.rules[i].programs,
                   campaign.rules[i].times);
  table += "\n| rule | covered by |\n|---|---|\n";
  for (const CoveredElsewhere &each : kElsewhere)
    fmt::format_to(std::back_inserter(table), "| {} | {} |\n", each.rule, each.by);
  text.replace(begin + kBegin.size(), end - begin - kBegin.size(), table);
  std::ofstream out(page);
  out << text;
  out.close();
  if (!out)
    throw rt::inputError(page, "cannot be written", "allowed: a file that exists");
}

} // namespace garam::twin
