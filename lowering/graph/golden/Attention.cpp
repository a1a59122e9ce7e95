// Reference of attention: all scores at once, nothing online.
#include "lowering/graph/golden/Golden.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

#include <limits>

using namespace mlir;
using namespace garam::graph;
using namespace garam::golden;

namespace {

using Values = Writer::Values;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// k or v in f32 with the heads of q; k as [B, H, D, T] so that the innermost loop of the scores runs over keys.
Value spreadHeads(Writer &w, Value x, int64_t heads, bool transposed) {
  auto type = tensorType(x);
  SmallVector<int64_t> shape{type.getDimSize(0), heads, type.getDimSize(2), type.getDimSize(3)};
  if (transposed)
    std::swap(shape[2], shape[3]);
  int64_t shared = heads / type.getDimSize(1);
  return w.map(RankedTensorType::get(shape, w.builder.getF32Type()), {}, {}, [&](Writer &writer, Values) {
    Value head = writer.make<arith::DivUIOp>(writer.loopIndex(1), writer.index(shared));
    int64_t row = transposed ? 3 : 2, column = transposed ? 2 : 3;
    return writer.widen(
        writer.extract(x, {writer.loopIndex(0), head, writer.loopIndex(row), writer.loopIndex(column)}));
  });
}

/// Sum of products over the fourth of five loops: a[b, h, i, k] · b[b, h, k, j].
Value batchProduct(Writer &w, Value a, Value b) {
  auto dims = [&](std::initializer_list<int64_t> loops) {
    SmallVector<AffineExpr> indices;
    for (int64_t loop : loops)
      indices.push_back(w.builder.getAffineDimExpr(loop));
    return AffineMap::get(5, 0, indices, w.builder.getContext());
  };
  SmallVector<int64_t> shape(tensorType(a).getShape());
  shape[3] = tensorType(b).getDimSize(3);
  return w.reduce(w.fill(shape, w.f32(0)), {dims({0, 1, 2, 3}), dims({0, 1, 3, 4}), dims({0, 1, 2, 4})},
                  {false, false, false, true, false}, {a, b}, [](Writer &writer, Values v) {
                    return writer.make<arith::AddFOp>(v[2], writer.make<arith::MulFOp>(v[0], v[1]));
                  });
}

/// Whether key j (loop 3) takes part for query i (loop 2).
Value takesPart(Writer &w, AttentionOp op, AttentionOp::Adaptor adaptor, int64_t queries, int64_t keys) {
  Type integer = w.builder.getI64Type();
  auto loop = [&](int64_t dim) { return w.make<arith::IndexCastOp>(integer, w.loopIndex(dim)); };
  auto compare = [&](arith::CmpIPredicate predicate, Value a, Value b) {
    return w.make<arith::CmpIOp>(predicate, a, b);
  };
  Value key = loop(3), shift = w.constant(integer, double(keys - queries));
  if (adaptor.getPos())
    shift = w.make<arith::IndexCastOp>(integer, adaptor.getPos());
  Value distance = w.make<arith::SubIOp>(w.make<arith::AddIOp>(loop(2), shift), key);
  Value takes = w.make<arith::ConstantOp>(w.builder.getBoolAttr(true));
  bool ordered = op.getCausal() || adaptor.getPos();
  if (ordered)
    takes = compare(arith::CmpIPredicate::sge, distance, w.constant(integer, 0));
  if (int64_t window = op.getWindow()) {
    takes =
        w.make<arith::AndIOp>(takes, compare(arith::CmpIPredicate::slt, distance, w.constant(integer, double(window))));
    if (!ordered)
      takes = w.make<arith::AndIOp>(takes,
                                    compare(arith::CmpIPredicate::sgt, distance, w.constant(integer, double(-window))));
  }
  if (adaptor.getMask()) {
    Value mask = w.extract(adaptor.getMask(), {w.loopIndex(0), w.loopIndex(3)});
    takes = w.make<arith::AndIOp>(takes, compare(arith::CmpIPredicate::ne, mask, w.constant(mask.getType(), 0)));
  }
  return takes;
}

Value attention(Writer &w, AttentionOp op, AttentionOp::Adaptor adaptor) {
  auto type = tensorType(op.getResult());
  int64_t heads = type.getDimSize(1), queries = type.getDimSize(2), keys = tensorType(adaptor.getK()).getDimSize(2);
  Value products = batchProduct(w, w.widenTensor(adaptor.getQ()), spreadHeads(w, adaptor.getK(), heads, true));
  auto scoreType = tensorType(products);

  SmallVector<Value> inputs{products};
  if (adaptor.getBias())
    inputs.push_back(adaptor.getBias());
  float cap = op.getSoftcap().convertToFloat();
  bool average = op.getMaskedRows() == MaskedRows::Average, zero = op.getMaskedRows() == MaskedRows::Zero;
  double hidden = average ? std::numeric_limits<float>::lowest() : -kInfinity;
  Value scores = w.mapBroadcast(scoreType, inputs, [&](Writer &writer, Values v) -> Value {
    Value score = writer.make<arith::MulFOp>(v[0], writer.f32(op.getScale().convertToFloat()));
    if (cap != 0)
      score = writer.make<arith::MulFOp>(writer.make<math::TanhOp>(writer.make<arith::DivFOp>(score, writer.f32(cap))),
                                         writer.f32(cap));
    if (v.size() > 1)
      score = writer.make<arith::AddFOp>(score, writer.widen(v[1]));
    return writer.make<arith::SelectOp>(takesPart(writer, op, adaptor, queries, keys), score, writer.f32(hidden));
  });

  AffineMap identity = w.builder.getMultiDimIdentityMap(4), row = identity.dropResult(3);
  Value largest = w.reduceDim(scores, 3, w.f32(-kInfinity),
                              [](Writer &writer, Values v) { return writer.make<arith::MaximumFOp>(v[1], v[0]); });
  Value weights = w.map(scoreType, {scores, largest}, {identity, row}, [](Writer &writer, Values v) {
    return writer.make<math::ExpOp>(writer.make<arith::SubFOp>(v[0], v[1]));
  });
  Value sums = w.reduceDim(weights, 3, w.f32(0),
                           [](Writer &writer, Values v) { return writer.make<arith::AddFOp>(v[1], v[0]); });
  Value mixed = batchProduct(w, weights, spreadHeads(w, adaptor.getV(), heads, false));
  return w.map(type, {mixed, sums, largest}, {identity, row, row}, [&](Writer &writer, Values v) {
    Value result = writer.make<arith::DivFOp>(v[0], v[1]);
    if (zero) {
      Value none = writer.make<arith::CmpFOp>(arith::CmpFPredicate::OEQ, v[2], writer.f32(-kInfinity));
      result = writer.make<arith::SelectOp>(none, writer.f32(0), result);
    }
    return writer.narrow(result, type.getElementType());
  });
}

} // namespace

void garam::golden::addAttention(RewritePatternSet &patterns) {
  patterns.add(std::make_unique<Reference<AttentionOp>>(patterns.getContext(), attention));
}
