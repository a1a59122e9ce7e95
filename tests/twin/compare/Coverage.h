// Which numbered rules of docs/hardware random programs let decide something.
#pragma once

#include "tests/twin/compare/Campaign.h"

#include <string>
#include <vector>

namespace garam::twin {

/// Rules that the twin does not count, and the test that is about them.
struct CoveredElsewhere {
  std::string_view rule, by;
};
extern const std::vector<CoveredElsewhere> kElsewhere;

/// Numbers of the rules that a page states (`M1. …` at the begin of a line), in its order.
std::vector<std::string> rulesOf(const std::string &page);

/// Puts the table of counted rules between the marks `<!-- rules -->` and `<!-- end of rules -->` of a page. Throws
/// rt::Error if it has none.
void writeCoverage(const Campaign &campaign, const std::string &page);

} // namespace garam::twin
