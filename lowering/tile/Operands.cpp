#include "lowering/tile/Operands.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;

namespace garam::lowering {

Value constantIndex(OpBuilder &builder, Location loc, int64_t value) {
  return arith::ConstantIndexOp::create(builder, loc, value);
}

Value addScaled(OpBuilder &builder, Location loc, Value base, OpFoldResult size, int64_t factor) {
  if (std::optional<int64_t> fixed = getConstantIntValue(size)) {
    if (*fixed * factor == 0)
      return base;
    return arith::AddIOp::create(builder, loc, base, constantIndex(builder, loc, *fixed * factor));
  }
  Value scaled = cast<Value>(size);
  if (factor != 1)
    scaled = arith::MulIOp::create(builder, loc, scaled, constantIndex(builder, loc, factor));
  return arith::AddIOp::create(builder, loc, base, scaled);
}

void splitSizes(ArrayRef<OpFoldResult> sizes, SmallVectorImpl<Value> &dynamic, SmallVectorImpl<int64_t> &fixed) {
  for (OpFoldResult size : sizes) {
    std::optional<int64_t> value = getConstantIntValue(size);
    fixed.push_back(value.value_or(ShapedType::kDynamic));
    if (!value)
      dynamic.push_back(cast<Value>(size));
  }
}

OpFoldResult OperandBuilder::map(OpFoldResult size) const {
  if (auto value = dyn_cast<Value>(size)) {
    if (std::optional<int64_t> fixed = getConstantIntValue(size))
      return Builder(value.getContext()).getIndexAttr(*fixed);
    return values.lookup(value);
  }
  return size;
}

FailureOr<Operand> OperandBuilder::resolve(OpBuilder &builder, Value memref) {
  Location loc = memref.getLoc();
  auto type = cast<MemRefType>(memref.getType());
  if (auto found = buffers.find(memref); found != buffers.end()) {
    Operand base{found->second, constantIndex(builder, loc, 0), {}, {}, type.getElementType()};
    SmallVector<int64_t> strides;
    int64_t offset;
    if (failed(type.getStridesAndOffset(strides, offset)) || !type.hasStaticShape())
      return emitError(loc) << "a buffer needs a static shape; found " << type;
    for (auto [size, stride] : llvm::zip(type.getShape(), strides)) {
      base.sizes.push_back(builder.getIndexAttr(size));
      base.strides.push_back(stride * base.elementBytes());
    }
    return base;
  }
  if (auto view = memref.getDefiningOp<memref::SubViewOp>()) {
    FailureOr<Operand> source = resolve(builder, view.getSource());
    if (failed(source))
      return failure();
    Operand result{source->buffer, source->offset, {}, {}, source->element};
    llvm::SmallBitVector dropped = view.getDroppedDims();
    for (auto [i, offset, size, stride] :
         llvm::enumerate(view.getMixedOffsets(), view.getMixedSizes(), view.getMixedStrides())) {
      std::optional<int64_t> step = getConstantIntValue(stride);
      if (!step)
        return emitError(loc, "a subview needs static strides");
      result.offset = addScaled(builder, loc, result.offset, map(offset), source->strides[i]);
      if (!dropped.test(i)) {
        result.sizes.push_back(map(size));
        result.strides.push_back(source->strides[i] * *step);
      }
    }
    return result;
  }
  if (auto view = memref.getDefiningOp<memref::ReinterpretCastOp>()) {
    // The offset counts from the first byte of the buffer, whatever view it is given.
    Value root = view.getSource();
    while (Operation *op = buffers.contains(root) ? nullptr : root.getDefiningOp())
      root = op->getOperand(0);
    FailureOr<Operand> source = resolve(builder, root);
    if (failed(source))
      return failure();
    Operand result{source->buffer, source->offset, {}, {}, source->element};
    result.offset = addScaled(builder, loc, result.offset, map(view.getMixedOffsets().front()), source->elementBytes());
    for (auto [size, stride] : llvm::zip(view.getMixedSizes(), view.getMixedStrides())) {
      std::optional<int64_t> step = getConstantIntValue(stride);
      if (!step)
        return emitError(loc, "a reinterpret_cast needs static strides");
      result.sizes.push_back(map(size));
      result.strides.push_back(*step * source->elementBytes());
    }
    return result;
  }
  return emitError(loc, "a buffer comes from an argument, an alloc, a subview or a reinterpret_cast");
}

Plane planeOf(Builder &builder, const Operand &operand) {
  if (operand.rank() == 1)
    return {builder.getIndexAttr(1), operand.sizes[0], 0};
  return {operand.sizes[0], operand.sizes[1], operand.strides[0]};
}

} // namespace garam::lowering
