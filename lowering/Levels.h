// What Compile.cpp needs to know of a module between levels.
#pragma once

#include "lowering/Pipeline.h"

#include "mlir/IR/BuiltinOps.h"

namespace mlir {
class OpPassManager;
}

namespace garam {

/// The level a module is at, by the ops it holds.
Level levelOf(mlir::ModuleOp module);

/// Writes the chip and the facts about the model on the module, for the passes to read. Facts that the text carries
/// stay where the options say nothing.
void stampModule(mlir::ModuleOp module, const CompileOptions &options);

/// The passes that bring a module to `level` from the one before; where the text starts at `level`, only those that
/// close it.
void buildPipeline(mlir::OpPassManager &manager, Level level, bool startsHere, const CompileOptions &options);

} // namespace garam
