// Products: the tiles and the grid that keep the array busy, the vector engine hidden behind it and the memory below
// both.
#include "lowering/cost/Cost.h"

#include "dialects/tile/Tile.h"
#include "runtime/timing/Bursts.h"
#include "runtime/timing/Timing.h"

#include <limits>
#include <set>

using namespace mlir;

namespace garam::lowering {

namespace {
int64_t bytesOf(int64_t elements, Type type) { return elements * rt::byteSize(*tile::dtypeOf(type)); }

struct Candidate {
  MatmulTiles tiles;
  int64_t gridRows, gridColumns, depthA, depthB, depthOut;
  double cycles = 0, idle = 0;
  double evenness = 0; ///< work of all cores, of what they did if each had as much as the busiest
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
  Search(const rt::Chip &chip, const GroupInfo &info, const Before &before, ArrayRef<MatmulGroup> groups,
         std::pair<Type, Type> types)
      : chip(chip), info(info), before(before), constantA(isConstant(info, groups.front().a)),
        constantB(isConstant(info, groups.front().b)), rates(chip), groups(groups), group(groups.front()),
        sharedA(rates.inShared(info, group.a.view.base)), sharedB(rates.inShared(info, group.b.view.base)),
        sharedOut(storesShared(info)), a(*tile::dtypeOf(types.first)), w(*tile::dtypeOf(types.second)) {}

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
        continue; // more columns cost no rows
      for (int64_t m : sizes(std::min(rowUnit, rows), rows, rows, gridRows))
        for (int64_t n : sizes(std::min(chip.matrix.columns, columns), columns, columns, gridColumns)) {
          if (m * n * 4 > chip.matrix.accBytes)
            continue;
          for (int order = 0; order < (groups.size() > 1 ? 1 : 2); ++order)
            for (int64_t k : depths)
              if (consider(m, n, k, order == 0, gridRows, gridColumns))
                break;
        }
    }
  }

  /// The cheapest; but the model is good to some percent only, and within them it is better to leave no core idle.
  std::optional<Choice> best() const {
    constexpr double kTie = 1.08;
    const Candidate *best = nullptr;
    double least = std::numeric_limits<double>::infinity();
    for (const Candidate &c : candidates)
      least = std::min(least, c.cycles);
    for (const Candidate &c : candidates)
      if (c.cycles <= kTie * least &&
          (!best || std::pair(-c.evenness, c.cycles) < std::pair(-best->evenness, best->cycles)))
        best = &c;
    return best ? std::optional(choiceOf(*best)) : std::nullopt;
  }

private:
  std::vector<Candidate> candidates;

  /// Prices the tiles if they fit. True if parts of the depth are no use then: they reload both operands, but where a
  /// core has one tile only.
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
        candidate.cycles = cost(tiling, candidate, rowTrips, columnTrips, depthTiles, used, candidate.idle);
        int64_t work = 0;
        for (const MatmulGroup &each : groups)
          work += elementsOf(tiling.work) * ceilDiv(each.space.columns, n);
        candidate.evenness = double(work) / double(trips * chip.cores());
        candidates.push_back(candidate);
        return trips > 1;
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

  /// Banks of L1 that the array holds in a cycle: those of a row of a, and those of the weights of the next pass while
  /// they load.
  double arrayBanks(int64_t rows, const rt::timing::MmaCycles &mma) const {
    auto beats = [&](int64_t bytes) { return double(ceilDiv(bytes, chip.l1.beatBytes)); };
    double moving = beats(std::min(group.depth, chip.matrix.rows) * rt::byteSize(a));
    double weights = double(chip.matrix.weightRowsPerCycle) * beats(chip.matrix.columns * rt::byteSize(w));
    return moving + weights * std::min(1.0, double(mma.preload) / double(rows));
  }

  // ---- how the cores go through the tensors
  Pattern patternA(const RowTiling &tiling, const Candidate &c) const {
    int64_t element = rt::byteSize(*tile::dtypeOf(group.aType));
    int64_t pitch = std::max<int64_t>(1, std::abs(group.a.rows.back()));
    return {c.tiles.k * element, pitch * element, tiling.rows() * c.gridRows, 1, sharedA};
  }
  Pattern patternB(const Candidate &c) const {
    int64_t element = rt::byteSize(*tile::dtypeOf(group.bType));
    if (group.transposed)
      return {c.tiles.k * element, std::abs(group.bColumn) * element, c.tiles.n * c.gridColumns, 1, sharedB};
    return {c.tiles.n * element, std::abs(group.bDepth) * element, c.tiles.k, c.gridColumns, sharedB};
  }
  Pattern patternOut(const RowTiling &tiling, const Candidate &c, Type type, bool shared) const {
    int64_t element = rt::byteSize(*tile::dtypeOf(type));
    return {std::min(c.tiles.n, group.space.columns) * element, group.space.columns * element,
            tiling.rows() * c.gridRows, c.gridColumns, shared};
  }

  /// Cycles under a candidate; `idle` is how long before the end the last load is over.
  double cost(const RowTiling &tiling, const Candidate &c, int64_t rowTrips, int64_t columnTrips, int64_t depthTiles,
              int64_t used, double &idle) const {
    const MatmulTiles &t = c.tiles;
    int64_t rows = tiling.rows(), trips = rowTrips * columnTrips;
    double parts = double(depthTiles);

    // Transfers of one tile.
    Transfers a = rates.transfer(double(bytesOf(rows * t.k, group.aType)), patternA(tiling, c), used);
    Transfers b = rates.transfer(double(bytesOf(t.n * t.k, group.bType)), patternB(c), used);
    Transfers leaves, out;
    for (const PlanBuffer &buffer : group.plan.buffers) {
      double bytes = double(bytesOf(rows * (buffer.extent == Extent::Full ? t.n : 1), buffer.type));
      // Among the reads of HBM writes wait for a lull, and turn the bus twice.
      if (buffer.stored)
        out += (sharedOut ? 1.0 : 2.0) * rates.transfer(bytes, patternOut(tiling, c, buffer.type, sharedOut), used);
      // A short burst stands in line with the long ones of the operands, and is away as long.
      if (buffer.leaf && !buffer.acc && buffer.extent == Extent::Full) {
        bool shared = rates.inShared(info, group.loads.find(buffer.leaf)->second.view.base);
        Pattern pattern = patternOut(tiling, c, buffer.type, shared);
        Transfers leaf = rates.transfer(bytes, pattern, used);
        double longest = double(std::min(rt::burstGrain(chip), std::max(patternA(tiling, c).piece, patternB(c).piece)));
        leaf.core = std::max(leaf.core, rates.bursts(bytes, pattern) * longest / rates.core);
        leaves += leaf;
      }
    }
    bool streamsBoth = depthTiles > 1;
    double loadsA = parts * double(streamsBoth || !t.rowsOutside ? trips : rowTrips);
    double loadsB = parts * double(streamsBoth || t.rowsOutside ? trips : columnTrips);
    Transfers in = loadsA * a + loadsB * b + double(trips) * leaves, written = double(trips) * out;

    // The array waits for arrivals in its banks, the vector engine for both.
    rt::timing::MmaCycles mma = rt::timing::mma(chip.matrix, this->a, w, rows, t.k, t.n);
    double banks = double(chip.l1.banks), held = arrayBanks(rows, mma);
    double loaded =
        loadsA * double(bytesOf(rows * t.k, group.aType)) + loadsB * double(bytesOf(t.n * t.k, group.bType));
    double arrivals = loaded / double(chip.noc.linkBytes) / double(trips);
    double matrix = double(mma.stream) * parts + arrivals * std::min(1.0, held / banks), vector = 0;
    for (const MatmulGroup &each : groups)
      vector += double(each.plan.cycles(chip.vector, rows, std::min(t.n, each.space.columns))) / double(groups.size());
    double beat = double(ceilDiv(std::min(t.n, chip.vector.lanes) * 2, chip.l1.beatBytes));
    vector /= 1 - std::min(0.75, (held + beat - 1) / banks);
    double compute = c.depthOut > 1 ? std::max(matrix, vector) : matrix + vector;

    // One operand stays for a round of the other's tiles. Its next tile is asked for behind the last ones of the round,
    // which is as far as their prefetch reaches.
    const Transfers &stays = t.rowsOutside ? a : b, &streams = t.rowsOutside ? b : a;
    int64_t rounds = t.rowsOutside ? rowTrips : columnTrips, inner = trips / rounds;
    int64_t ahead = std::min(t.rowsOutside ? c.depthB : c.depthA, inner);
    double first = a.cycles() + b.cycles() + 2 * double(chip.dma.startupCycles), early = 0;
    double each = streamsBoth ? parts * (a.cycles() + b.cycles()) : streams.cycles(); // loads for a tile
    // The loads of a tile run beside the product before it, but for the first one's.
    double steady = double(trips - 1) * std::max(compute, each + leaves.cycles()) + compute;
    if (streamsBoth) {
      steady += std::max(0.0, each - first - compute);
    } else {
      bool prefetches = (t.rowsOutside ? c.depthA : c.depthB) > 1;
      double exposed = std::max(0.0, stays.cycles() - (prefetches ? double(ahead) * compute : 0.0));
      steady += double(rounds - 1) * exposed;
      // What stays throughout is loaded ahead of the phase where it is a constant.
      double bytes = double(t.rowsOutside ? bytesOf(rows * t.k, group.aType) : bytesOf(t.n * t.k, group.bType));
      bool constant = t.rowsOutside ? constantA : constantB;
      if (rounds == 1 && groups.size() == 1 && constant && bytes <= double(before.l1Bytes))
        early = std::min(before.idle, stays.cycles());
    }
    Transfers all = in + written;
    double memory = std::max({in.core, written.core, all.hbm, all.shared, in.noc, written.noc});
    double last = vector + out.cycles() + double(mma.drain + mma.preload + chip.dma.startupCycles);
    double cycles = std::max(first + steady, memory + compute) - early + last + double(trips) * 60;
    idle = std::min(cycles - in.cycles(), double(streamsBoth ? 1 : ahead) * compute + last);
    return cycles;
  }

  /// Whether a value of the group's inside is an argument of the kernel, which no phase writes.
  static bool isConstant(const GroupInfo &info, const Access &access) {
    auto argument = dyn_cast<BlockArgument>(access.view.base);
    return argument && isa<BlockArgument>(info.group.getInputs()[argument.getArgNumber()]);
  }

  static bool storesShared(const GroupInfo &info) {
    return info.group.getMapping() && info.group.getMapping()->place("result0") == StringRef("shared");
  }

  static Choice choiceOf(const Candidate &c) {
    Choice choice;
    choice.cycles = c.cycles, choice.idle = c.idle;
    choice.mapping.tile = {{"m", c.tiles.m}, {"n", c.tiles.n}, {"k", c.tiles.k}};
    choice.mapping.grid = {{"m", c.gridRows}, {"n", c.gridColumns}};
    choice.mapping.depth = {{"a", c.depthA}, {"b", c.depthB}, {"out", c.depthOut}};
    choice.mapping.order = {"m", "n", "k"};
    if (!c.tiles.rowsOutside)
      std::swap(choice.mapping.order[0], choice.mapping.order[1]);
    return choice;
  }

  const rt::Chip &chip;
  const GroupInfo &info;
  Before before;
  bool constantA, constantB;
  Rates rates;
  ArrayRef<MatmulGroup> groups;
  const MatmulGroup &group; ///< the first
  bool sharedA, sharedB, sharedOut;
  rt::DType a, w;
};
} // namespace

FailureOr<Choice> chooseMatmul(const rt::Chip &chip, const GroupInfo &info, const Before &before) {
  auto groups = matmulGroups(info);
  if (failed(groups))
    return failure();
  const MatmulGroup &first = groups->front();
  auto types = arrayTypes(chip, first.aType, first.bType);
  if (!types)
    return info.root->emitOpError() << "multiplies " << first.aType << " by " << first.bType << ", which chip '"
                                    << chip.name << "' cannot; supported are floats, and i8 by i8";
  Search search(chip, info, before, *groups, *types);
  search.run();
  std::optional<Choice> best = search.best();
  if (!best)
    return info.root->emitOpError() << "has no tile that fits an L1 of " << chip.l1.sizeBytes
                                    << " bytes and an accumulator of " << chip.matrix.accBytes
                                    << "; supported are epilogues of fewer tensors";
  return *best;
}

} // namespace garam::lowering
