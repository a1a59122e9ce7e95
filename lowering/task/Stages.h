// The order of accesses to one buffer: stages, and the edges between them.
#pragma once

#include "lowering/task/Edges.h"

namespace garam::lowering {

/// Edges that order all accesses to `alloc`'s buffer within an iteration of the block that holds it, and the reuse of
/// its slots in later iterations. `phase` is the phase around it; null for a buffer of the kernel's body.
void orderBuffer(task::AllocOp alloc, task::PhaseOp phase, std::vector<Edge> &edges);

} // namespace garam::lowering
