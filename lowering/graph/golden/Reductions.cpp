// References of reductions and of what reads across a row.
#include "lowering/graph/golden/Golden.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <limits>

using namespace mlir;
using namespace garam::graph;
using namespace garam::golden;

namespace {

using Values = Writer::Values;

bool isFloat(Value value) { return isa<FloatType>(getElementTypeOrSelf(value)); }

Value addValues(Writer &w, Values v) {
  return isFloat(v[0]) ? w.make<arith::AddFOp>(v[1], v[0]) : w.make<arith::AddIOp>(v[1], v[0]);
}
Value maxValues(Writer &w, Values v) {
  return isFloat(v[0]) ? w.make<arith::MaximumFOp>(v[1], v[0]) : w.make<arith::MaxSIOp>(v[1], v[0]);
}
Value minValues(Writer &w, Values v) {
  return isFloat(v[0]) ? w.make<arith::MinimumFOp>(v[1], v[0]) : w.make<arith::MinSIOp>(v[1], v[0]);
}

/// The value that changes no maximum (or minimum).
Value extreme(Writer &w, Type type, bool lowest) {
  if (isa<FloatType>(type))
    return w.constant(type,
                      lowest ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity());
  unsigned width = type.getIntOrFloatBitWidth();
  return w.make<arith::ConstantOp>(
      w.builder.getIntegerAttr(type, lowest ? APInt::getSignedMinValue(width) : APInt::getSignedMaxValue(width)));
}

Value reduceOf(Writer &w, ReduceOp op, ReduceOp::Adaptor adaptor) {
  Value x = w.widenTensor(adaptor.getX());
  Type wide = tensorType(x).getElementType();
  int64_t dim = op.getDim();
  Value result;
  switch (op.getKind()) {
  case ReduceKind::Sum:
  case ReduceKind::Mean:
    result = w.reduceDim(x, dim, w.constant(wide, 0), addValues);
    break;
  case ReduceKind::Max:
    result = w.reduceDim(x, dim, extreme(w, wide, true), maxValues);
    break;
  case ReduceKind::Min:
    result = w.reduceDim(x, dim, extreme(w, wide, false), minValues);
    break;
  }
  auto type = tensorType(op.getResult());
  int64_t count = tensorType(x).getDimSize(dim);
  // The reduced tensor lacks the dimension; with keepdim the result has it with size 1.
  SmallVector<AffineExpr> indices;
  for (int64_t i = 0; i < type.getRank(); ++i)
    if (!op.getKeepdim() || i != dim)
      indices.push_back(w.builder.getAffineDimExpr(i));
  return w.map(
      type, result, AffineMap::get(type.getRank(), 0, indices, w.builder.getContext()), [&](Writer &writer, Values v) {
        Value value =
            op.getKind() == ReduceKind::Mean ? writer.make<arith::DivFOp>(v[0], writer.f32(double(count))) : v[0];
        return writer.narrow(value, type.getElementType());
      });
}

/// Element c is the sum over the loop j of those with j <= c.
Value cumsum(Writer &w, CumsumOp op, CumsumOp::Adaptor adaptor) {
  Value x = w.widenTensor(adaptor.getX());
  auto type = tensorType(x);
  int64_t rank = type.getRank();
  SmallVector<AffineExpr> read, write;
  for (int64_t i = 0; i < rank; ++i) {
    read.push_back(w.builder.getAffineDimExpr(i == rank - 1 ? rank : i));
    write.push_back(w.builder.getAffineDimExpr(i));
  }
  SmallVector<bool> reduced(rank + 1);
  reduced[rank] = true;
  auto maps = {AffineMap::get(rank + 1, 0, read, w.builder.getContext()),
               AffineMap::get(rank + 1, 0, write, w.builder.getContext())};
  Value zeros = w.fill(type.getShape(), w.constant(type.getElementType(), 0));
  Value sums = w.reduce(zeros, maps, reduced, x, [&](Writer &writer, Values v) -> Value {
    Value takes =
        writer.make<arith::CmpIOp>(arith::CmpIPredicate::ule, writer.loopIndex(rank), writer.loopIndex(rank - 1));
    return writer.make<arith::SelectOp>(takes, addValues(writer, v), v[1]);
  });
  return w.narrowTensor(sums, tensorType(op.getResult()).getElementType());
}

/// The lowest column that is NaN or equals the maximum; the maximum is NaN if any column is.
Value argmax(Writer &w, ArgmaxOp op, ArgmaxOp::Adaptor adaptor) {
  Value x = w.widenTensor(adaptor.getX());
  auto type = tensorType(x);
  int64_t rank = type.getRank(), last = rank - 1;
  Value largest = w.reduceDim(x, last, extreme(w, type.getElementType(), true), maxValues);
  SmallVector<AffineExpr> kept;
  for (int64_t i = 0; i < last; ++i)
    kept.push_back(w.builder.getAffineDimExpr(i));
  auto row = AffineMap::get(rank, 0, kept, w.builder.getContext());
  SmallVector<bool> reduced(rank);
  reduced[last] = true;
  Value none = w.fill(type.getShape().drop_back(), w.constant(w.builder.getI64Type(), double(type.getDimSize(last))));
  auto maps = {w.builder.getMultiDimIdentityMap(rank), row, row};
  return w.reduce(none, maps, reduced, {x, largest}, [&](Writer &writer, Values v) -> Value {
    Value hit = isFloat(v[0]) ? writer.make<arith::CmpFOp>(arith::CmpFPredicate::OEQ, v[0], v[1])
                              : writer.make<arith::CmpIOp>(arith::CmpIPredicate::eq, v[0], v[1]);
    if (isFloat(v[0]))
      hit = writer.make<arith::OrIOp>(hit, writer.make<arith::CmpFOp>(arith::CmpFPredicate::UNO, v[0], v[0]));
    Value column = writer.make<arith::IndexCastOp>(writer.builder.getI64Type(), writer.loopIndex(last));
    return writer.make<arith::SelectOp>(hit, writer.make<arith::MinSIOp>(column, v[2]), v[2]);
  });
}

} // namespace

void garam::golden::addReductions(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  patterns.add(std::make_unique<Reference<ReduceOp>>(context, reduceOf));
  patterns.add(std::make_unique<Reference<CumsumOp>>(context, cumsum));
  patterns.add(std::make_unique<Reference<ArgmaxOp>>(context, argmax));
}
