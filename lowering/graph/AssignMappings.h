// The mapping of every group of a module, and what the program then takes.
#pragma once

#include "lowering/graph/MappingFile.h"
#include "runtime/chip/Chip.h"

namespace garam::lowering {

/// Gives each group the mapping of the file, if there is one with an entry for it, or else the cheapest. Expected
/// cycles of all launches, barriers and starts among them; a group whose mapping was given counts as nothing.
mlir::FailureOr<double> assignMappings(mlir::ModuleOp module, const rt::Chip &chip, MappingFile *file);

} // namespace garam::lowering
