// Reductions over a dimension that is not the last: each core takes columns and adds up tiles of rows.
#include "lowering/graph/Lower.h"

#include <limits>

using namespace mlir;
using garam::rt::Reduction;
using garam::rt::StepArg;
using garam::rt::StepOp;

namespace garam::lowering {

LogicalResult lowerReduceRows(Lowering &lowering) {
  auto reduce = cast<graph::ReduceOp>(lowering.info.root);
  Emit &emit = lowering.emit;
  std::optional<View> source = viewOf(reduce.getX());
  if (!source || !isa<BlockArgument>(source->base))
    return reduce.emitOpError("reads through views that strides cannot express");
  int64_t dim = reduce.getDim(), depth = source->sizes[dim];
  View target = lowering.info.outputs.front().store;
  if (reduce.getKeepdim())
    target.sizes.erase(target.sizes.begin() + dim), target.strides.erase(target.strides.begin() + dim);
  SmallVector<int64_t> outer(source->sizes), from(source->strides), to(target.strides);
  int64_t depthStride = from[dim];
  outer.erase(outer.begin() + dim), from.erase(from.begin() + dim);
  // Trailing dimensions walked by one stride on both sides are the columns.
  int64_t columns = outer.pop_back_val(), fromColumn = from.pop_back_val(), toColumn = to.pop_back_val();
  while (!outer.empty() && from.back() == fromColumn * columns && to.back() == toColumn * columns) {
    columns *= outer.pop_back_val();
    from.pop_back(), to.pop_back();
  }
  int64_t width = std::min(lowering.size("tile", "columns"), columns),
          height = std::min(lowering.size("tile", "rows"), depth);
  SmallVector<int64_t> work(outer);
  work.push_back(ceilDiv(columns, width));
  SmallVector<int64_t> grid = spread(work, lowering.size("grid", "cores"));

  graph::ReduceKind kind = reduce.getKind();
  Reduction reduction = kind == graph::ReduceKind::Max   ? Reduction::Max
                        : kind == graph::ReduceKind::Min ? Reduction::Min
                                                         : Reduction::Sum;
  StepOp combine = reduction == Reduction::Max ? StepOp::Max : reduction == Reduction::Min ? StepOp::Min : StepOp::Add;
  float infinity = std::numeric_limits<float>::infinity();
  float identity = reduction == Reduction::Max ? -infinity : reduction == Reduction::Min ? infinity : 0;
  MLIRContext *context = emit.builder.getContext();
  Type f32 = emit.builder.getF32Type(), element = cast<RankedTensorType>(reduce.getX().getType()).getElementType();
  Type result = cast<RankedTensorType>(reduce.getType()).getElementType();
  lowering.at(reduce);

  emit.phase(grid, [&](ArrayRef<Value> core) {
    SmallVector<OpFoldResult> place;
    auto tile = [&](OpFoldResult index) {
      OpFoldResult column = emit.mul(index, width);
      OpFoldResult size = columns % width == 0 ? emit.number(width)
                                               : emit.min(emit.number(width), emit.sub(emit.number(columns), column));
      OpFoldResult readAt = emit.add(emit.number(source->offset), emit.mul(column, fromColumn)),
                   writeAt = emit.mul(column, toColumn);
      for (auto [at, read, write] : llvm::zip(place, from, to))
        readAt = emit.add(readAt, emit.mul(at, read)), writeAt = emit.add(writeAt, emit.mul(at, write));
      SmallVector<OpFoldResult> row{emit.number(1), size};
      Value sum = emit.head(emit.alloc({1, width}, f32), row);
      bool one = height == depth;
      if (!one)
        emit.map({}, sum, Value(), tile::ChainBuilder().step(StepOp::Set, identity).get(context));
      emit.loop(emit.number(0), emit.number(ceilDiv(depth, height)), 1, [&](OpFoldResult step) {
        OpFoldResult first = emit.mul(step, height);
        OpFoldResult rows = depth % height == 0 ? emit.number(height)
                                                : emit.min(emit.number(height), emit.sub(emit.number(depth), first));
        SmallVector<OpFoldResult> sizes{rows, size};
        Value buffer = emit.head(emit.alloc({height, width}, element, tile::Mem::l1, one ? 1 : 2), sizes);
        Value memory = lowering.memory.lookup(source->base);
        SmallVector<int64_t> strides{constantOf(rows) == 1 ? 1 : depthStride, constantOf(size) == 1 ? 1 : fromColumn};
        tile::LoadOp::create(emit.builder, emit.loc,
                             emit.window(memory, emit.add(readAt, emit.mul(first, depthStride)), sizes, strides),
                             buffer);
        Value partial = one ? sum : emit.head(emit.alloc({1, width}, f32), row);
        emit.map({buffer}, Value(), partial, tile::ChainBuilder().reduce(reduction, true).get(context));
        if (!one)
          emit.map({sum, partial}, sum, Value(), tile::ChainBuilder().step(combine, StepArg::S1).get(context));
      });
      tile::ChainBuilder finish;
      if (kind == graph::ReduceKind::Mean)
        finish.step(StepOp::Mul, 1.0f / float(depth));
      Value out = emit.head(emit.alloc({1, width}, result), row);
      emit.map({sum}, out, Value(), finish.get(context));
      SmallVector<int64_t> strides{1, constantOf(size) == 1 ? 1 : toColumn};
      tile::StoreOp::create(emit.builder, emit.loc, out, emit.window(lowering.results.front(), writeAt, row, strides));
    };
    auto nest = [&](auto &&self, size_t level) -> void {
      emit.share(core[level], work[level], grid[level], [&](OpFoldResult index) {
        if (level + 1 == work.size())
          return tile(index);
        place.push_back(index);
        self(self, level + 1);
        place.pop_back();
      });
    };
    nest(nest, 0);
  });
  return success();
}

} // namespace garam::lowering
