// Many random programs, and what became of them.
#pragma once

#include "tests/twin/compare/Compare.h"

#include <functional>

namespace garam::twin {

struct Campaign {
  int64_t programs = 0, instructions = 0, cycles = 0, cyclesApart = 0, bitsApart = 0;
  struct First {
    uint64_t seed; ///< of the program
    Apart apart;   ///< in the smallest program
    std::string error, listing;
  };
  std::optional<First> first;
};

/// `chip` is a name, a path, or `random`: a chip of its own for each program. `progress` gets the number of programs done.
Campaign campaign(const std::string &chip, int64_t programs, uint64_t seed, const std::function<void(int64_t)> &progress = nullptr);

/// One line of JSON, as `garam-twin --json` gives it.
std::string toJson(const Campaign &campaign);

} // namespace garam::twin
