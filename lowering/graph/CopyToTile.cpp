// Concat and cache update: copies into parts of a result, one phase for each part.
#include "lowering/graph/Lower.h"

using namespace mlir;

namespace garam::lowering {

/// A phase that copies `value`, a view of memory, to where `store` says in `target`.
static LogicalResult copyPart(Lowering &lowering, Value value, const View &store, Value target,
                              Value position = Value(), int64_t positionStride = 0) {
  std::optional<View> view = viewOf(value);
  if (!view || !isa<BlockArgument>(view->base))
    return lowering.info.group.emitOpError("reads through views that strides cannot express");
  RowGroup group;
  SmallVector<int64_t> sizes(shapeOf(value));
  int64_t columns = sizes.empty() ? 1 : sizes.pop_back_val();
  if (sizes.empty())
    sizes.push_back(1);
  group.space = {sizes, columns};
  group.loads.insert({value, accessOf(*view, sizes, columns)});
  group.stores.push_back(accessOf(store, sizes, columns));
  group.stores.back().position = position, group.stores.back().positionStride = positionStride;
  DenseMap<Value, Extent> extents{{value, group.loads.begin()->second.extent}};
  mergeRows(group.space, {&group.loads.begin()->second, &group.stores.front()});
  FailureOr<RowPlan> plan = planRows({}, {value}, Value(), extents, columns);
  if (failed(plan))
    return failure();
  group.plan = std::move(*plan);
  return emitRows(lowering, group, {target});
}

LogicalResult lowerConcat(Lowering &lowering) {
  auto concat = cast<graph::ConcatOp>(lowering.info.root);
  // The parts are slices of the concat, which may itself be stored through views.
  const View &whole = lowering.info.outputs.front().store;
  int64_t at = 0;
  for (Value input : concat.getInputs()) {
    View part = whole;
    part.sizes.assign(shapeOf(input).begin(), shapeOf(input).end());
    part.offset += at * whole.strides[concat.getDim()];
    at += part.sizes[concat.getDim()];
    if (failed(copyPart(lowering, input, part, lowering.results.front())))
      return failure();
  }
  return success();
}

LogicalResult lowerUpdate(Lowering &lowering) {
  auto update = cast<graph::KvUpdateOp>(lowering.info.root);
  Value target = lowering.results.front();
  View cache = View::dense(update.getResult());
  std::optional<View> old = viewOf(update.getCache());
  if (!old || !old->isDense() || lowering.memory.lookup(old->base) != target) {
    if (failed(copyPart(lowering, update.getCache(), cache, target)))
      return failure();
    lowering.emit.barrier(lowering.scope());
  }
  View rows = cache;
  rows.sizes.assign(shapeOf(update.getRows()).begin(), shapeOf(update.getRows()).end());
  int64_t rank = rows.rank();
  return copyPart(lowering, update.getRows(), rows, target, update.getPos(), cache.strides[rank - 2]);
}

} // namespace garam::lowering
