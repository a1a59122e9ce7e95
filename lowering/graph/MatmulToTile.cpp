// Products: each core takes tiles of rows and columns; the outer tile's operand stays in L1 while the other streams past it,
// and the epilogue of one tile runs while the array multiplies the next.
#include "lowering/graph/Lower.h"
#include "lowering/graph/MatmulGroup.h"

using namespace mlir;

namespace garam::lowering {

namespace {
class MatmulLowering {
public:
  MatmulLowering(Lowering &lowering, MatmulGroup &group)
      : lowering(lowering), emit(lowering.emit), group(group),
        tile{lowering.size("tile", "m"), std::min(lowering.size("tile", "n"), group.space.columns),
             std::min(lowering.size("tile", "k"), group.depth), true},
        tiling(tileRows(group.space, tile.m, group.batched())), tiles(lowering, group.space, tiling, tile.n) {
    SmallVector<StringRef> order = lowering.mapping().order();
    tile.rowsOutside = order.empty() || order.front() == "m";
    depthTiles = ceilDiv(group.depth, tile.k), columnTiles = ceilDiv(group.space.columns, tile.n);
    grid = spread(tiling.work, lowering.size("grid", "m"));
    columnGrid = lowering.size("grid", "n");
  }

  LogicalResult run() {
    auto types = arrayTypes(lowering.chip, group.aType, group.bType);
    if (!types)
      return lowering.info.root->emitOpError() << "multiplies " << group.aType << " by " << group.bType << ", which chip '"
                                               << lowering.chip.name << "' cannot; supported are floats, and i8 by i8";
    std::tie(aType, bType) = *types;
    SmallVector<int64_t> cores(grid);
    cores.push_back(columnGrid);
    emit.phase(cores, [&](ArrayRef<Value> core) {
      nest(core, 0, [&](auto rows) {
        auto columns = [&](function_ref<void()> body) {
          emit.share(core.back(), columnTiles, columnGrid, [&](OpFoldResult index) {
            place.column = emit.mul(index, tile.n);
            place.columns = clamp(tile.n, group.space.columns, place.column);
            body();
          });
        };
        if (tile.rowsOutside)
          rows([&] {
            Value a = depthTiles == 1 ? loadA(emit.number(0), emit.number(group.depth)) : Value();
            columns([&] { product(a, depthTiles == 1 ? loadB(emit.number(0), emit.number(group.depth)) : Value()); });
          });
        else
          columns([&] {
            Value b = depthTiles == 1 ? loadB(emit.number(0), emit.number(group.depth)) : Value();
            rows([&] { product(depthTiles == 1 ? loadA(emit.number(0), emit.number(group.depth)) : Value(), b); });
          });
      });
    });
    return status;
  }

private:
  OpFoldResult clamp(int64_t size, int64_t whole, OpFoldResult at) {
    return whole % size == 0 ? emit.number(size) : emit.min(emit.number(size), emit.sub(emit.number(whole), at));
  }

  /// Loops over the outer row dimensions; `inside` gets the loop over the tiles of the split one.
  template <class F> void nest(ArrayRef<Value> core, int64_t dim, F &&inside) {
    if (dim == tiling.split)
      return inside([&](function_ref<void()> body) {
        emit.share(core[dim], tiling.work[dim], grid[dim], [&](OpFoldResult index) {
          place.rows.push_back(emit.mul(index, tiling.tile));
          place.count = clamp(tiling.tile, group.space.rows[dim], place.rows.back());
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
    RowTiles moves(lowering, group.space, tiling, tile.k);
    TilePlace where = place;
    where.column = at, where.columns = depth;
    Value buffer = emit.alloc({tiling.rows(), tile.k}, group.aType, tile::Mem::l1, lowering.size("depth", "a"));
    moves.load(lowering.memory.lookup(group.a.view.base), group.a, where, buffer);
    return converted(buffer, {tiling.rows(), tile.k}, {moves.rowCount(place), depth}, aType);
  }

  Value loadB(OpFoldResult at, OpFoldResult depth) {
    OpFoldResult offset = emit.add(emit.number(group.b.offset), emit.add(emit.mul(at, group.bDepth), emit.mul(place.column, group.bColumn)));
    for (auto [index, stride] : llvm::zip(place.rows, group.b.rows))
      offset = emit.add(offset, emit.mul(index, stride));
    SmallVector<int64_t> shape{tile.n, tile.k}, strides{group.bColumn, group.bDepth};
    SmallVector<OpFoldResult> sizes{place.columns, depth};
    if (!group.transposed)
      std::swap(shape[0], shape[1]), std::swap(sizes[0], sizes[1]), std::swap(strides[0], strides[1]);
    for (auto [size, stride] : llvm::zip(sizes, strides))
      if (constantOf(size) == 1)
        stride = 1;
    Value buffer = emit.alloc(shape, group.bType, tile::Mem::l1, lowering.size("depth", "b"));
    tile::LoadOp::create(emit.builder, emit.loc, emit.window(lowering.memory.lookup(group.b.view.base), offset, sizes, strides),
                         emit.head(buffer, sizes));
    return converted(buffer, shape, sizes, bType);
  }

  void product(Value a, Value b) {
    Type accType = isa<FloatType>(aType) ? Type(emit.builder.getF32Type()) : Type(emit.builder.getI32Type());
    int64_t depthOut = lowering.size("depth", "out");
    Value acc = emit.alloc({tiling.rows(), tile.n}, accType, tile::Mem::acc, depthOut);
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
        multiply(loadA(at, depth), loadB(at, depth), emit.value(index));
      });
    tiles.filled.clear();
    for (auto [index, buffer] : llvm::enumerate(group.plan.buffers))
      if (buffer.acc)
        tiles.filled[int(index)] = acc;
    if (failed(tiles.run(group.plan, group.loads, group.stores, lowering.results, place, 2, depthOut)))
      status = failure();
  }

  Lowering &lowering;
  Emit &emit;
  MatmulGroup &group;
  MatmulTiles tile;
  RowTiling tiling;
  RowTiles tiles;
  TilePlace place;
  Type aType, bType;
  int64_t depthTiles, columnTiles, columnGrid;
  SmallVector<int64_t> grid;
  LogicalResult status = success();
};
}  // namespace

LogicalResult lowerMatmul(Lowering &lowering) {
  FailureOr<MatmulGroup> group = matmulGroup(lowering.info);
  return failed(group) ? failure() : MatmulLowering(lowering, *group).run();
}

}  // namespace garam::lowering
