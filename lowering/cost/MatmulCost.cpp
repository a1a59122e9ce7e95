// Products: the tiles and the grid that keep the array busy, the vector engine hidden behind it and the memory below both.
#include "lowering/cost/Cost.h"

#include "dialects/tile/Tile.h"
#include "runtime/timing/Timing.h"

#include <set>

using namespace mlir;

namespace garam::lowering {

namespace {
int64_t bytesOf(int64_t elements, Type type) { return elements * rt::byteSize(*tile::dtypeOf(type)); }

struct Candidate {
  MatmulTiles tiles;
  int64_t gridRows, gridColumns, depthA, depthB, depthOut;
};

/// A few sizes up to `most`: `unit` times powers of two, `most`, and what shares `whole` evenly over `cores`.
SmallVector<int64_t> sizes(int64_t unit, int64_t most, int64_t whole, int64_t cores) {
  std::set<int64_t> set{most};
  for (int64_t size = unit; size < most; size *= 2)
    set.insert(size);
  int64_t even = ceilDiv(ceilDiv(whole, cores), unit) * unit;
  for (int64_t parts = 1; parts <= 4; ++parts)
    set.insert(std::min(most, ceilDiv(ceilDiv(even, parts), unit) * unit));
  return SmallVector<int64_t>(set.begin(), set.end());
}

class Search {
public:
  Search(const rt::Chip &chip, const GroupInfo &info, ArrayRef<MatmulGroup> groups, std::pair<Type, Type> types)
      : chip(chip), rates(chip), groups(groups), group(groups.front()), rateA(rates.of(info, group.a.view.base)),
        rateB(rates.of(info, group.b.view.base)), a(*tile::dtypeOf(types.first)), w(*tile::dtypeOf(types.second)) {}

  void run() {
    int64_t rows = group.batched() ? group.space.rows.back() : group.space.rowCount(), columns = 0;
    for (const MatmulGroup &each : groups)
      columns = std::max(columns, each.space.columns);
    int64_t rowUnit = 16, cores = chip.cores();
    SmallVector<int64_t> depths{group.depth};
    for (int64_t k = group.depth / 2; k >= 2 * chip.matrix.rows; k /= 2)
      depths.push_back(ceilDiv(k, chip.matrix.rows) * chip.matrix.rows);
    int64_t most = std::min(cores, ceilDiv(columns, chip.matrix.columns));
    for (int64_t gridColumns = 1; gridColumns <= most; ++gridColumns) {
      int64_t gridRows = cores / gridColumns;
      if (gridColumns < most && cores / (gridColumns + 1) == gridRows)
        continue;  // more columns cost no rows
      for (int64_t m : sizes(std::min(rowUnit, rows), rows, rows, gridRows))
        for (int64_t n : sizes(std::min(chip.matrix.columns, columns), columns, columns, gridColumns)) {
          if (m * n * 4 > chip.matrix.accBytes)
            continue;
          for (int order = 0; order < (groups.size() > 1 ? 1 : 2); ++order)
            for (int64_t k : depths)  // the whole depth where it fits: parts of it reload both operands
              if (consider(m, n, k, order == 0, gridRows, gridColumns))
                break;
        }
    }
  }
  Choice best;

private:
  /// Whether the tiles fit.
  bool consider(int64_t m, int64_t n, int64_t k, bool rowsOutside, int64_t gridRows, int64_t gridColumns) {
    RowTiling tiling = tileRows(group.space, m, group.batched());
    int64_t columnTiles = 1;
    for (const MatmulGroup &each : groups)
      columnTiles = std::max(columnTiles, ceilDiv(each.space.columns, n));
    if (gridColumns > columnTiles)
      gridColumns = columnTiles, gridRows = chip.cores() / columnTiles;
    SmallVector<int64_t> grid = spread(tiling.work, gridRows);
    int64_t rowTrips = busiest(tiling.work, grid);
    int64_t columnTrips = 0;
    for (const MatmulGroup &each : groups)
      columnTrips += ceilDiv(ceilDiv(each.space.columns, n), gridColumns);
    int64_t depthTiles = ceilDiv(group.depth, k);
    int64_t trips = rowTrips * columnTrips, used = elementsOf(grid) * gridColumns;
    Candidate candidate{{m, n, k, rowsOutside}, gridRows, gridColumns, 1, 1, trips > 1 ? 2 : 1};
    candidate.depthA = depthTiles > 1 || (rowsOutside ? rowTrips : trips) > 1 ? 2 : 1;
    candidate.depthB = depthTiles > 1 || (rowsOutside ? trips : columnTrips) > 1 ? 2 : 1;
    // The prefetch that hides nothing is given up first, then the second accumulator.
    for (int attempt = 0; attempt < 3; ++attempt) {
      if (fits(tiling, candidate)) {
        double cycles = cost(tiling, candidate, rowTrips, columnTrips, depthTiles, used);
        if (best.cycles == 0 || cycles < best.cycles)
          keep(candidate, cycles);
        return true;
      }
      if (attempt == 0 && depthTiles == 1)
        (rowsOutside ? candidate.depthA : candidate.depthB) = 1;
      else
        candidate.depthOut = 1;
    }
    return false;
  }

  bool fits(const RowTiling &tiling, const Candidate &c) const {
    MatmulFootprint bytes = footprint(chip, groups, tiling, c.tiles, c.depthA, c.depthB, c.depthOut);
    return bytes.l1 <= l1Budget(chip) && bytes.acc <= chip.matrix.accBytes;
  }

  double cost(const RowTiling &tiling, const Candidate &c, int64_t rowTrips, int64_t columnTrips, int64_t depthTiles, int64_t used) const {
    const MatmulTiles &t = c.tiles;
    int64_t rows = tiling.rows(), trips = rowTrips * columnTrips;
    rt::timing::MmaCycles mma = rt::timing::mma(chip.matrix, a, w, rows, t.k, t.n);
    // The array reads its weights beside the rows that stream: the fewer rows a pass has, the more they meet in L1.
    double passes = double(ceilDiv(t.k, chip.matrix.rows) * ceilDiv(t.n, chip.matrix.columns));
    double matrix = (double(mma.stream) + 0.2 * passes * double(mma.preload)) * double(depthTiles), vector = 0;
    for (const MatmulGroup &each : groups)
      vector += double(each.plan.cycles(chip.vector, rows, std::min(t.n, each.space.columns))) / double(groups.size());
    double tileA = double(bytesOf(rows * t.k, group.aType)) * double(depthTiles), tileB = double(bytesOf(t.n * t.k, group.bType)) * double(depthTiles);
    bool streamsBoth = depthTiles > 1;
    double loadsA = streamsBoth || !t.rowsOutside ? double(trips) : double(rowTrips);
    double loadsB = streamsBoth || t.rowsOutside ? double(trips) : double(columnTrips);
    double out = 0, leaves = 0;
    for (const PlanBuffer &buffer : group.plan.buffers) {
      double bytes = double(bytesOf(rows * (buffer.extent == Extent::Full ? t.n : 1), buffer.type));
      out += buffer.stored ? bytes : 0;
      leaves += buffer.leaf && !buffer.acc && buffer.extent == Extent::Full ? bytes : 0;
    }
    double in = loadsA * tileA + loadsB * tileB + double(trips) * leaves, written = double(trips) * out;
    double start = double(chip.dma.startupCycles);
    auto piece = [](int64_t inner, int64_t whole, int64_t innerRows, Type type) {
      return double(bytesOf(inner * (inner == whole ? innerRows : 1), type));
    };
    double pieceA = piece(t.k, group.depth, rows, group.aType);
    double pieceB = group.transposed ? piece(t.k, group.depth, t.n, group.bType) : piece(t.n, group.space.columns, t.k, group.bType);
    double pieceOut = piece(t.n, group.space.columns, rows, group.aType);
    double dmaIn = rates.move(loadsA * tileA, pieceA) + rates.move(loadsB * tileB, pieceB) +
                   rates.move(double(trips) * leaves, pieceOut) + start * (loadsA + loadsB) * 0.25;
    double dmaOut = rates.move(written, pieceOut) + start * double(trips) * 0.25;
    // What the memories deliver, apart and through the mesh together.
    double fromHbm = (rateA == rates.hbm ? loadsA * tileA : 0) + (rateB == rates.hbm ? loadsB * tileB : 0);
    double fromShared = loadsA * tileA + loadsB * tileB - fromHbm + double(trips) * leaves + written;
    // Writes travel in the network of requests, beside the responses to reads.
    double memory = double(used) * std::max({fromHbm / rates.hbm, fromShared / rates.shared, in / rates.noc, written / rates.noc});
    double compute = c.depthOut > 1 ? std::max(matrix, vector) * double(trips) : (matrix + vector) * double(trips);
    double unhidden = c.depthA == 1 && rowTrips > 1 && t.rowsOutside ? double(rowTrips - 1) * (tileA / rates.core + start) : 0;
    unhidden += c.depthB == 1 && columnTrips > 1 && !t.rowsOutside ? double(columnTrips - 1) * (tileB / rates.core + start) : 0;
    double first = std::max(tileA / std::min(rates.core, rateA / double(used)) + tileB / std::min(rates.core, rateB / double(used)),
                            (tileA + tileB) / rates.core) / double(depthTiles) + 4 * start;
    double last = vector + rates.move(out, pieceOut) + double(mma.drain + mma.preload) + start;
    // Transfers run from the start, the array from the end of the first ones.
    bool hidden = c.depthA > 1 || c.depthB > 1 || trips == 1;
    double steady = hidden ? std::max({first + compute, dmaIn, dmaOut, memory}) : first + compute + dmaIn;
    // One large tile of b before everything else keeps one memory idle while the other works: measured on one die of rebel100.
    if (!t.rowsOutside)
      steady *= 1.2;
    return steady + unhidden + last + double(trips) * 60;
  }

  void keep(const Candidate &c, double cycles) {
    best.cycles = cycles;
    best.mapping.tile = {{"m", c.tiles.m}, {"n", c.tiles.n}, {"k", c.tiles.k}};
    best.mapping.grid = {{"m", c.gridRows}, {"n", c.gridColumns}};
    best.mapping.depth = {{"a", c.depthA}, {"b", c.depthB}, {"out", c.depthOut}};
    best.mapping.order = c.tiles.rowsOutside ? std::vector<std::string>{"m", "n", "k"} : std::vector<std::string>{"n", "m", "k"};
  }

  const rt::Chip &chip;
  Rates rates;
  ArrayRef<MatmulGroup> groups;
  const MatmulGroup &group;  ///< the first
  double rateA, rateB;
  rt::DType a, w;
};
}  // namespace

FailureOr<Choice> chooseMatmul(const rt::Chip &chip, const GroupInfo &info) {
  auto groups = matmulGroups(info);
  if (failed(groups))
    return failure();
  const MatmulGroup &first = groups->front();
  auto types = arrayTypes(chip, first.aType, first.bType);
  if (!types)
    return info.root->emitOpError() << "multiplies " << first.aType << " by " << first.bType << ", which chip '" << chip.name
                                    << "' cannot; supported are floats, and i8 by i8";
  Search search(chip, info, *groups, *types);
  search.run();
  if (search.best.cycles == 0)
    return info.root->emitOpError() << "has no tile that fits an L1 of " << chip.l1.sizeBytes << " bytes and an accumulator of "
                                    << chip.matrix.accBytes << "; supported are epilogues of fewer tensors";
  return search.best;
}

}  // namespace garam::lowering
