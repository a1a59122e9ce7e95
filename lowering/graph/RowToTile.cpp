// Rows and copies: each core takes tiles of rows (of columns too where no op looks along a row), loads, computes,
// stores.
#include "lowering/graph/Lower.h"

using namespace mlir;

namespace garam::lowering {

LogicalResult emitRows(Lowering &lowering, const RowGroup &group, ArrayRef<Value> targets) {
  Emit &emit = lowering.emit;
  const RowGroup *rows = &group;
  LogicalResult status = success();
  RowTiling tiling = tileRows(rows->space, lowering.size("tile", "rows"));
  int64_t width = std::min(lowering.size("tile", "columns"), rows->space.columns);
  SmallVector<int64_t> work = tiling.work;
  work.push_back(ceilDiv(rows->space.columns, width));
  SmallVector<int64_t> grid = spread(work, lowering.size("grid", "cores"));
  int64_t columnTiles = work.back();
  RowTiles tiles(lowering, rows->space, tiling, width);
  emit.phase(grid, [&](ArrayRef<Value> core) {
    TilePlace place;
    place.column = emit.number(0), place.columns = emit.number(rows->space.columns);
    if (columnTiles == 1)
      tiles.loadShared(rows->plan, rows->loads, place);
    auto body = [&] {
      auto shared = tiles.filled;
      if (columnTiles != 1)
        tiles.loadShared(rows->plan, rows->loads, place);
      if (failed(tiles.run(rows->plan, rows->loads, rows->stores, targets, place, lowering.size("depth", "loads"),
                           lowering.size("depth", "stores"))))
        status = failure();
      tiles.filled = shared;
    };
    auto columns = [&] {
      emit.share(core.back(), columnTiles, grid.back(), [&](OpFoldResult tile) {
        if (columnTiles != 1) {
          place.column = emit.mul(tile, width);
          place.columns = rows->space.columns % width == 0
                              ? emit.number(width)
                              : emit.min(emit.number(width), emit.sub(emit.number(rows->space.columns), place.column));
        }
        body();
      });
    };
    auto nest = [&](auto &&self, int64_t dim) -> void {
      emit.share(core[dim], work[dim], grid[dim], [&](OpFoldResult index) {
        if (dim < tiling.split) {
          place.rows.push_back(index);
          self(self, dim + 1);
        } else {
          int64_t size = rows->space.rows[tiling.split];
          place.rows.push_back(emit.mul(index, tiling.tile));
          place.count = size % tiling.tile == 0
                            ? emit.number(tiling.tile)
                            : emit.min(emit.number(tiling.tile), emit.sub(emit.number(size), place.rows.back()));
          columns();
        }
        place.rows.pop_back();
      });
    };
    nest(nest, 0);
  });
  return status;
}

LogicalResult lowerRows(Lowering &lowering) {
  FailureOr<RowGroup> rows = rowGroup(lowering.info);
  return failed(rows) ? failure() : emitRows(lowering, *rows, lowering.results);
}

} // namespace garam::lowering
