// The chip that a module is compiled for.
#pragma once

#include "runtime/chip/Chip.h"

#include "mlir/IR/BuiltinOps.h"

namespace garam::lowering {

/// Reads the file that `graph.chip` on the module names, with the overrides of `garam.set` (an array of "table.key=value") and
/// the dies of `garam.dies`. A missing attribute or a bad file is a diagnostic.
mlir::FailureOr<rt::Chip> chipOf(mlir::ModuleOp module);

}  // namespace garam::lowering
