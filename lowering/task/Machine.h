// The chip that a module is compiled for.
#pragma once

#include "runtime/chip/Chip.h"

#include "mlir/IR/BuiltinOps.h"

#include <optional>

namespace garam::lowering {

/// On modules whose launches run once on each of so many dies, every die on its part of the batch in its own memory
/// (graph-split-batch). All levels then describe one part.
inline constexpr llvm::StringLiteral kPartsAttr = "garam.parts";
std::optional<int64_t> partsOf(mlir::ModuleOp module);

/// Reads the file that `graph.chip` on the module names, with the overrides of `garam.set` (an array of
/// "table.key=value") and the dies of `garam.dies`. A missing attribute or a bad file is a diagnostic.
mlir::FailureOr<rt::Chip> wholeChipOf(mlir::ModuleOp module);
/// What the text of the module runs on: that chip, or one die of it where there are parts.
mlir::FailureOr<rt::Chip> chipOf(mlir::ModuleOp module);

} // namespace garam::lowering
