#include "lowering/graph/AttentionGroup.h"

#include "dialects/tile/Tile.h"

using namespace mlir;

namespace garam::lowering {

static Type elementOf(Value value) { return cast<RankedTensorType>(value.getType()).getElementType(); }

FailureOr<AttentionGroup> attentionGroup(const GroupInfo &info) {
  auto op = cast<graph::AttentionOp>(info.root);
  AttentionGroup group;
  group.op = op;
  ArrayRef<int64_t> q = shapeOf(op.getQ()), k = shapeOf(op.getK());
  group.batch = q[0], group.heads = q[1], group.queries = q[2], group.dim = q[3];
  group.kvHeads = k[1], group.keys = k[2], group.valueDim = shapeOf(op.getV())[3];
  group.qType = elementOf(op.getQ()), group.kType = elementOf(op.getK()), group.vType = elementOf(op.getV());
  group.outType = elementOf(op.getResult());
  auto view = [&](Value value, View &into) -> LogicalResult {
    std::optional<View> found = viewOf(value);
    if (!found || !isa<BlockArgument>(found->base))
      return op.emitOpError("reads through views that strides cannot express");
    into = *found;
    return success();
  };
  if (failed(view(op.getQ(), group.q)) || failed(view(op.getK(), group.k)) || failed(view(op.getV(), group.v)))
    return failure();
  if (op.getMask()) {
    group.mask.emplace();
    group.maskType = elementOf(op.getMask());
    if (failed(view(op.getMask(), *group.mask)))
      return failure();
  }
  if (op.getBias()) {
    group.bias.emplace();
    group.biasType = elementOf(op.getBias());
    if (failed(view(op.getBias(), *group.bias)))
      return failure();
    group.bias = broadcastTo(*group.bias, {group.batch, group.heads, group.queries, group.keys});
  }
  group.out = info.outputs.front().store;
  return group;
}

bool singlePass(const AttentionGroup &group, const AttentionTiles &tiles) {
  return !group.op.getPos() && tiles.kv >= group.keys;
}

int64_t scoreRows(const AttentionGroup &group, const AttentionTiles &tiles) {
  return !singlePass(group, tiles) && group.queries == 1 ? group.perKvHead() : tiles.q;
}

AttentionFootprint footprint(const AttentionGroup &group, const AttentionTiles &tiles, int64_t depthLoads,
                             int64_t depthScores) {
  auto bytes = [](int64_t elements, Type type) {
    return (elements * rt::byteSize(*tile::dtypeOf(type)) + 63) / 64 * 64;
  };
  Type f32 = Float32Type::get(group.op->getContext());
  int64_t rows = scoreRows(group, tiles), kv = std::min(tiles.kv, group.keys);
  bool single = singlePass(group, tiles);
  int64_t heads = single ? tiles.heads : 1, queries = single ? heads * group.perKvHead() : 1;
  int64_t l1 =
      depthLoads * (bytes(rows * queries * group.dim, group.qType) + bytes(kv * heads * group.dim, group.kType) +
                    bytes(kv * heads * group.valueDim, group.vType));
  l1 += 2 * bytes(rows * queries * group.valueDim, group.outType);
  if (group.mask)
    l1 += depthLoads * bytes(kv, group.maskType);
  int64_t scores = bytes(rows * kv, f32) + bytes(rows * kv, group.vType) + 10 * bytes(rows, f32);
  if (group.bias)
    scores += bytes(rows * kv, group.biasType);
  l1 += depthScores * scores;
  if (!single)
    l1 += bytes(rows * group.valueDim, f32) + 4 * bytes(rows, f32);
  return {l1, depthScores * rows * (kv + group.valueDim) * 4};
}

} // namespace garam::lowering
