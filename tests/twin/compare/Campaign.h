// Many random programs, and what became of them.
#pragma once

#include "tests/twin/compare/Compare.h"
#include "tests/twin/programs/RandomChip.h"

#include <functional>

namespace garam::twin {

struct CampaignOptions {
  std::string chip; ///< a name, a path, or `random`: a chip of its own for each program
  int64_t programs = 300;
  uint64_t seed = 1;                     ///< of the first program; the others follow
  bool modes = true;                     ///< modes *values* and *cycles* too, for every third program
  bool firstOnly = false;                ///< ends with the first program that differs, and does not make it smaller
  std::function<void(int64_t)> progress; ///< gets the number of programs done
};

struct Campaign {
  int64_t programs = 0, instructions = 0, cycles = 0, cyclesApart = 0, bitsApart = 0;
  struct RuleUse {
    int64_t programs = 0, times = 0;
  };
  std::array<RuleUse, test::kRules> rules{};
  struct First {
    uint64_t seed; ///< of the program
    DrawnChip chip;
    Apart apart; ///< in the smallest program
    std::string error;
    rt::Program smallest;
  };
  std::optional<First> first;

  bool same() const { return !cyclesApart && !bitsApart; }
  /// Adds the figures of another one.
  void add(Campaign other);
};

Campaign campaign(const CampaignOptions &options);

/// What differs, how to have it again, and the smallest program.
std::string describe(const Campaign::First &first);
/// One line of JSON, as `garam-twin --json` gives it.
std::string toJson(const Campaign &campaign);
/// Writes the smallest program with its bytes (`NAME.garam`), and what `describe` says (`NAME.txt`), and its DRAM
/// preset if it has one, into a folder.
void keep(const Campaign::First &first, const std::string &folder);

} // namespace garam::twin
