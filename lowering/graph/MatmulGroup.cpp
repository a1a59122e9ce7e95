#include "lowering/graph/MatmulGroup.h"

#include "dialects/tile/Tile.h"
#include "runtime/timing/Timing.h"

#include <numeric>

using namespace mlir;

namespace garam::lowering {

static Type elementOf(Value value) { return cast<RankedTensorType>(value.getType()).getElementType(); }

/// The product `matmul`, its epilogue `members` and what it stores.
static FailureOr<MatmulGroup> productOf(const GroupInfo &info, graph::MatmulOp matmul, ArrayRef<Operation *> epilogue) {
  MatmulGroup result;
  ArrayRef<int64_t> shape = shapeOf(matmul.getResult());
  SmallVector<int64_t> rows(shape.drop_back());
  int64_t columns = shape.back();
  result.space = {rows, columns};
  result.depth = shapeOf(matmul.getA()).back();
  result.aType = elementOf(matmul.getA()), result.bType = elementOf(matmul.getB());

  std::optional<View> a = viewOf(matmul.getA()), b = viewOf(matmul.getB());
  if (!a || !b || !isa<BlockArgument>(a->base) || !isa<BlockArgument>(b->base))
    return matmul.emitOpError("reads through views that strides cannot express");
  result.a = accessOf(*a, rows, result.depth);
  result.a.extent = Extent::Full;
  if (result.depth == 1)
    result.a.column = 1;

  // b as [leading…, m (stride 0)], with n and k apart.
  int64_t rank = b->rank();
  bool transposeB = matmul.getTransposeB();
  result.bColumn = b->strides[transposeB ? rank - 2 : rank - 1];
  result.bDepth = b->strides[transposeB ? rank - 1 : rank - 2];
  SmallVector<int64_t> bRows(rows.size(), 0);
  for (int64_t i = 0; i < rank - 2; ++i)
    bRows[i] = b->strides[i];
  result.b = Access{*b, bRows, 0, b->offset};
  result.transposed = result.bDepth == 1 && result.depth != 1 ? true : result.bColumn == 1 ? false : transposeB;

  DenseMap<Value, Extent> extents;
  for (Operation *op : epilogue)
    for (Value operand : op->getOperands()) {
      Operation *definition = operand.getDefiningOp();
      if (isSplat(operand) || result.loads.contains(operand) ||
          (definition && llvm::is_contained(info.members, definition)))
        continue;
      std::optional<View> view = viewOf(operand);
      if (!view || !isa<BlockArgument>(view->base))
        return op->emitOpError("reads through views that strides cannot express");
      Access access = accessOf(*view, rows, columns);
      result.loads.insert({operand, access});
      extents[operand] = access.extent;
    }
  SmallVector<Value> results;
  for (auto [index, output] : llvm::enumerate(info.outputs)) {
    Operation *definition = output.value.getDefiningOp();
    if (definition != matmul && !llvm::is_contained(epilogue, definition))
      continue;
    results.push_back(output.value);
    result.outputs.push_back(int(index));
    result.stores.push_back(accessOf(output.store, rows, columns));
  }
  FailureOr<RowPlan> plan = planRows(epilogue, results, matmul.getResult(), extents, columns);
  if (failed(plan))
    return failure();
  result.plan = std::move(*plan);
  return result;
}

FailureOr<std::vector<MatmulGroup>> matmulGroups(const GroupInfo &info) {
  // An op of an epilogue belongs to the product that it follows.
  SmallVector<std::pair<graph::MatmulOp, SmallVector<Operation *>>> products;
  DenseMap<Operation *, size_t> owner;
  for (Operation *op : info.members) {
    if (auto matmul = dyn_cast<graph::MatmulOp>(op)) {
      owner[op] = products.size();
      products.push_back({matmul, {}});
      continue;
    }
    for (Value operand : op->getOperands())
      if (auto found = owner.find(operand.getDefiningOp()); operand.getDefiningOp() && found != owner.end()) {
        owner[op] = found->second;
        products[found->second].second.push_back(op);
        break;
      }
  }
  std::vector<MatmulGroup> groups;
  for (auto &[matmul, epilogue] : products) {
    FailureOr<MatmulGroup> group = productOf(info, matmul, epilogue);
    if (failed(group))
      return failure();
    groups.push_back(std::move(*group));
  }
  // Rows merge alike in all of them.
  SmallVector<Access *> accesses;
  for (MatmulGroup &group : groups) {
    accesses.append({&group.a, &group.b});
    for (auto &[value, access] : group.loads)
      accesses.push_back(&access);
    for (Access &access : group.stores)
      accesses.push_back(&access);
  }
  RowSpace merged = groups.front().space;
  mergeRows(merged, accesses);
  // A tile takes rows of one matrix b: where m is one, and so was dropped, it still is the dimension that tiles cut.
  if (groups.front().batched() && groups.front().b.rows.back() != 0) {
    merged.rows.push_back(1);
    for (Access *access : accesses)
      access->rows.push_back(0);
  }
  for (MatmulGroup &group : groups)
    group.space.rows = merged.rows;
  return groups;
}

std::optional<std::pair<Type, Type>> arrayTypes(const rt::Chip &chip, Type a, Type b) {
  auto supports = [&](Type x, Type y) {
    return rt::timing::supportsMma(chip.matrix, *tile::dtypeOf(x), *tile::dtypeOf(y));
  };
  if (supports(a, b))
    return std::pair(a, b);
  // Every 8-bit float is a bf16 number.
  auto wide = [](Type type) -> Type {
    return isa<FloatType>(type) && type.getIntOrFloatBitWidth() == 8 ? Type(BFloat16Type::get(type.getContext()))
                                                                     : type;
  };
  if (supports(wide(a), wide(b)))
    return std::pair(wide(a), wide(b));
  return std::nullopt;
}

int64_t pitchOf(const rt::Chip &chip, int64_t columns, Type type) {
  int64_t element = rt::byteSize(*tile::dtypeOf(type)), beats = columns * element / chip.l1.beatBytes;
  if (columns * element % chip.l1.beatBytes != 0 || chip.l1.beatBytes % element != 0 || beats == 0)
    return columns;
  int64_t places = chip.l1.banks / std::gcd(beats, chip.l1.banks);
  int64_t pass = (std::min(columns, chip.matrix.rows) * element + chip.l1.beatBytes - 1) / chip.l1.beatBytes;
  return places * pass * 2 < chip.l1.banks ? columns + chip.l1.beatBytes / element : columns;
}

MatmulFootprint footprint(const rt::Chip &chip, ArrayRef<MatmulGroup> groups, const RowTiling &tiling,
                          const MatmulTiles &tiles, int64_t depthA, int64_t depthB, int64_t depthOut) {
  auto bytes = [](int64_t elements, Type type) {
    return (elements * rt::byteSize(*tile::dtypeOf(type)) + 63) / 64 * 64;
  };
  const MatmulGroup &first = groups.front();
  auto types = arrayTypes(chip, first.aType, first.bType);
  int64_t rows = tiling.rows();
  MatmulFootprint total{depthA * bytes(rows * pitchOf(chip, tiles.k, first.aType), first.aType), 0};
  if (types && types->first != first.aType)
    total.l1 += bytes(rows * tiles.k, types->first);
  for (const MatmulGroup &group : groups) {
    int64_t columns = std::min(tiles.n, group.space.columns);
    total.l1 += depthB * bytes(columns * tiles.k, group.bType) + group.plan.bytes(rows, columns, 2, depthOut);
    if (types && types->second != group.bType)
      total.l1 += bytes(columns * tiles.k, types->second);
    total.acc += depthOut * rows * columns * 4;
  }
  return total;
}

} // namespace garam::lowering
