// A program over part of its batch: which tensors then are a part of what they were, and in which dimension.
#pragma once

#include "dialects/graph/Graph.h"

namespace garam::lowering {

/// Leading size of the first input; 1 where there is none.
int64_t batchOf(mlir::ModuleOp module);

/// Rewrites the module for one of `parts` equal parts of the batch: inputs and states whose leading size is the batch's
/// are split there, other arguments are the same for all parts. Each op is followed by its own rule. False, and a
/// module of no use, where a part would need what another one has.
bool splitBatch(mlir::ModuleOp module, int64_t parts);

} // namespace garam::lowering
