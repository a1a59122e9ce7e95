// References of ops that move elements.
#include "lowering/graph/golden/Golden.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace garam::graph;
using namespace garam::golden;

namespace {

using Values = Writer::Values;

Value first(Writer &, Values values) { return values[0]; }

Value reshape(Writer &w, ReshapeOp op, ReshapeOp::Adaptor adaptor) {
  auto from = tensorType(adaptor.getX()), to = tensorType(op.getResult());
  auto line = RankedTensorType::get({from.getNumElements()}, from.getElementType());
  auto all = [](int64_t rank) -> SmallVector<ReassociationIndices> {
    if (rank == 0)
      return {};
    return {llvm::to_vector(llvm::seq<int64_t>(0, rank))};
  };
  Value x = adaptor.getX();
  if (from.getRank() == 0)
    x = w.make<tensor::ExpandShapeOp>(line, x, all(0));
  else if (from.getRank() > 1)
    x = w.make<tensor::CollapseShapeOp>(line, x, all(from.getRank()));
  if (to.getRank() == 0)
    return w.make<tensor::CollapseShapeOp>(to, x, all(0));
  return to.getRank() == 1 ? x : w.make<tensor::ExpandShapeOp>(to, x, all(to.getRank()));
}

Value transpose(Writer &w, TransposeOp op, TransposeOp::Adaptor adaptor) {
  auto type = tensorType(op.getResult());
  SmallVector<AffineExpr> indices(type.getRank());
  for (auto [dim, source] : llvm::enumerate(op.getPerm()))
    indices[source] = w.builder.getAffineDimExpr(dim);
  return w.map(type, adaptor.getX(), AffineMap::get(type.getRank(), 0, indices, w.builder.getContext()), first);
}

Value broadcast(Writer &w, BroadcastOp op, BroadcastOp::Adaptor adaptor) {
  return w.mapBroadcast(tensorType(op.getResult()), adaptor.getX(), first);
}

Value slice(Writer &w, SliceOp op, SliceOp::Adaptor adaptor) {
  auto attributes = [&](ArrayRef<int64_t> values) {
    return llvm::map_to_vector(values, [&](int64_t value) { return OpFoldResult(w.builder.getIndexAttr(value)); });
  };
  return w.make<tensor::ExtractSliceOp>(adaptor.getX(), attributes(op.getBegin()),
                                        attributes(tensorType(op.getResult()).getShape()), attributes(op.getStep()));
}

/// `part` written into `whole` from `begin` on.
Value insert(Writer &w, Value part, Value whole, ArrayRef<OpFoldResult> begin) {
  SmallVector<OpFoldResult> sizes, ones;
  for (int64_t size : tensorType(part).getShape()) {
    sizes.push_back(w.builder.getIndexAttr(size));
    ones.push_back(w.builder.getIndexAttr(1));
  }
  return w.make<tensor::InsertSliceOp>(part, whole, begin, sizes, ones);
}

Value concat(Writer &w, ConcatOp op, ConcatOp::Adaptor adaptor) {
  auto type = tensorType(op.getResult());
  Value whole = w.empty(type.getShape(), type.getElementType());
  int64_t offset = 0;
  for (Value part : adaptor.getInputs()) {
    SmallVector<OpFoldResult> begin(type.getRank(), w.builder.getIndexAttr(0));
    begin[op.getDim()] = w.builder.getIndexAttr(offset);
    whole = insert(w, part, whole, begin);
    offset += tensorType(part).getDimSize(op.getDim());
  }
  return whole;
}

Value kvUpdate(Writer &w, KvUpdateOp op, KvUpdateOp::Adaptor adaptor) {
  SmallVector<OpFoldResult> begin(4, w.builder.getIndexAttr(0));
  begin[2] = adaptor.getPos();
  return insert(w, adaptor.getRows(), adaptor.getCache(), begin);
}

Value iota(Writer &w, IotaOp op, IotaOp::Adaptor) {
  auto type = tensorType(op.getResult());
  return w.map(type, {}, {}, [&](Writer &writer, Values) -> Value {
    Value index = writer.make<arith::IndexCastOp>(writer.builder.getI64Type(), writer.loopIndex(op.getDim()));
    Type element = type.getElementType();
    if (isa<FloatType>(element))
      return writer.narrow(writer.make<arith::SIToFPOp>(writer.builder.getF32Type(), index), element);
    return element.isInteger(64) ? index : writer.make<arith::TruncIOp>(element, index);
  });
}

/// f8 constants go through their bits: the code generator has no constants of these types.
Value constant(Writer &w, ConstantOp op, ConstantOp::Adaptor) {
  auto type = tensorType(op.getResult());
  Type element = type.getElementType();
  if (!isa<FloatType>(element) || element.getIntOrFloatBitWidth() != 8)
    return w.make<arith::ConstantOp>(cast<TypedAttr>(op.getValue()));
  auto bits = cast<DenseElementsAttr>(op.getValue()).bitcast(w.builder.getI8Type());
  Value raw = w.make<arith::ConstantOp>(cast<TypedAttr>(Attribute(bits)));
  return w.mapBroadcast(
      type, raw, [&](Writer &writer, Values values) { return writer.make<arith::BitcastOp>(element, values[0]); });
}

} // namespace

void garam::golden::addShapes(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  patterns.add(std::make_unique<Reference<ReshapeOp>>(context, reshape));
  patterns.add(std::make_unique<Reference<TransposeOp>>(context, transpose));
  patterns.add(std::make_unique<Reference<BroadcastOp>>(context, broadcast));
  patterns.add(std::make_unique<Reference<SliceOp>>(context, slice));
  patterns.add(std::make_unique<Reference<ConcatOp>>(context, concat));
  patterns.add(std::make_unique<Reference<KvUpdateOp>>(context, kvUpdate));
  patterns.add(std::make_unique<Reference<IotaOp>>(context, iota));
  patterns.add(std::make_unique<Reference<ConstantOp>>(context, constant));
}
