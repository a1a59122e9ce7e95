// Strided views: what reshape, transpose, slice and broadcast make of a dense tensor without moving a byte.
#pragma once

#include "dialects/graph/Graph.h"

#include "llvm/ADT/SmallVector.h"

#include <cstdint>
#include <optional>

namespace garam::lowering {

/// Element (i0, i1, …) lies at offset + Σ i·stride elements of `base`, a dense row-major tensor.
struct View {
  mlir::Value base;
  int64_t offset = 0;
  llvm::SmallVector<int64_t> sizes, strides;

  static View dense(mlir::Value value);
  int64_t rank() const { return int64_t(sizes.size()); }
  int64_t elements() const;
  /// Row-major over all elements of the base, in order.
  bool isDense() const;
};

/// Row-major strides.
llvm::SmallVector<int64_t> denseStrides(llvm::ArrayRef<int64_t> sizes);
/// The view with another shape of the same elements; nothing if strides cannot say it.
std::optional<View> reshaped(const View &view, llvm::ArrayRef<int64_t> sizes);

/// graph.reshape, transpose, slice or broadcast.
bool isViewOp(mlir::Operation *op);
/// What `op`, a view op, makes of the view of its operand; nothing if strides cannot say it.
std::optional<View> through(mlir::Operation *op, const View &operand);
/// The view of the operand of `op` that gives `result`: for reshape and transpose, which keep every element.
std::optional<View> back(mlir::Operation *op, const View &result);

/// The view that `value` is of a value that no view op defines; nothing if strides cannot say it.
std::optional<View> viewOf(mlir::Value value);

/// Shape of a tensor value.
llvm::ArrayRef<int64_t> shapeOf(mlir::Value value);
int64_t elementsOf(llvm::ArrayRef<int64_t> sizes);

/// Aligns at the right with `sizes` (NumPy's rule): leading dimensions are added, stretched ones get stride 0.
View broadcastTo(const View &view, llvm::ArrayRef<int64_t> sizes);

} // namespace garam::lowering
