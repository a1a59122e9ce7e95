// What a group computes, read from its region: root, members, results and how they lie in memory.
#pragma once

#include "lowering/graph/Drafts.h"
#include "lowering/graph/RowPlan.h"
#include "lowering/graph/Views.h"

#include <vector>

namespace garam::lowering {

/// A result: the value that is computed, and where it lies in the (dense) result of the group.
struct GroupOutput {
  mlir::Value value;
  View store;
};

struct GroupInfo {
  mutable graph::GroupOp group; ///< MLIR's accessors are not const
  GroupKind kind;
  mlir::Operation *root = nullptr;              ///< null for copies and rows; the first of several products
  llvm::SmallVector<mlir::Operation *> members; ///< ops that are no views or constants, in order
  llvm::SmallVector<GroupOutput> outputs;
};

/// Reports what a group must not hold.
mlir::FailureOr<GroupInfo> analyze(graph::GroupOp group);

/// How one tensor meets the rows × columns of a group, in elements: one stride per row dimension and one for columns.
struct Access {
  View view;                       ///< sizes as the tensor's
  llvm::SmallVector<int64_t> rows; ///< stride per row dimension of the space
  int64_t column = 0;
  int64_t offset = 0;
  Extent extent = Extent::Full;
  mlir::Value position; ///< index added to the position along a row dimension; null: none
  int64_t positionStride = 0;
};

/// Rows × columns, the row dimensions merged as far as one stride walks them in every tensor.
struct RowSpace {
  llvm::SmallVector<int64_t> rows;
  int64_t columns = 1;
  int64_t rowCount() const { return elementsOf(rows); }
};

/// Access to `view`, whose last dimension is columns unless `rowsOnly` (one value per row).
Access accessOf(const View &view, llvm::ArrayRef<int64_t> rows, int64_t columns, bool rowsOnly = false);
/// Merges adjacent row dimensions that every access walks with one stride, and drops those of size 1.
void mergeRows(RowSpace &space, llvm::ArrayRef<Access *> accesses);

/// Everything about a group of rows (or a copy): space, loads by leaf, stores, plan.
struct RowGroup {
  RowSpace space;
  llvm::MapVector<mlir::Value, Access> loads;
  std::vector<Access> stores;
  RowPlan plan;
  bool elementwise = true; ///< no op looks along a row, so columns may be cut
};
mlir::FailureOr<RowGroup> rowGroup(const GroupInfo &info);

/// The part of a space that one tile covers: `tile` steps of dimension `split`, all of those inside it.
struct RowTiling {
  int64_t split = 0, tile = 1, inner = 1;
  llvm::SmallVector<int64_t> work; ///< trips: outer dimensions, then tiles of `split`
  int64_t rows() const { return tile * inner; }
};
/// `wanted` rows at most, at least one step of the last dimension; dimensions from `lastSplit` inward are never merged
/// into a tile where `lastSplit` says so (-1: any).
RowTiling tileRows(const RowSpace &space, int64_t wanted, bool lastOnly = false);

/// Cores along each dimension of `work`, at most `cores` in all, so that the busiest has least to do.
llvm::SmallVector<int64_t> spread(llvm::ArrayRef<int64_t> work, int64_t cores);
int64_t busiest(llvm::ArrayRef<int64_t> work, llvm::ArrayRef<int64_t> grid);

inline int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

} // namespace garam::lowering
