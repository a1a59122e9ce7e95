// What the cores do to the memory they share: no two touch a byte between the same barriers, one of them writing.
#pragma once

#include "lowering/task/Engines.h"

#include <memory>

namespace garam::lowering {

struct CoreRun {
  int64_t core;
  Trace trace;
  std::shared_ptr<const EngineProof> proof;
};

/// Diagnoses a race on hbm or shared, between cores or between dma_in and dma_out of one, and barriers that do not
/// match.
mlir::LogicalResult proveCores(const Script &script, llvm::ArrayRef<CoreRun> runs);

} // namespace garam::lowering
