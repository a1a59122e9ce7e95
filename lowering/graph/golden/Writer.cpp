// The small vocabulary that the references are written in.
#include "lowering/graph/golden/Golden.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace garam::golden;

static std::string typeName(Type type) {
  std::string name;
  llvm::raw_string_ostream(name) << type;
  return name;
}

/// The bits of a narrow float as an integer of its width; functions on them are called by name.
static IntegerType bitsType(Type type) { return IntegerType::get(type.getContext(), type.getIntOrFloatBitWidth()); }

Value Writer::widen(Value scalar) {
  Type type = scalar.getType();
  if (!isa<FloatType>(type) || type.isF32())
    return scalar;
  Value bits = arith::BitcastOp::create(builder, loc, bitsType(type), scalar);
  return func::CallOp::create(builder, loc, (kWiden + typeName(type)).str(), TypeRange(builder.getF32Type()), bits)
      .getResult(0);
}

Value Writer::narrow(Value scalar, Type type) {
  if (scalar.getType() == type)
    return scalar;
  auto call = func::CallOp::create(builder, loc, (kNarrow + typeName(type)).str(), TypeRange(bitsType(type)), scalar);
  return arith::BitcastOp::create(builder, loc, type, call.getResult(0));
}

Value Writer::constant(Type type, double value) {
  if (isa<FloatType>(type))
    return arith::ConstantOp::create(builder, loc, builder.getFloatAttr(type, value));
  return arith::ConstantOp::create(builder, loc, builder.getIntegerAttr(type, int64_t(value)));
}

Value Writer::index(int64_t value) { return arith::ConstantIndexOp::create(builder, loc, value); }
Value Writer::loopIndex(int64_t dim) { return linalg::IndexOp::create(builder, loc, dim); }

Value Writer::empty(ArrayRef<int64_t> shape, Type element) {
  return tensor::EmptyOp::create(builder, loc, shape, element);
}

Value Writer::fill(ArrayRef<int64_t> shape, Value scalar) {
  return linalg::FillOp::create(builder, loc, scalar, empty(shape, scalar.getType())).getResult(0);
}

Value Writer::extract(Value tensor, Values indices) { return tensor::ExtractOp::create(builder, loc, tensor, indices); }

Value Writer::map(RankedTensorType type, ValueRange inputs, ArrayRef<AffineMap> maps, Body body) {
  SmallVector<AffineMap> all(maps);
  all.push_back(builder.getMultiDimIdentityMap(type.getRank()));
  SmallVector<utils::IteratorType> loops(type.getRank(), utils::IteratorType::parallel);
  Value init = empty(type.getShape(), type.getElementType());
  auto build = [&](OpBuilder &inner, Location loc, ValueRange arguments) {
    Writer writer(inner, loc);
    SmallVector<Value> values(arguments.drop_back());
    linalg::YieldOp::create(inner, loc, body(writer, values));
  };
  return linalg::GenericOp::create(builder, loc, type, inputs, init, all, loops, build).getResult(0);
}

AffineMap garam::golden::broadcastMap(MLIRContext *context, ArrayRef<int64_t> from, ArrayRef<int64_t> to) {
  SmallVector<AffineExpr> indices;
  for (auto [dim, size] : llvm::enumerate(from)) {
    int64_t target = to.size() - from.size() + dim;
    indices.push_back(size == 1 && to[target] != 1 ? getAffineConstantExpr(0, context)
                                                   : getAffineDimExpr(target, context));
  }
  return AffineMap::get(to.size(), 0, indices, context);
}

Value Writer::mapBroadcast(RankedTensorType type, ValueRange inputs, Body body) {
  SmallVector<AffineMap> maps;
  for (Value input : inputs)
    maps.push_back(broadcastMap(builder.getContext(), cast<ShapedType>(input.getType()).getShape(), type.getShape()));
  return map(type, inputs, maps, body);
}

Value Writer::reduce(Value init, ArrayRef<AffineMap> maps, ArrayRef<bool> reduced, ValueRange inputs, Body body) {
  SmallVector<utils::IteratorType> loops;
  for (bool isReduced : reduced)
    loops.push_back(isReduced ? utils::IteratorType::reduction : utils::IteratorType::parallel);
  auto build = [&](OpBuilder &inner, Location loc, ValueRange arguments) {
    Writer writer(inner, loc);
    SmallVector<Value> values(arguments);
    linalg::YieldOp::create(inner, loc, body(writer, values));
  };
  return linalg::GenericOp::create(builder, loc, init.getType(), inputs, init, maps, loops, build).getResult(0);
}

Value Writer::reduceDim(Value x, int64_t dim, Value identity, Body body) {
  auto type = cast<RankedTensorType>(x.getType());
  int64_t rank = type.getRank();
  SmallVector<int64_t> shape(type.getShape());
  shape.erase(shape.begin() + dim);
  SmallVector<AffineExpr> kept;
  for (int64_t i = 0; i < rank; ++i)
    if (i != dim)
      kept.push_back(builder.getAffineDimExpr(i));
  SmallVector<bool> reduced(rank);
  reduced[dim] = true;
  auto maps = {builder.getMultiDimIdentityMap(rank), AffineMap::get(rank, 0, kept, builder.getContext())};
  return reduce(fill(shape, identity), maps, reduced, x, body);
}

Value Writer::widenTensor(Value x) {
  auto type = cast<RankedTensorType>(x.getType());
  if (!isa<FloatType>(type.getElementType()) || type.getElementType().isF32())
    return x;
  return mapBroadcast(type.clone(builder.getF32Type()), x,
                      [](Writer &writer, Values values) { return writer.widen(values[0]); });
}

Value Writer::narrowTensor(Value x, Type element) {
  auto type = cast<RankedTensorType>(x.getType());
  if (type.getElementType() == element)
    return x;
  return mapBroadcast(type.clone(element), x,
                      [&](Writer &writer, Values values) { return writer.narrow(values[0], element); });
}
