// What a launch can tell its kernel, before kernels are formed: one parameter for each tensor that is no weight and for
// each value, one for all weights, one for workspace. Ops that together need more become several kernels.
#pragma once

#include "dialects/graph/Graph.h"

#include "llvm/ADT/SmallVector.h"

#include <vector>

namespace garam::lowering {

/// Whether a constant stays where it is used: one number, and every use takes a number.
bool staysInside(graph::ConstantOp constant);

/// Whether the function can be a kernel of its own, whatever its body becomes.
bool fitsLaunch(mlir::func::FuncOp function, mlir::ModuleOp module);

/// `ops`, of one block and in its order, in as few pieces as fit a launch each. A concat that alone does not fit is
/// replaced by concats of its parts.
std::vector<llvm::SmallVector<mlir::Operation *>> cutToLaunches(llvm::ArrayRef<mlir::Operation *> ops);

} // namespace garam::lowering
