// Which engine does a tile op, and with which bytes.
#pragma once

#include "lowering/tile/Operands.h"

namespace garam::lowering {

/// dma_in: load, gather. dma_out: store, scatter. matrix: matmul. vector: the rest. The sequencer reads.
class EngineConverter {
public:
  explicit EngineConverter(OperandBuilder &operands) : operands(operands) {}

  /// Appends the task op for `op` at the builder's place; results are mapped in `values`.
  mlir::LogicalResult convert(mlir::OpBuilder &b, mlir::Operation *op, mlir::IRMapping &values);

private:
  mlir::LogicalResult transfer(mlir::OpBuilder &b, mlir::Operation *op, mlir::Value from, mlir::Value indices,
                               mlir::Value to, bool load);
  mlir::LogicalResult matmul(mlir::OpBuilder &b, tile::MatmulOp op, mlir::IRMapping &values);
  mlir::LogicalResult map(mlir::OpBuilder &b, tile::MapOp op, mlir::IRMapping &values);
  mlir::LogicalResult rotate(mlir::OpBuilder &b, tile::RotateOp op);
  template <class Task, class Tile> mlir::LogicalResult rows(mlir::OpBuilder &b, Tile op);
  mlir::LogicalResult read(mlir::OpBuilder &b, tile::ReadOp op, mlir::IRMapping &values);

  OperandBuilder &operands;
};

} // namespace garam::lowering
