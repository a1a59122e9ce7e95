// Groups of rows and copies: tiles as large as hides the start of a transfer, as many as keep all cores busy.
#include "lowering/cost/Cost.h"

#include "dialects/tile/Tile.h"

using namespace mlir;

namespace garam::lowering {

static int64_t bytesPerTile(const RowGroup &group, int64_t rows, int64_t columns, bool loads) {
  int64_t total = 0;
  for (const PlanBuffer &buffer : group.plan.buffers) {
    bool counts = loads ? bool(buffer.leaf) && !buffer.acc : buffer.stored;
    int64_t elements = (buffer.extent == Extent::Full || buffer.extent == Extent::Column ? rows : 0) *
                       (buffer.extent == Extent::Full ? columns : 1);
    if (counts)
      total += elements * rt::byteSize(*tile::dtypeOf(buffer.type));
  }
  return total;
}

/// Sizes to try up to `most`: powers of two and `most` itself.
static SmallVector<int64_t> sizesUpTo(int64_t most, int64_t least = 1) {
  SmallVector<int64_t> sizes;
  for (int64_t size = least; size < most; size *= 2)
    sizes.push_back(size);
  sizes.push_back(most);
  return sizes;
}

static double cyclesOf(const rt::Chip &chip, const Rates &rates, const RowGroup &group, const RowTiling &tiling,
                       int64_t width, int64_t cores, int64_t &used, int64_t &trips) {
  SmallVector<int64_t> work = tiling.work;
  work.push_back(ceilDiv(group.space.columns, width));
  SmallVector<int64_t> grid = spread(work, cores);
  used = elementsOf(grid), trips = busiest(work, grid);
  double in = double(bytesPerTile(group, tiling.rows(), width, true)),
         out = double(bytesPerTile(group, tiling.rows(), width, false));
  double vector = double(group.plan.cycles(chip.vector, tiling.rows(), width));
  double moves = std::max(in, out) / rates.core, memory = (in + out) * double(used) / rates.shared;
  double start = double(chip.dma.startupCycles);
  // A gather waits for its indices, and the loads behind it wait for the gather.
  if (llvm::any_of(group.plan.steps, [](const PlanStep &step) { return step.kind == PlanKind::Gather; }))
    start = 8 * start;
  // Each step waits for the one before it to be told.
  constexpr double kCyclesPerStep = 12;
  vector += kCyclesPerStep * double(group.plan.steps.size());
  return double(trips) * std::max({vector, moves, memory, start}) + (in + out) / rates.core + vector +
         2 * double(chip.dma.startupCycles);
}

FailureOr<Choice> chooseRows(const rt::Chip &chip, const GroupInfo &info) {
  FailureOr<RowGroup> group = rowGroup(info);
  if (failed(group))
    return failure();
  Rates rates(chip);
  Choice best;
  auto widths = group->elementwise ? sizesUpTo(group->space.columns, 256) : SmallVector<int64_t>{group->space.columns};
  for (int64_t rows : sizesUpTo(group->space.rowCount()))
    for (int64_t width : widths) {
      RowTiling tiling = tileRows(group->space, rows);
      int64_t used, trips;
      double cycles = cyclesOf(chip, rates, *group, tiling, width, chip.cores(), used, trips);
      int64_t depth = trips > 1 ? 2 : 1;
      if (group->plan.bytes(tiling.rows(), width, depth, depth) > l1Budget(chip))
        continue;
      if (best.cycles == 0 || cycles < best.cycles) {
        best.cycles = cycles;
        best.idle = cycles * double(std::min(depth, trips)) / double(trips + 1);
        best.mapping.tile = {{"rows", rows}, {"columns", width}};
        best.mapping.grid = {{"cores", chip.cores()}};
        best.mapping.depth = {{"loads", depth}, {"stores", depth}};
      }
    }
  if (best.cycles == 0) {
    return info.group.emitOpError() << "'" << info.group.getName() << "' needs "
                                    << group->plan.bytes(1, group->space.columns, 1, 1)
                                    << " bytes of L1 for one row of " << group->space.columns
                                    << " columns; the chip's L1 allows " << l1Budget(chip);
  }
  return best;
}

} // namespace garam::lowering
