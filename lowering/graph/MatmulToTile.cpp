// Products: each core takes tiles of rows and columns; the outer tile's operand stays in L1 while the other streams
// past it, and the epilogue of one tile runs while the array multiplies the next. Products of one operand take turns at
// each of its tiles.
#include "lowering/graph/Lower.h"
#include "lowering/graph/MatmulGroup.h"

using namespace mlir;

namespace garam::lowering {

namespace {
class MatmulLowering {
public:
  MatmulLowering(Lowering &lowering, ArrayRef<MatmulGroup> groups)
      : lowering(lowering), emit(lowering.emit), groups(groups), first(groups.front()),
        tile{lowering.size("tile", "m"), lowering.size("tile", "n"), std::min(lowering.size("tile", "k"), first.depth),
             true},
        tiling(tileRows(first.space, tile.m, first.batched())) {
    SmallVector<StringRef> order = lowering.mapping().order();
    tile.rowsOutside = order.empty() || order.front() == "m" || groups.size() > 1;
    depthTiles = ceilDiv(first.depth, tile.k);
    grid = spread(tiling.work, lowering.size("grid", "m"));
    columnGrid = lowering.size("grid", "n");
  }

  LogicalResult run() {
    auto types = arrayTypes(lowering.chip, first.aType, first.bType);
    if (!types)
      return lowering.info.root->emitOpError()
             << "multiplies " << first.aType << " by " << first.bType << ", which chip '" << lowering.chip.name
             << "' cannot; supported are floats, and i8 by i8";
    std::tie(aType, bType) = *types;
    SmallVector<int64_t> cores(grid);
    cores.push_back(columnGrid);
    OpFoldResult start = emit.number(0), depth = emit.number(first.depth);
    bool whole = depthTiles == 1;
    emit.phase(cores, [&](ArrayRef<Value> core) {
      nest(core, 0, [&](auto rows) {
        auto columns = [&](const MatmulGroup &group, function_ref<void()> body) {
          int64_t width = widthOf(group);
          emit.share(core.back(), ceilDiv(group.space.columns, width), columnGrid, [&](OpFoldResult index) {
            place.column = emit.mul(index, width);
            place.columns = clamp(width, group.space.columns, place.column);
            body();
          });
        };
        if (tile.rowsOutside)
          rows([&] {
            Value a = whole ? loadA(start, depth) : Value();
            for (const MatmulGroup &group : groups)
              columns(group, [&] {
                RowTiles tiles(lowering, group.space, tiling, widthOf(group));
                product(group, tiles, a, whole ? loadB(group, start, depth) : Value());
              });
          });
        else
          columns(first, [&] {
            RowTiles tiles(lowering, first.space, tiling, widthOf(first));
            tiles.loadShared(first.plan, first.loads, place, lowering.size("depth", "b"));
            Value b = whole ? loadB(first, start, depth) : Value();
            rows([&] { product(first, tiles, whole ? loadA(start, depth) : Value(), b); });
          });
      });
    });
    return status;
  }

private:
  int64_t widthOf(const MatmulGroup &group) const { return std::min(tile.n, group.space.columns); }
  OpFoldResult clamp(int64_t size, int64_t whole, OpFoldResult at) {
    return whole % size == 0 ? emit.number(size) : emit.min(emit.number(size), emit.sub(emit.number(whole), at));
  }

  /// Loops over the outer row dimensions; `inside` gets the loop over the tiles of the split one.
  template <class F> void nest(ArrayRef<Value> core, int64_t dim, F &&inside) {
    if (dim == tiling.split)
      return inside([&](function_ref<void()> body) {
        emit.share(core[dim], tiling.work[dim], grid[dim], [&](OpFoldResult index) {
          place.rows.push_back(emit.mul(index, tiling.tile));
          place.count = clamp(tiling.tile, first.space.rows[dim], place.rows.back());
          body();
          place.rows.pop_back();
        });
      });
    emit.share(core[dim], tiling.work[dim], grid[dim], [&](OpFoldResult index) {
      place.rows.push_back(index);
      nest(core, dim + 1, inside);
      place.rows.pop_back();
    });
  }

  /// The operand in the type that the array takes.
  Value converted(Value buffer, ArrayRef<int64_t> shape, ArrayRef<OpFoldResult> sizes, Type type) {
    Value used = emit.head(buffer, sizes);
    if (cast<MemRefType>(buffer.getType()).getElementType() == type)
      return used;
    Value wide = emit.head(emit.alloc(shape, type), sizes);
    emit.map({used}, wide, Value(), tile::ChainBuilder().get(emit.builder.getContext()));
    return wide;
  }

  Value loadA(OpFoldResult at, OpFoldResult depth) {
    lowering.at(lowering.info.root);
    RowTiles moves(lowering, first.space, tiling, tile.k);
    TilePlace where = place;
    where.column = at, where.columns = depth;
    int64_t pitch = pitchOf(lowering.chip, tile.k, first.aType);
    Value buffer = emit.alloc({tiling.rows(), pitch}, first.aType, tile::Mem::l1, lowering.size("depth", "a"));
    moves.load(lowering.memory.lookup(first.a.view.base), first.a, where, buffer);
    return converted(buffer, {tiling.rows(), tile.k}, {moves.rowCount(place), depth}, aType);
  }

  Value loadB(const MatmulGroup &group, OpFoldResult at, OpFoldResult depth) {
    lowering.at(lowering.info.root);
    OpFoldResult offset = emit.add(emit.number(group.b.offset),
                                   emit.add(emit.mul(at, group.bDepth), emit.mul(place.column, group.bColumn)));
    for (auto [index, stride] : llvm::zip(place.rows, group.b.rows))
      offset = emit.add(offset, emit.mul(index, stride));
    SmallVector<int64_t> shape{widthOf(group), tile.k}, strides{group.bColumn, group.bDepth};
    SmallVector<OpFoldResult> sizes{place.columns, depth};
    if (!group.transposed)
      std::swap(shape[0], shape[1]), std::swap(sizes[0], sizes[1]), std::swap(strides[0], strides[1]);
    for (auto [size, stride] : llvm::zip(sizes, strides))
      if (constantOf(size) == 1)
        stride = 1;
    Value buffer = emit.alloc(shape, group.bType, tile::Mem::l1, lowering.size("depth", "b"));
    tile::LoadOp::create(emit.builder, emit.loc,
                         emit.window(lowering.memory.lookup(group.b.view.base), offset, sizes, strides),
                         emit.head(buffer, sizes));
    return converted(buffer, shape, sizes, bType);
  }

  /// `tiles` holds what the epilogue reads of a column tile, if that stays.
  void product(const MatmulGroup &group, RowTiles &tiles, Value a, Value b) {
    Type accType = isa<FloatType>(aType) ? Type(emit.builder.getF32Type()) : Type(emit.builder.getI32Type());
    int64_t depthOut = lowering.size("depth", "out");
    Value acc = emit.alloc({tiling.rows(), widthOf(group)}, accType, tile::Mem::acc, depthOut);
    Value target = emit.head(acc, {tiles.rowCount(place), place.columns});
    lowering.at(lowering.info.root);
    auto multiply = [&](Value x, Value y, Value accumulate) {
      tile::MatmulOp::create(emit.builder, emit.loc, x, y, target, accumulate, group.transposed);
    };
    if (depthTiles == 1)
      multiply(a, b, Value());
    else
      emit.loop(emit.number(0), emit.number(depthTiles), 1, [&](OpFoldResult index) {
        OpFoldResult at = emit.mul(index, tile.k), depth = clamp(tile.k, group.depth, at);
        multiply(loadA(at, depth), loadB(group, at, depth), emit.value(index));
      });
    for (auto [index, buffer] : llvm::enumerate(group.plan.buffers))
      if (buffer.acc)
        tiles.filled[int(index)] = acc;
    SmallVector<Value> targets;
    for (int output : group.outputs)
      targets.push_back(lowering.results[output]);
    if (failed(tiles.run(group.plan, group.loads, group.stores, targets, place, 2, depthOut)))
      status = failure();
  }

  Lowering &lowering;
  Emit &emit;
  ArrayRef<MatmulGroup> groups;
  const MatmulGroup &first;
  MatmulTiles tile;
  RowTiling tiling;
  TilePlace place;
  Type aType, bType;
  int64_t depthTiles, columnGrid;
  SmallVector<int64_t> grid;
  LogicalResult status = success();
};
} // namespace

LogicalResult lowerMatmul(Lowering &lowering) {
  auto groups = matmulGroups(lowering.info);
  return failed(groups) ? failure() : MatmulLowering(lowering, *groups).run();
}

} // namespace garam::lowering
