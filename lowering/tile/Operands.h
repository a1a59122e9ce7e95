// A memref of the tile level as bytes: base buffer, offset, strides, sizes.
#pragma once

#include "dialects/task/Task.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"

namespace garam::lowering {

struct Operand {
  mlir::Value buffer, offset;                  ///< `!task.buffer`, bytes
  llvm::SmallVector<mlir::OpFoldResult> sizes; ///< elements
  llvm::SmallVector<int64_t> strides;          ///< bytes
  mlir::Type element;

  int64_t elementBytes() const { return rt::byteSize(*tile::dtypeOf(element)); }
  int64_t rank() const { return int64_t(sizes.size()); }
};

/// Rows × columns of an operand of rank 1 or 2, the columns contiguous.
struct Plane {
  mlir::OpFoldResult rows, columns;
  int64_t stride; ///< bytes between rows
};
Plane planeOf(mlir::Builder &builder, const Operand &operand);

/// Turns memrefs into operands, with the arithmetic of their offsets at the builder's place.
class OperandBuilder {
public:
  /// `values`: tile values (index) to task values. `buffers`: base memrefs to task buffers.
  OperandBuilder(mlir::IRMapping &values, llvm::DenseMap<mlir::Value, mlir::Value> &buffers)
      : values(values), buffers(buffers) {}

  mlir::FailureOr<Operand> resolve(mlir::OpBuilder &builder, mlir::Value memref);
  mlir::OpFoldResult map(mlir::OpFoldResult size) const;

private:
  mlir::IRMapping &values;
  llvm::DenseMap<mlir::Value, mlir::Value> &buffers;
};

mlir::Value constantIndex(mlir::OpBuilder &builder, mlir::Location loc, int64_t value);
/// base + size · factor.
mlir::Value addScaled(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value base, mlir::OpFoldResult size,
                      int64_t factor);
/// Splits sizes as task ops hold them.
void splitSizes(llvm::ArrayRef<mlir::OpFoldResult> sizes, llvm::SmallVectorImpl<mlir::Value> &dynamic,
                llvm::SmallVectorImpl<int64_t> &fixed);

} // namespace garam::lowering
