// Plan to program.
#pragma once

#include "runtime/program/Program.h"
#include "tests/twin/programs/Plan.h"

namespace garam::twin {

/// A program without races that ends, by construction: every wait is for a signal that comes earlier in the one order
/// in which the plan was drawn, and every conflict of two accesses has such a pair between them.
rt::Program assemble(const rt::Chip &chip, const Plan &plan);

} // namespace garam::twin
