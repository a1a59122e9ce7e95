// The smallest program of a plan on which the models still differ.
#pragma once

#include "tests/twin/compare/Compare.h"

namespace garam::twin {

/// Takes launches, blocks and tasks away as long as something stays apart. `chip` is that of the plan.
Plan shrink(const rt::Chip &chip, Plan plan);

} // namespace garam::twin
