// Building the tile level: index arithmetic that folds, buffers, windows into memory.
#pragma once

#include "dialects/tile/Tile.h"
#include "lowering/graph/Views.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Builders.h"

#include <functional>

namespace garam::lowering {

using mlir::OpFoldResult;
using mlir::Value;

class Emit {
public:
  Emit(mlir::OpBuilder &builder, mlir::Location loc) : builder(builder), loc(loc) {}

  mlir::OpBuilder &builder;
  mlir::Location loc;

  // ---- index arithmetic: constants fold
  OpFoldResult number(int64_t value) const { return builder.getIndexAttr(value); }
  OpFoldResult add(OpFoldResult a, OpFoldResult b);
  OpFoldResult sub(OpFoldResult a, OpFoldResult b);
  OpFoldResult mul(OpFoldResult a, int64_t b);
  OpFoldResult min(OpFoldResult a, OpFoldResult b);
  OpFoldResult max(OpFoldResult a, OpFoldResult b);
  Value value(OpFoldResult a);

  // ---- buffers
  Value alloc(llvm::ArrayRef<int64_t> shape, mlir::Type type, tile::Mem memory = tile::Mem::l1, int64_t depth = 1);
  /// The leading `sizes` of a buffer; the buffer itself where they are all of it.
  Value head(Value buffer, llvm::ArrayRef<OpFoldResult> sizes);
  /// `sizes` from `offsets` on.
  Value part(Value buffer, llvm::ArrayRef<OpFoldResult> offsets, llvm::ArrayRef<OpFoldResult> sizes);
  /// Any strided window of a dense buffer, in elements.
  Value window(Value buffer, OpFoldResult offset, llvm::ArrayRef<OpFoldResult> sizes, llvm::ArrayRef<int64_t> strides);

  // ---- control
  /// A phase over `grid` cores; the body is told their indices.
  void phase(llvm::ArrayRef<int64_t> grid, llvm::function_ref<void(llvm::ArrayRef<Value>)> body);
  /// for i = lower; i < upper; i += step. No loop where it has exactly one trip that is known.
  void loop(OpFoldResult lower, OpFoldResult upper, int64_t step, llvm::function_ref<void(OpFoldResult)> body);
  /// The trips of `trips` that fall to core `core` of `cores`: core, core + cores, ….
  void share(Value core, int64_t trips, int64_t cores, llvm::function_ref<void(OpFoldResult)> body);
  void barrier(tile::Scope scope);

  // ---- steps
  void map(mlir::ValueRange sources, Value target, Value reduced, tile::ChainAttr chain, Value scalar = Value());
};

/// Constant value, if it is one.
std::optional<int64_t> constantOf(OpFoldResult value);

} // namespace garam::lowering
