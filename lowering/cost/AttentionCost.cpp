// Attention: all keys in one tile where they fit, and as many loads in flight as hide behind the vector engine.
#include "lowering/cost/Cost.h"

#include "dialects/tile/Tile.h"
#include "runtime/timing/Timing.h"

using namespace mlir;

namespace garam::lowering {

namespace {
struct AttentionSearch {
  const rt::Chip &chip;
  const AttentionGroup &group;
  Rates rates;
  bool shared; ///< where keys lie
  Choice best;

  void consider(AttentionTiles tiles) {
    bool single = singlePass(group, tiles);
    int64_t rows = scoreRows(group, tiles), kv = std::min(tiles.kv, group.keys), heads = single ? tiles.heads : 1;
    for (int64_t depthLoads : {2, 1})
      for (int64_t depthScores : {2, 1}) {
        AttentionFootprint bytes = footprint(group, tiles, depthLoads, depthScores);
        if (bytes.l1 > l1Budget(chip) || bytes.acc > chip.matrix.accBytes)
          continue;
        bool merged = !single && group.queries == 1;
        SmallVector<int64_t> work{group.batch, single || merged ? group.kvHeads / heads : group.heads,
                                  merged ? 1 : ceilDiv(group.queries, tiles.q)};
        SmallVector<int64_t> grid = spread(work, chip.cores());
        int64_t trips = busiest(work, grid), jobs = single ? heads * group.perKvHead() : ceilDiv(group.keys, tiles.kv);
        auto type = [](Type t) { return *tile::dtypeOf(t); };
        double matrix =
            double(rt::timing::mma(chip.matrix, type(group.qType), type(group.kType), rows, group.dim, kv).stream +
                   rt::timing::mma(chip.matrix, type(group.vType), type(group.vType), rows, kv, group.valueDim).stream);
        double vector = double(rt::timing::vectorBeats(chip.vector, rows, kv)) * (group.causal() ? 10 : 7) +
                        double(rt::timing::vectorBeats(chip.vector, rows, group.valueDim)) * (single ? 1 : 3) +
                        double(chip.vector.latencyCycles + 12) * (single ? 5 : 9);
        double job = depthScores > 1 ? std::max(matrix, vector) : matrix + vector;
        double elementBytes = rt::byteSize(type(group.kType));
        double moved =
            double(kv * heads * (group.dim + group.valueDim) + rows * heads * group.perKvHead() * group.dim) *
            elementBytes;
        // Of a row of keys the heads of a tile, side by side where the view says so.
        int64_t keyRow = std::max<int64_t>(1, std::abs(group.k.strides[2]));
        Pattern pattern{int64_t(double(heads * group.dim) * elementBytes), int64_t(double(keyRow) * elementBytes), kv,
                        1, shared};
        double load = rates.transfer(moved, pattern, elementsOf(grid)).cycles() + double(chip.dma.startupCycles) * 3;
        // Heads of a tile follow each other without a gap; the first product and the last softmax of a tile stand
        // alone.
        double compute = job * double(jobs) + (single && depthScores > 1 ? matrix + vector - job : 0);
        if (!single)
          load *= double(jobs);
        double cycles = depthLoads > 1 ? double(trips) * std::max(compute, load) + load / double(single ? 1 : jobs)
                                       : double(trips) * (compute + load);
        if (!single)
          cycles += matrix + vector;
        Pattern stored = pattern;
        stored.piece = int64_t(double(heads * group.perKvHead() * group.valueDim) * elementBytes), stored.rows = rows;
        stored.pitch = std::max(stored.piece, int64_t(double(group.heads * group.valueDim) * elementBytes));
        cycles += rates.transfer(double(rows * stored.piece), stored, elementsOf(grid)).cycles();
        if (best.cycles == 0 || cycles < best.cycles) {
          best.cycles = cycles;
          best.idle = std::max(0.0, std::min(cycles - double(trips) * load, double(depthLoads) * compute));
          best.mapping.tile = {{"heads", tiles.heads}, {"q", tiles.q}, {"kv", tiles.kv}};
          best.mapping.grid = {{"cores", chip.cores()}};
          best.mapping.depth = {{"loads", depthLoads}, {"scores", depthScores}};
        }
      }
  }
};
} // namespace

FailureOr<Choice> chooseAttention(const rt::Chip &chip, const GroupInfo &info) {
  FailureOr<AttentionGroup> group = attentionGroup(info);
  if (failed(group))
    return failure();
  Rates rates(chip);
  AttentionSearch search{chip, *group, rates, rates.inShared(info, group->k.base), {}};
  SmallVector<int64_t> queries, keys;
  for (int64_t size = 8; size < group->queries && size <= 1024; size *= 2)
    queries.push_back(size);
  for (int64_t parts = 1; parts <= 4; ++parts)
    if (ceilDiv(group->queries, parts) <= 1024)
      queries.push_back(ceilDiv(group->queries, parts));
  for (int64_t size = 16; size < group->keys && size <= 4096; size *= 2)
    if (size >= 64 || size * 4 >= group->keys)
      keys.push_back(size);
  keys.push_back(group->keys);
  if (queries.empty())
    queries.push_back(8);
  for (int64_t kv : keys)
    for (int64_t q : queries)
      for (int64_t heads = 1; heads <= group->kvHeads; ++heads)
        // A group of heads is unrolled: sixteen keep the program small.
        if (group->kvHeads % heads == 0 && (heads == 1 || heads * group->perKvHead() <= 16))
          search.consider({heads, q, kv});
  if (search.best.cycles == 0)
    return info.root->emitOpError() << "has no tile that fits an L1 of " << chip.l1.sizeBytes
                                    << " bytes and an accumulator of " << chip.matrix.accBytes
                                    << "; supported are heads of fewer than " << chip.matrix.accBytes / 64
                                    << " elements";
  return search.best;
}

} // namespace garam::lowering
