// What the conversions of each kind of group share: the memory of its values, and the tiles of a row plan.
#pragma once

#include "lowering/graph/Emit.h"
#include "lowering/graph/GroupInfo.h"
#include "runtime/chip/Chip.h"

namespace garam::lowering {

/// A group being converted.
struct Lowering {
  const rt::Chip &chip;
  const GroupInfo &info;
  Emit emit;
  llvm::DenseMap<mlir::Value, mlir::Value> memory; ///< block argument: its buffer, or the index it stands for
  llvm::SmallVector<mlir::Value> results;          ///< buffer of each result

  /// What is emitted next belongs to `op` of this group; to the group itself if null.
  void at(mlir::Operation *op);
  /// Cores that a barrier between phases brings together: all; those of the die where there is one.
  tile::Scope scope() const { return chip.topology.dies == 1 ? tile::Scope::die : tile::Scope::chip; }
  graph::MappingAttr mapping() const { return *info.group.getMapping(); }
  /// A size of the mapping, complete after graph-verify-mapped.
  int64_t size(llvm::StringRef key, llvm::StringRef name) const { return mapping().size(key, name).value_or(1); }
};

/// The phase of a group of rows; `targets` hold its results.
mlir::LogicalResult emitRows(Lowering &lowering, const RowGroup &group, llvm::ArrayRef<mlir::Value> targets);
mlir::LogicalResult lowerRows(Lowering &lowering);
mlir::LogicalResult lowerMatmul(Lowering &lowering);
mlir::LogicalResult lowerAttention(Lowering &lowering);
mlir::LogicalResult lowerReduceRows(Lowering &lowering);
mlir::LogicalResult lowerConcat(Lowering &lowering);
mlir::LogicalResult lowerUpdate(Lowering &lowering);

/// Where a tile stands: indices of the row dimensions up to the split, its size along the split, its columns.
struct TilePlace {
  llvm::SmallVector<OpFoldResult> rows; ///< first index in each dimension up to and including the split
  OpFoldResult count;                   ///< steps of the split dimension
  OpFoldResult column, columns;
};

/// Moves and computes the tiles of a row plan.
class RowTiles {
public:
  RowTiles(Lowering &lowering, const RowSpace &space, const RowTiling &tiling, int64_t columns)
      : lowering(lowering), emit(lowering.emit), space(space), tiling(tiling), columns(columns) {}

  /// Window of `base` for a tile that `access` describes, shaped [count, inner dimensions, columns].
  Value window(Value base, const Access &access, const TilePlace &place);
  /// Buffer of an extent: [rows, columns], [1, columns], [rows, 1] or [1, 1] at most.
  Value alloc(Extent extent, mlir::Type type, int64_t depth);
  /// The part of such a buffer that the tile uses.
  Value used(Value buffer, Extent extent, const TilePlace &place);
  /// Loads into a buffer of the access's extent.
  void load(Value base, const Access &access, const TilePlace &place, Value buffer);
  void store(Value buffer, Extent extent, Value base, const Access &access, const TilePlace &place);

  /// Buffers of the plan filled so far: leaves that are loaded outside, the accumulator.
  llvm::DenseMap<int, Value> filled;
  /// Loads the leaves that are the same for all rows, into buffers of `depth` slots.
  void loadShared(const RowPlan &plan, const llvm::MapVector<Value, Access> &loads, const TilePlace &place,
                  int64_t depth = 1);
  /// One tile: loads the other leaves, runs the steps, stores the results.
  mlir::LogicalResult run(const RowPlan &plan, const llvm::MapVector<Value, Access> &loads,
                          llvm::ArrayRef<Access> stores, llvm::ArrayRef<Value> targets, const TilePlace &place,
                          int64_t loadDepth, int64_t storeDepth);

  OpFoldResult rowCount(const TilePlace &place) { return emit.mul(place.count, tiling.inner); }

private:
  /// Shape of a tile in memory: [count, inner…, columns], for the extent.
  llvm::SmallVector<OpFoldResult> shape(Extent extent, const TilePlace &place);
  Value inMemoryShape(Value buffer, Extent extent, const TilePlace &place);

  Lowering &lowering;
  Emit &emit;
  const RowSpace &space;
  const RowTiling &tiling;
  int64_t columns; ///< of a whole tile
};

/// A chain for tile.map.
tile::ChainAttr chainAttr(mlir::MLIRContext *context, const rt::Chain &chain);

} // namespace garam::lowering
