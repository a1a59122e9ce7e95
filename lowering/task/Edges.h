// Orders between engines: an edge is a semaphore that one engine signals after an op and another waits for before an
// op.
#pragma once

#include "dialects/task/Task.h"

#include <vector>

namespace garam::lowering {

struct Edge {
  task::Engine from, to;
  mlir::Operation *after, *before; ///< ops of blocks that run equally often
  int64_t credit = 0;              ///< tokens that `to` gives itself at the start of `scope` and takes back at its end
  mlir::Operation *scope =
      nullptr; ///< with credit: the phase (a ring of slots) or the loop (one token) that it lasts for
};

/// Edges that others imply are dropped: engines complete in order, so of two signals to one wait the later is enough,
/// and of two waits for one signal the earlier.
void dropImplied(std::vector<Edge> &edges);

/// Writes the edges into the ops: on the op itself where it belongs to the engine, else as task.sync beside it.
/// Semaphores are numbered from `next`.
void materialize(llvm::ArrayRef<Edge> edges, int64_t &next);

} // namespace garam::lowering
