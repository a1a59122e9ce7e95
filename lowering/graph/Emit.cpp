#include "lowering/graph/Emit.h"

using namespace mlir;

namespace garam::lowering {

std::optional<int64_t> constantOf(OpFoldResult value) { return getConstantIntValue(value); }

Value Emit::value(OpFoldResult a) { return getValueOrCreateConstantIndexOp(builder, loc, a); }

OpFoldResult Emit::add(OpFoldResult a, OpFoldResult b) {
  auto x = constantOf(a), y = constantOf(b);
  if (x && y)
    return number(*x + *y);
  if (x == 0)
    return b;
  if (y == 0)
    return a;
  return arith::AddIOp::create(builder, loc, value(a), value(b)).getResult();
}

OpFoldResult Emit::sub(OpFoldResult a, OpFoldResult b) {
  auto x = constantOf(a), y = constantOf(b);
  if (x && y)
    return number(*x - *y);
  if (y == 0)
    return a;
  return arith::SubIOp::create(builder, loc, value(a), value(b)).getResult();
}

OpFoldResult Emit::mul(OpFoldResult a, int64_t b) {
  if (auto x = constantOf(a))
    return number(*x * b);
  if (b == 0)
    return number(0);
  return b == 1 ? a : OpFoldResult(arith::MulIOp::create(builder, loc, value(a), value(number(b))).getResult());
}

OpFoldResult Emit::min(OpFoldResult a, OpFoldResult b) {
  auto x = constantOf(a), y = constantOf(b);
  if (x && y)
    return number(std::min(*x, *y));
  return arith::MinSIOp::create(builder, loc, value(a), value(b)).getResult();
}

OpFoldResult Emit::max(OpFoldResult a, OpFoldResult b) {
  auto x = constantOf(a), y = constantOf(b);
  if (x && y)
    return number(std::max(*x, *y));
  return arith::MaxSIOp::create(builder, loc, value(a), value(b)).getResult();
}

Value Emit::alloc(ArrayRef<int64_t> shape, Type type, tile::Mem memory, int64_t depth) {
  auto space = tile::MemAttr::get(builder.getContext(), memory);
  auto memref = MemRefType::get(shape, type, MemRefLayoutAttrInterface(), space);
  return tile::AllocOp::create(builder, loc, memref, depth);
}

Value Emit::head(Value buffer, ArrayRef<OpFoldResult> sizes) {
  return part(buffer, SmallVector<OpFoldResult>(sizes.size(), number(0)), sizes);
}

Value Emit::part(Value buffer, ArrayRef<OpFoldResult> offsets, ArrayRef<OpFoldResult> sizes) {
  ArrayRef<int64_t> shape = cast<MemRefType>(buffer.getType()).getShape();
  bool all = true;
  for (auto [offset, size, whole] : llvm::zip(offsets, sizes, shape))
    all &= constantOf(offset) == 0 && constantOf(size) == whole;
  if (all)
    return buffer;
  SmallVector<OpFoldResult> ones(sizes.size(), number(1));
  return memref::SubViewOp::create(builder, loc, buffer, offsets, sizes, ones);
}

Value Emit::window(Value buffer, OpFoldResult offset, ArrayRef<OpFoldResult> sizes, ArrayRef<int64_t> strides) {
  auto type = cast<MemRefType>(buffer.getType());
  SmallVector<int64_t> shape;
  SmallVector<OpFoldResult> steps;
  for (OpFoldResult size : sizes)
    shape.push_back(constantOf(size).value_or(ShapedType::kDynamic));
  for (int64_t stride : strides)
    steps.push_back(number(stride));
  if (constantOf(offset) == 0 && shape == type.getShape() && type.getLayout().isIdentity() &&
      SmallVector<int64_t>(strides) == denseStrides(shape))
    return buffer;
  auto layout =
      StridedLayoutAttr::get(builder.getContext(), constantOf(offset).value_or(ShapedType::kDynamic), strides);
  auto result = MemRefType::get(shape, type.getElementType(), layout, type.getMemorySpace());
  return memref::ReinterpretCastOp::create(builder, loc, result, buffer, offset, sizes, steps);
}

void Emit::phase(ArrayRef<int64_t> grid, function_ref<void(ArrayRef<Value>)> body) {
  SmallVector<OpFoldResult> bounds;
  for (int64_t size : grid)
    bounds.push_back(number(size));
  auto forall = scf::ForallOp::create(builder, loc, bounds, ValueRange(), std::nullopt);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(forall.getTerminator());
  body(SmallVector<Value>(forall.getInductionVars()));
}

void Emit::loop(OpFoldResult lower, OpFoldResult upper, int64_t step, function_ref<void(OpFoldResult)> body) {
  auto low = constantOf(lower), high = constantOf(upper);
  if (low && high && *high - *low <= step && *high > *low)
    return body(lower);
  auto loop = scf::ForOp::create(builder, loc, value(lower), value(upper), value(number(step)));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(loop.getBody()->getTerminator());
  body(loop.getInductionVar());
}

void Emit::share(Value core, int64_t trips, int64_t cores, function_ref<void(OpFoldResult)> body) {
  if (cores == 1)
    return loop(number(0), number(trips), 1, body);
  if (trips == cores)
    return body(core);
  loop(core, number(trips), cores, body);
}

void Emit::barrier(tile::Scope scope) { tile::BarrierOp::create(builder, loc, scope); }

void Emit::map(ValueRange sources, Value target, Value reduced, tile::ChainAttr chain, Value scalar) {
  tile::MapOp::create(builder, loc, sources, target ? ValueRange(target) : ValueRange(), reduced, scalar, chain);
}

} // namespace garam::lowering
