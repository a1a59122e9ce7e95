// Tiles of a row plan: windows into memory, buffers, and the vector steps between them.
#include "lowering/graph/Lower.h"
#include "lowering/graph/RowInsns.h"

using namespace mlir;

namespace garam::lowering {

tile::ChainAttr chainAttr(MLIRContext *context, const rt::Chain &chain) {
  return tile::ChainAttr::get(context, chain.steps, DenseF32ArrayAttr::get(context, chain.constants), chain.integer,
                              chain.reduction, chain.reduceRows);
}

static bool hasRows(Extent extent) { return extent == Extent::Full || extent == Extent::Column; }
static bool hasColumns(Extent extent) { return extent == Extent::Full || extent == Extent::Row; }

SmallVector<OpFoldResult> RowTiles::shape(Extent extent, const TilePlace &place) {
  SmallVector<OpFoldResult> sizes;
  if (hasRows(extent)) {
    sizes.push_back(place.count);
    for (int64_t i = tiling.split + 1; i < int64_t(space.rows.size()); ++i)
      sizes.push_back(emit.number(space.rows[i]));
  } else {
    sizes.push_back(emit.number(1));
  }
  sizes.push_back(hasColumns(extent) ? place.columns : emit.number(1));
  return sizes;
}

Value RowTiles::window(Value base, const Access &access, const TilePlace &place) {
  OpFoldResult offset = emit.number(access.offset);
  SmallVector<int64_t> strides;
  if (hasRows(access.extent)) {
    for (auto [index, stride] : llvm::zip(place.rows, access.rows))
      offset = emit.add(offset, emit.mul(index, stride));
    for (int64_t i = tiling.split; i < int64_t(space.rows.size()); ++i)
      strides.push_back(access.rows[i]);
  } else {
    strides.push_back(0);
  }
  if (access.position)
    offset = emit.add(offset, emit.mul(lowering.memory.lookup(access.position), access.positionStride));
  if (hasColumns(access.extent))
    offset = emit.add(offset, emit.mul(place.column, access.column));
  strides.push_back(hasColumns(access.extent) ? access.column : 1);
  SmallVector<OpFoldResult> sizes = shape(access.extent, place);
  // A stride that nothing walks is written as one, so that types of equal windows are equal.
  for (auto [size, stride] : llvm::zip(sizes, strides))
    if (constantOf(size) == 1)
      stride = 1;
  return emit.window(base, offset, sizes, strides);
}

Value RowTiles::alloc(Extent extent, Type type, int64_t depth) {
  return emit.alloc({hasRows(extent) ? tiling.rows() : 1, hasColumns(extent) ? columns : 1}, type, tile::Mem::l1,
                    depth);
}

Value RowTiles::used(Value buffer, Extent extent, const TilePlace &place) {
  return emit.head(buffer, {hasRows(extent) ? rowCount(place) : emit.number(1),
                            hasColumns(extent) ? place.columns : emit.number(1)});
}

Value RowTiles::inMemoryShape(Value buffer, Extent extent, const TilePlace &place) {
  SmallVector<OpFoldResult> sizes = shape(extent, place);
  if (sizes.size() == 2)
    return emit.head(buffer, sizes);
  // [rows, columns] seen as [count, inner…, columns].
  int64_t pitch = cast<MemRefType>(buffer.getType()).getShape().back();
  SmallVector<int64_t> strides(sizes.size(), 1);
  for (int64_t i = int64_t(sizes.size()) - 2; i >= 0; --i)
    strides[i] = i == int64_t(sizes.size()) - 2 ? pitch : strides[i + 1] * space.rows[tiling.split + 1 + i];
  return emit.window(buffer, emit.number(0), sizes, strides);
}

void RowTiles::load(Value base, const Access &access, const TilePlace &place, Value buffer) {
  tile::LoadOp::create(emit.builder, emit.loc, window(base, access, place),
                       inMemoryShape(buffer, access.extent, place));
}

void RowTiles::store(Value buffer, Extent extent, Value base, const Access &access, const TilePlace &place) {
  Access target = access;
  target.extent = extent;
  tile::StoreOp::create(emit.builder, emit.loc, inMemoryShape(buffer, extent, place), window(base, target, place));
}

void RowTiles::loadShared(const RowPlan &plan, const llvm::MapVector<Value, Access> &loads, const TilePlace &place,
                          int64_t depth) {
  for (auto [index, buffer] : llvm::enumerate(plan.buffers)) {
    if (!buffer.leaf || buffer.acc || hasRows(buffer.extent))
      continue;
    const Access &access = loads.find(buffer.leaf)->second;
    Value memory = alloc(buffer.extent, buffer.type, depth);
    load(lowering.memory.lookup(access.view.base), access, place, memory);
    filled[int(index)] = memory;
  }
}

LogicalResult RowTiles::run(const RowPlan &plan, const llvm::MapVector<Value, Access> &loads, ArrayRef<Access> stores,
                            ArrayRef<Value> targets, const TilePlace &place, int64_t loadDepth, int64_t storeDepth) {
  DenseMap<int, Value> buffers = filled;
  for (auto [index, buffer] : llvm::enumerate(plan.buffers)) {
    if (!buffer.leaf || buffers.contains(int(index)))
      continue;
    Access access = loads.find(buffer.leaf)->second;
    Value memory;
    if (buffer.indices) {
      memory = emit.alloc({tiling.rows()}, buffer.type, tile::Mem::l1, loadDepth);
      access.extent = Extent::Column;
      Value column = emit.window(memory, emit.number(0), {emit.number(tiling.rows()), emit.number(1)}, {1, 1});
      load(lowering.memory.lookup(access.view.base), access, place, column);
    } else {
      memory = alloc(buffer.extent, buffer.type, loadDepth);
      load(lowering.memory.lookup(access.view.base), access, place, memory);
    }
    buffers[int(index)] = memory;
  }
  auto operand = [&](int index) { return used(buffers.lookup(index), plan.buffers[index].extent, place); };
  for (const PlanStep &step : plan.steps) {
    lowering.at(step.op);
    for (int written : {step.target, step.reduced})
      if (written >= 0 && !buffers.contains(written)) {
        bool moves = plan.buffers[written].stored || step.kind == PlanKind::Gather;
        buffers[written] = alloc(plan.buffers[written].extent, plan.buffers[written].type, moves ? storeDepth : 1);
      }
    Value target = step.target >= 0 ? operand(step.target) : Value();
    Value reduced = step.reduced >= 0 ? operand(step.reduced) : Value();
    switch (step.kind) {
    case PlanKind::Map: {
      SmallVector<Value> sources;
      for (int source : step.sources)
        sources.push_back(operand(source));
      emit.map(sources, target, reduced, chainAttr(emit.builder.getContext(), step.chain));
      break;
    }
    case PlanKind::Rotate: {
      auto rope = cast<graph::RopeOp>(step.op);
      tile::RotateOp::create(emit.builder, emit.loc, operand(step.sources[0]), operand(step.sources[1]),
                             operand(step.sources[2]), target, shapeOf(rope.getX()).back(),
                             rope.getStyle() == graph::RopeStyle::Half ? tile::RotateMode::halves
                                                                       : tile::RotateMode::pairs);
      break;
    }
    case PlanKind::Insn:
      rowInsnOf(step.op)->create(emit.builder, emit.loc, operand(step.sources[0]), target);
      break;
    case PlanKind::Gather: {
      auto embedding = cast<graph::EmbeddingOp>(step.op);
      std::optional<View> table = viewOf(embedding.getTable());
      if (!table || !isa<BlockArgument>(table->base))
        return embedding.emitOpError("reads a table through views that strides cannot express; supported are slices");
      Value rows = emit.window(lowering.memory.lookup(table->base), emit.number(table->offset),
                               {emit.number(table->sizes[0]), emit.number(table->sizes[1])}, table->strides);
      Value indices = emit.head(buffers.lookup(step.sources[0]), {rowCount(place)});
      tile::GatherOp::create(emit.builder, emit.loc, rows, indices, target);
      break;
    }
    }
  }
  for (auto [result, access, memory] : llvm::zip(plan.results, stores, targets))
    store(buffers.lookup(result), plan.buffers[result].extent, memory, access, place);
  return success();
}

} // namespace garam::lowering
