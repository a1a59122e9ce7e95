#include "lowering/graph/GroupInfo.h"

#include "lowering/graph/RowInsns.h"

using namespace mlir;

namespace garam::lowering {

FailureOr<GroupInfo> analyze(graph::GroupOp group) {
  GroupInfo info{group, GroupKind::Copy};
  Block &block = group.block();
  for (Operation &op : block.without_terminator()) {
    std::optional<GroupKind> kind = kindOf(&op);
    if (!kind) {
      if (isViewOp(&op) || isSplat(op.getResult(0)))
        continue;
      return op.emitOpError(
          "cannot be in a group; supported are the ops of the graph dialect, and constants of one number");
    }
    info.members.push_back(&op);
    if (*kind != GroupKind::Rows) {
      auto more = dyn_cast<graph::MatmulOp>(op), first = dyn_cast_or_null<graph::MatmulOp>(info.root);
      if (more && first && more.getA() == first.getA())
        continue;
      if (info.root)
        return op.emitOpError(
            "is a second root of a group; supported is one product, reduction over rows, concat or update");
      info.root = &op, info.kind = *kind;
    } else if (!info.root && info.kind == GroupKind::Copy) {
      info.kind = GroupKind::Rows;
    }
  }
  for (Value yielded : block.getTerminator()->getOperands()) {
    std::optional<View> view = View::dense(yielded);
    Value value = yielded;
    if (info.kind != GroupKind::Copy)
      for (; isViewOp(value.getDefiningOp()) && view; value = value.getDefiningOp()->getOperand(0))
        view = back(value.getDefiningOp(), *view);
    if (!view)
      return group.emitOpError("stores a result through views that strides cannot express; supported are reshapes and "
                               "transposes that keep runs of memory");
    info.outputs.push_back({value, *view});
  }
  return info;
}

Access accessOf(const View &view, ArrayRef<int64_t> rows, int64_t columns, bool rowsOnly) {
  SmallVector<int64_t> sizes(rows);
  View wide = view;
  if (rowsOnly)
    wide.sizes.push_back(1), wide.strides.push_back(0);
  sizes.push_back(columns);
  View spread = broadcastTo(wide, sizes);
  Access access{view, SmallVector<int64_t>(ArrayRef<int64_t>(spread.strides).drop_back()), spread.strides.back(),
                view.offset};
  bool manyRows = elementsOf(rows) != 1;
  bool sameRow = manyRows && llvm::all_of(llvm::zip(access.rows, rows),
                                          [](auto pair) { return std::get<0>(pair) == 0 || std::get<1>(pair) == 1; });
  bool sameColumn = columns != 1 && access.column == 0;
  access.extent = sameRow ? (sameColumn || columns == 1 ? Extent::Scalar : Extent::Row)
                          : (sameColumn ? (manyRows ? Extent::Column : Extent::Scalar) : Extent::Full);
  if (columns == 1)
    access.column = 1;
  return access;
}

void mergeRows(RowSpace &space, ArrayRef<Access *> accesses) {
  SmallVector<int64_t> kept, sizes;
  for (int64_t i = 0; i < int64_t(space.rows.size()); ++i) {
    if (space.rows[i] == 1)
      continue;
    bool merges = !kept.empty() && llvm::all_of(accesses, [&](Access *access) {
      return access->rows[kept.back()] == access->rows[i] * space.rows[i];
    });
    if (merges)
      sizes.back() *= space.rows[i], kept.back() = i;
    else
      sizes.push_back(space.rows[i]), kept.push_back(i);
  }
  for (Access *access : accesses) {
    SmallVector<int64_t> strides;
    for (int64_t i : kept)
      strides.push_back(access->rows[i]);
    if (strides.empty())
      strides.push_back(0);
    access->rows = strides;
  }
  if (sizes.empty())
    sizes.push_back(1);
  space.rows = sizes;
}

FailureOr<RowGroup> rowGroup(const GroupInfo &info) {
  RowGroup result;
  Location loc = info.group.getLoc();
  SmallVector<int64_t> sizes;
  for (Operation *op : info.members) {
    ArrayRef<int64_t> space = spaceOf(op);
    bool wider = space.size() > sizes.size() ||
                 (space.size() == sizes.size() && !space.empty() && sizes.back() == 1 && space.back() != 1);
    if (wider)
      sizes.assign(space.begin(), space.end());
    result.elementwise &= isElementwise(op);
  }
  if (info.members.empty())
    sizes.assign(shapeOf(info.outputs.front().value).begin(), shapeOf(info.outputs.front().value).end());
  if (sizes.empty())
    sizes.push_back(1);
  int64_t columns = sizes.pop_back_val();
  result.space = {sizes, columns};

  auto leaf = [&](Value value, bool rowsOnly) -> LogicalResult {
    if (result.loads.contains(value) || isSplat(value))
      return success();
    std::optional<View> view = viewOf(value);
    if (!view || !isa<BlockArgument>(view->base))
      return emitError(loc) << "group '" << info.group.getName() << "' reads through views that strides cannot express";
    result.loads.insert({value, accessOf(*view, sizes, columns, rowsOnly)});
    return success();
  };
  SmallPtrSet<Operation *, 16> members(info.members.begin(), info.members.end());
  for (Operation *op : info.members) {
    if (auto embedding = dyn_cast<graph::EmbeddingOp>(op)) {
      if (failed(leaf(embedding.getIds(), true)))
        return failure();
      continue; // the table is read by index
    }
    for (Value operand : op->getOperands()) {
      if (!isa<RankedTensorType>(operand.getType()) ||
          (operand.getDefiningOp() && members.contains(operand.getDefiningOp())))
        continue;
      auto rope = dyn_cast<graph::RopeOp>(op);
      if (rope && operand != rope.getX()) {
        // Row s of the table for row s of x: the last row dimension walks the table.
        std::optional<View> view = viewOf(operand);
        if (!view)
          return emitError(loc) << "group '" << info.group.getName()
                                << "' reads a table through views that strides cannot express";
        Access access{*view, SmallVector<int64_t>(sizes.size(), 0), view->strides[1], view->offset};
        access.rows.back() = view->strides[0];
        access.position = rope.getPos(), access.positionStride = view->strides[0];
        result.loads.insert({operand, access});
      } else if (failed(leaf(operand, false))) {
        return failure();
      }
    }
  }
  if (info.members.empty())
    for (const GroupOutput &output : info.outputs)
      if (failed(leaf(output.value, false)))
        return failure();
  for (const GroupOutput &output : info.outputs) {
    Operation *op = output.value.getDefiningOp();
    auto reduce = dyn_cast_or_null<graph::ReduceOp>(op);
    bool rowsOnly = op && members.contains(op) && (givesColumn(op) || (reduce && !reduce.getKeepdim()));
    Access access = accessOf(output.store, sizes, columns, rowsOnly);
    // One value per row has one writer: the core that has all of its columns.
    result.elementwise &= columns == 1 || access.extent == Extent::Full;
    result.stores.push_back(access);
  }
  SmallVector<Access *> accesses;
  DenseMap<Value, Extent> extents;
  for (auto &[value, access] : result.loads)
    accesses.push_back(&access), extents[value] = access.extent;
  for (Access &access : result.stores)
    accesses.push_back(&access);
  mergeRows(result.space, accesses);
  SmallVector<Value> results;
  for (const GroupOutput &output : info.outputs)
    results.push_back(output.value);
  FailureOr<RowPlan> plan = planRows(info.members, results, Value(), extents, columns);
  if (failed(plan))
    return failure();
  result.plan = std::move(*plan);
  return result;
}

RowTiling tileRows(const RowSpace &space, int64_t wanted, bool lastOnly) {
  RowTiling tiling;
  tiling.split = int64_t(space.rows.size()) - 1;
  while (!lastOnly && tiling.split > 0 && tiling.inner * space.rows[tiling.split] <= wanted)
    tiling.inner *= space.rows[tiling.split--];
  tiling.tile = std::clamp(wanted / tiling.inner, int64_t(1), space.rows[tiling.split]);
  for (int64_t i = 0; i < tiling.split; ++i)
    tiling.work.push_back(space.rows[i]);
  tiling.work.push_back(ceilDiv(space.rows[tiling.split], tiling.tile));
  return tiling;
}

int64_t busiest(ArrayRef<int64_t> work, ArrayRef<int64_t> grid) {
  int64_t most = 1;
  for (auto [trips, cores] : llvm::zip(work, grid))
    most *= ceilDiv(trips, cores);
  return most;
}

SmallVector<int64_t> spread(ArrayRef<int64_t> work, int64_t cores) {
  SmallVector<int64_t> best(work.size(), 1), grid(work.size(), 1);
  int64_t least = busiest(work, best);
  auto search = [&](auto &&self, size_t dim, int64_t left) -> void {
    if (dim == work.size()) {
      if (int64_t most = busiest(work, grid); most < least)
        least = most, best = grid;
      return;
    }
    for (int64_t size = 1; size <= std::min(left, work[dim]); ++size) {
      grid[dim] = size;
      self(self, dim + 1, left / size);
    }
    grid[dim] = 1;
  };
  search(search, 0, cores);
  return best;
}

} // namespace garam::lowering
