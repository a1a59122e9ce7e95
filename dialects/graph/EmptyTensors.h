// Tensors without elements.
#pragma once

#include "dialects/graph/Graph.h"

namespace garam::graph {

bool isEmpty(mlir::Type type);

/// Registers the folds with the dialect.
void addEmptyTensorFolds(GraphDialect &dialect);

} // namespace garam::graph
