// References of norms, softmax and rope.
#include "lowering/graph/golden/Golden.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

#include <limits>

using namespace mlir;
using namespace garam::graph;
using namespace garam::golden;

namespace {

using Values = Writer::Values;

/// Reads a tensor without the last dimension at the indices of one with it.
AffineMap rowMap(Writer &w, int64_t rank) {
  return AffineMap::getMultiDimIdentityMap(rank, w.builder.getContext()).dropResult(rank - 1);
}

Value sumRows(Writer &w, Value x) {
  return w.reduceDim(x, tensorType(x).getRank() - 1, w.f32(0),
                     [](Writer &writer, Values v) { return writer.make<arith::AddFOp>(v[1], v[0]); });
}

/// 1/√(sum/columns + eps)
Value inverseRoot(Writer &w, Value sum, int64_t columns, float eps) {
  Value mean = w.make<arith::DivFOp>(sum, w.f32(double(columns)));
  return w.make<arith::DivFOp>(w.f32(1), w.make<math::SqrtOp>(w.make<arith::AddFOp>(mean, w.f32(eps))));
}

Value square(Writer &w, Values v) { return w.make<arith::MulFOp>(v[0], v[0]); }

Value rmsNorm(Writer &w, RmsNormOp op, RmsNormOp::Adaptor adaptor) {
  Value x = w.widenTensor(adaptor.getX());
  auto type = tensorType(op.getResult()), wide = tensorType(x);
  int64_t rank = type.getRank(), columns = type.getShape().back();
  Value sums = sumRows(w, w.mapBroadcast(wide, x, square));
  auto maps = {w.builder.getMultiDimIdentityMap(rank), rowMap(w, rank),
               broadcastMap(w.builder.getContext(), {columns}, type.getShape())};
  float eps = op.getEps().convertToFloat();
  return w.map(type, {x, sums, adaptor.getW()}, maps, [&](Writer &writer, Values v) -> Value {
    Value normed = writer.make<arith::MulFOp>(v[0], inverseRoot(writer, v[1], columns, eps));
    Value weight = writer.widen(v[2]);
    if (op.getStyle() == NormStyle::Llama)
      normed = writer.widen(writer.narrow(normed, type.getElementType()));
    if (op.getStyle() == NormStyle::Gemma)
      weight = writer.make<arith::AddFOp>(writer.f32(1), weight);
    return writer.narrow(writer.make<arith::MulFOp>(normed, weight), type.getElementType());
  });
}

Value layerNorm(Writer &w, LayerNormOp op, LayerNormOp::Adaptor adaptor) {
  Value x = w.widenTensor(adaptor.getX());
  auto type = tensorType(op.getResult()), wide = tensorType(x);
  int64_t rank = type.getRank(), columns = type.getShape().back();
  AffineMap identity = w.builder.getMultiDimIdentityMap(rank), row = rowMap(w, rank);
  AffineMap column = broadcastMap(w.builder.getContext(), {columns}, type.getShape());
  Value centred = w.map(wide, {x, sumRows(w, x)}, {identity, row}, [&](Writer &writer, Values v) {
    return writer.make<arith::SubFOp>(v[0], writer.make<arith::DivFOp>(v[1], writer.f32(double(columns))));
  });
  Value sums = sumRows(w, w.mapBroadcast(wide, centred, square));
  float eps = op.getEps().convertToFloat();
  return w.map(type, {centred, sums, adaptor.getW(), adaptor.getB()}, {identity, row, column, column},
               [&](Writer &writer, Values v) {
                 Value normed = writer.make<arith::MulFOp>(v[0], inverseRoot(writer, v[1], columns, eps));
                 Value scaled = writer.make<arith::MulFOp>(normed, writer.widen(v[2]));
                 return writer.narrow(writer.make<arith::AddFOp>(scaled, writer.widen(v[3])), type.getElementType());
               });
}

Value softmax(Writer &w, SoftmaxOp op, SoftmaxOp::Adaptor adaptor) {
  Value x = w.widenTensor(adaptor.getX());
  auto type = tensorType(op.getResult()), wide = tensorType(x);
  int64_t rank = type.getRank();
  AffineMap identity = w.builder.getMultiDimIdentityMap(rank), row = rowMap(w, rank);
  Value largest = w.reduceDim(x, rank - 1, w.f32(-std::numeric_limits<double>::infinity()),
                              [](Writer &writer, Values v) { return writer.make<arith::MaximumFOp>(v[1], v[0]); });
  Value grown = w.map(wide, {x, largest}, {identity, row}, [](Writer &writer, Values v) {
    return writer.make<math::ExpOp>(writer.make<arith::SubFOp>(v[0], v[1]));
  });
  return w.map(type, {grown, sumRows(w, grown)}, {identity, row}, [&](Writer &writer, Values v) {
    return writer.narrow(writer.make<arith::DivFOp>(v[0], v[1]), type.getElementType());
  });
}

Value rope(Writer &w, RopeOp op, RopeOp::Adaptor adaptor) {
  auto type = tensorType(op.getResult());
  int64_t rank = type.getRank(), dim = type.getShape().back();
  Value x = adaptor.getX();
  return w.map(type, x, w.builder.getMultiDimIdentityMap(rank), [&](Writer &writer, Values v) {
    Value column = writer.loopIndex(rank - 1), position = writer.loopIndex(rank - 2);
    if (adaptor.getPos())
      position = writer.make<arith::AddIOp>(position, adaptor.getPos());
    // The partner's column, and whether this is the first of its pair.
    Value isFirst, partner;
    if (op.getStyle() == RopeStyle::Half) {
      Value half = writer.index(dim / 2);
      isFirst = writer.make<arith::CmpIOp>(arith::CmpIPredicate::ult, column, half);
      partner = writer.make<arith::SelectOp>(isFirst, writer.make<arith::AddIOp>(column, half),
                                             writer.make<arith::SubIOp>(column, half));
    } else {
      partner = writer.make<arith::XOrIOp>(column, writer.index(1));
      isFirst = writer.make<arith::CmpIOp>(arith::CmpIPredicate::ult, column, partner);
    }
    SmallVector<Value> indices;
    for (int64_t i = 0; i < rank - 1; ++i)
      indices.push_back(writer.loopIndex(i));
    indices.push_back(partner);
    Value other = writer.widen(writer.extract(x, indices));
    other = writer.make<arith::SelectOp>(isFirst, writer.make<arith::NegFOp>(other), other);
    Value along = writer.make<arith::MulFOp>(writer.widen(v[0]), writer.extract(adaptor.getCos(), {position, column}));
    Value across = writer.make<arith::MulFOp>(other, writer.extract(adaptor.getSin(), {position, column}));
    return writer.narrow(writer.make<arith::AddFOp>(along, across), type.getElementType());
  });
}

} // namespace

void garam::golden::addNorms(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  patterns.add(std::make_unique<Reference<RmsNormOp>>(context, rmsNorm));
  patterns.add(std::make_unique<Reference<LayerNormOp>>(context, layerNorm));
  patterns.add(std::make_unique<Reference<SoftmaxOp>>(context, softmax));
  patterns.add(std::make_unique<Reference<RopeOp>>(context, rope));
}
