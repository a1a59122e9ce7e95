// What the engines of one core do with a trace: proofs of progress and of order inside the core.
#pragma once

#include "lowering/task/Script.h"

#include <array>

namespace garam::lowering {

/// For each engine, how many of its instructions are known to be complete.
using Clocks = std::array<int32_t, rt::kEngines>;

/// What other cores need to know of an executed instruction that touches global memory: the barriers it lies between.
struct EventOrder {
  int32_t index = 0;                     ///< of the instruction among those of its engine, from 1
  Clocks known{};                        ///< complete when it starts
  int32_t firstEpoch = 0, lastEpoch = 0; ///< it runs after barrier number `firstEpoch` and before `lastEpoch` + 1
};

struct EngineProof {
  std::vector<EventOrder> order; ///< for each event of the trace
  std::vector<int> barriers;     ///< scopes, in order
};

/// Executes the trace with queues of `queueDepth`: diagnoses deadlock, semaphores that overflow or are signalled in no
/// order, and accesses to bytes of this core's memory that nothing orders. `epochScope`: barriers of this scope or a
/// wider one end an epoch.
mlir::FailureOr<EngineProof> proveEngines(const Script &script, const Trace &trace, int64_t queueDepth, int epochScope,
                                          int64_t core);

} // namespace garam::lowering
