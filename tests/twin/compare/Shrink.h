// The smallest plan that still differs.
#pragma once

#include "tests/twin/compare/Compare.h"
#include "tests/twin/programs/Plan.h"

namespace garam::twin {

/// Takes launches, blocks of instructions, loops, instructions, cores and sizes away as long as the models stay apart.
Plan shrink(const Models &models, Plan plan, bool modes);

} // namespace garam::twin
