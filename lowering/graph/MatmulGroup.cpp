#include "lowering/graph/MatmulGroup.h"

#include "dialects/tile/Tile.h"
#include "runtime/timing/Timing.h"

using namespace mlir;

namespace garam::lowering {

static Type elementOf(Value value) { return cast<RankedTensorType>(value.getType()).getElementType(); }

FailureOr<MatmulGroup> matmulGroup(const GroupInfo &info) {
  auto matmul = cast<graph::MatmulOp>(info.root);
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

  SmallPtrSet<Operation *, 16> members(info.members.begin(), info.members.end());
  SmallVector<Operation *> epilogue;
  DenseMap<Value, Extent> extents;
  for (Operation *op : info.members) {
    if (op == info.root)
      continue;
    epilogue.push_back(op);
    for (Value operand : op->getOperands()) {
      if (isSplat(operand) || result.loads.contains(operand) || (operand.getDefiningOp() && members.contains(operand.getDefiningOp())))
        continue;
      std::optional<View> view = viewOf(operand);
      if (!view || !isa<BlockArgument>(view->base))
        return op->emitOpError("reads through views that strides cannot express");
      Access access = accessOf(*view, rows, columns);
      result.loads.insert({operand, access});
      extents[operand] = access.extent;
    }
  }
  SmallVector<Value> results;
  for (const GroupOutput &output : info.outputs) {
    results.push_back(output.value);
    result.stores.push_back(accessOf(output.store, rows, columns));
  }
  SmallVector<Access *> accesses{&result.a, &result.b};
  for (auto &[value, access] : result.loads)
    accesses.push_back(&access);
  for (Access &access : result.stores)
    accesses.push_back(&access);
  mergeRows(result.space, accesses);
  FailureOr<RowPlan> plan = planRows(epilogue, results, matmul.getResult(), extents, columns);
  if (failed(plan))
    return failure();
  result.plan = std::move(*plan);
  return result;
}

std::optional<std::pair<Type, Type>> arrayTypes(const rt::Chip &chip, Type a, Type b) {
  auto supports = [&](Type x, Type y) { return rt::timing::supportsMma(chip.matrix, *tile::dtypeOf(x), *tile::dtypeOf(y)); };
  if (supports(a, b))
    return std::pair(a, b);
  // Every 8-bit float is a bf16 number.
  auto wide = [](Type type) -> Type {
    return isa<FloatType>(type) && type.getIntOrFloatBitWidth() == 8 ? Type(BFloat16Type::get(type.getContext())) : type;
  };
  if (supports(wide(a), wide(b)))
    return std::pair(wide(a), wide(b));
  return std::nullopt;
}

MatmulFootprint footprint(const rt::Chip &chip, const MatmulGroup &group, const RowTiling &tiling, const MatmulTiles &tiles,
                          int64_t depthA, int64_t depthB, int64_t depthOut) {
  auto bytes = [](int64_t elements, Type type) { return (elements * rt::byteSize(*tile::dtypeOf(type)) + 63) / 64 * 64; };
  auto types = arrayTypes(chip, group.aType, group.bType);
  int64_t rows = tiling.rows();
  int64_t l1 = depthA * bytes(rows * tiles.k, group.aType) + depthB * bytes(tiles.n * tiles.k, group.bType);
  if (types && types->first != group.aType)
    l1 += bytes(rows * tiles.k, types->first);
  if (types && types->second != group.bType)
    l1 += bytes(tiles.n * tiles.k, types->second);
  l1 += group.plan.bytes(rows, tiles.n, 2, depthOut);
  return {l1, depthOut * rows * tiles.n * 4};
}

}  // namespace garam::lowering
