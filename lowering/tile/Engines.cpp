#include "lowering/tile/Engines.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;

namespace garam::lowering {

namespace {
struct Dim {
  OpFoldResult count;
  int64_t source, target;
};

/// count · factor.
OpFoldResult scaled(OpBuilder &b, Location loc, OpFoldResult count, int64_t factor) {
  if (std::optional<int64_t> fixed = getConstantIntValue(count))
    return b.getIndexAttr(*fixed * factor);
  if (factor == 1)
    return count;
  return OpFoldResult(arith::MulIOp::create(b, loc, cast<Value>(count), constantIndex(b, loc, factor)).getResult());
}

/// Dimensions innermost first, neighbours merged where both sides are contiguous; dimension 0 counts bytes.
SmallVector<Dim> mergedDims(OpBuilder &b, Location loc, const Operand &from, const Operand &to, int64_t first) {
  int64_t element = from.elementBytes();
  SmallVector<Dim> dims{{b.getIndexAttr(element), 1, 1}};
  for (int64_t i = from.rank() - 1; i >= first; --i) {
    OpFoldResult size = from.sizes[i];
    if (!getConstantIntValue(size))
      size = getConstantIntValue(to.sizes[i]) ? to.sizes[i] : size;
    if (getConstantIntValue(size) == 1)
      continue;
    Dim &last = dims.back();
    std::optional<int64_t> count = getConstantIntValue(last.count);
    if (count && from.strides[i] == *count * last.source && to.strides[i] == *count * last.target)
      last.count = scaled(b, loc, size, *count);
    else
      dims.push_back({size, from.strides[i], to.strides[i]});
  }
  return dims;
}
} // namespace

LogicalResult EngineConverter::transfer(OpBuilder &b, Operation *op, Value from, Value indices, Value to, bool load) {
  Location loc = op->getLoc();
  FailureOr<Operand> source = operands.resolve(b, from), target = operands.resolve(b, to);
  if (failed(source) || failed(target))
    return failure();
  SmallVector<Dim> dims = mergedDims(b, loc, *source, *target, indices ? 1 : 0);
  size_t limit = indices ? 4 : 5;
  if (dims.size() > limit)
    return op->emitOpError() << "needs " << dims.size() << " dimensions of transfer; at most " << limit;
  while (dims.size() < limit)
    dims.push_back({b.getIndexAttr(1), 0, 0});
  Value indexBuffer, indexOffset;
  TypeAttr indexType;
  IntegerAttr rows;
  if (indices) {
    FailureOr<Operand> list = operands.resolve(b, indices);
    if (failed(list))
      return failure();
    indexBuffer = list->buffer, indexOffset = list->offset, indexType = TypeAttr::get(list->element);
    if (std::optional<int64_t> size = getConstantIntValue((load ? source : target)->sizes[0]))
      rows = b.getI64IntegerAttr(*size);
    dims.push_back({list->sizes[0], source->strides[0], target->strides[0]});
  }
  SmallVector<Value> dynamic;
  SmallVector<int64_t> fixed, sourceStrides, targetStrides;
  for (Dim &dim : dims) {
    splitSizes({dim.count}, dynamic, fixed);
    sourceStrides.push_back(dim.source);
    targetStrides.push_back(dim.target);
  }
  auto create = [&](auto kind) {
    decltype(kind)::create(b, loc, source->buffer, source->offset, target->buffer, target->offset, indexBuffer,
                           indexOffset, indexType, rows, dynamic, fixed, sourceStrides, targetStrides, task::TokensAttr(),
                           task::TokensAttr());
  };
  load ? create(task::LoadOp()) : create(task::StoreOp());
  return success();
}

LogicalResult EngineConverter::matmul(OpBuilder &b, tile::MatmulOp op, IRMapping &values) {
  FailureOr<Operand> a = operands.resolve(b, op.getA()), w = operands.resolve(b, op.getW()),
                     acc = operands.resolve(b, op.getAcc());
  if (failed(a) || failed(w) || failed(acc))
    return failure();
  Value accumulate;
  if (op.getAccumulate()) {
    accumulate = values.lookup(op.getAccumulate());
    if (accumulate.getType().isInteger(1))
      accumulate = arith::IndexCastUIOp::create(b, op.getLoc(), b.getIndexType(), accumulate);
  }
  // A size is static if any operand that shows it is.
  auto known = [&](OpFoldResult x, OpFoldResult y) { return getConstantIntValue(x) ? x : y; };
  int kOfW = op.getTransposed() ? 1 : 0;
  SmallVector<Value> dynamic;
  SmallVector<int64_t> fixed;
  splitSizes(
      {known(a->sizes[0], acc->sizes[0]), known(a->sizes[1], w->sizes[kOfW]), known(acc->sizes[1], w->sizes[1 - kOfW])},
      dynamic, fixed);
  task::MmaOp::create(b, op.getLoc(), a->buffer, a->offset, w->buffer, w->offset, acc->buffer, acc->offset, dynamic,
                      fixed, ArrayRef<int64_t>{a->strides[0], w->strides[0], acc->strides[0]}, accumulate, a->element,
                      w->element, op.getTransposed(), task::TokensAttr(), task::TokensAttr());
  return success();
}

LogicalResult EngineConverter::map(OpBuilder &b, tile::MapOp op, IRMapping &values) {
  FailureOr<Operand> shape = operands.resolve(b, op.getShapeOperand());
  if (failed(shape))
    return failure();
  Plane plane = planeOf(b, *shape);
  rt::Chain chain = op.getRuntimeChain();
  SmallVector<Value> sources, offsets;
  SmallVector<Attribute> types;
  SmallVector<int64_t> strides;
  SmallVector<bool> perRow;
  for (Value value : op.getSources()) {
    FailureOr<Operand> source = operands.resolve(b, value);
    if (failed(source))
      return failure();
    Plane own = planeOf(b, *source);
    bool oneColumn = getConstantIntValue(own.columns) == 1 && getConstantIntValue(plane.columns) != 1;
    bool oneRow = getConstantIntValue(own.rows) == 1;
    sources.push_back(source->buffer);
    offsets.push_back(source->offset);
    types.push_back(TypeAttr::get(source->element));
    strides.push_back(oneRow ? 0 : own.stride);
    perRow.push_back(oneColumn);
  }
  Value target, targetOffset, reduced, reducedOffset;
  TypeAttr targetType;
  if (!op.getOutputs().empty()) {
    target = shape->buffer, targetOffset = shape->offset;
    targetType = TypeAttr::get(shape->element);
  }
  if (op.getReduced()) {
    FailureOr<Operand> result = operands.resolve(b, op.getReduced());
    if (failed(result))
      return failure();
    int64_t along = result->rank() == 1 || getConstantIntValue(result->sizes[1]) == 1 ? 0 : 1;
    if (result->strides[along] != 4)
      return op.emitOpError("needs a contiguous reduction result");
    reduced = result->buffer, reducedOffset = result->offset;
  }
  SmallVector<Value> dynamic;
  SmallVector<int64_t> fixed;
  splitSizes({plane.rows, plane.columns}, dynamic, fixed);
  Value scalar = op.getScalar() ? values.lookup(op.getScalar()) : Value();
  task::MapOp::create(b, op.getLoc(), sources, offsets, b.getArrayAttr(types), strides, perRow, target, targetOffset,
                      targetType, plane.stride, reduced, reducedOffset, scalar, dynamic, fixed, op.getChain(),
                      task::TokensAttr(), task::TokensAttr());
  return success();
}

LogicalResult EngineConverter::rotate(OpBuilder &b, tile::RotateOp op) {
  SmallVector<Operand, 4> all;
  for (Value value : {op.getX(), op.getCos(), op.getSin(), op.getOut()}) {
    FailureOr<Operand> operand = operands.resolve(b, value);
    if (failed(operand))
      return failure();
    all.push_back(*operand);
  }
  const Operand &x = all[0], &cos = all[1], &sin = all[2], &out = all[3];
  SmallVector<Value> dynamic;
  SmallVector<int64_t> fixed;
  splitSizes({x.sizes[0]}, dynamic, fixed);
  int64_t heads = *getConstantIntValue(x.sizes[1]) / int64_t(op.getDim());
  task::RotateOp::create(b, op.getLoc(), x.buffer, x.offset, cos.buffer, cos.offset, sin.buffer, sin.offset, out.buffer,
                         out.offset, dynamic, fixed,
                         ArrayRef<int64_t>{x.strides[0], cos.strides[0], sin.strides[0], out.strides[0]}, heads,
                         op.getDim(), x.element, out.element, op.getMode(), task::TokensAttr(), task::TokensAttr());
  return success();
}

template <class Task, class Tile> LogicalResult EngineConverter::rows(OpBuilder &b, Tile op) {
  FailureOr<Operand> x = operands.resolve(b, op.getX()), out = operands.resolve(b, op.getOut());
  if (failed(x) || failed(out))
    return failure();
  Plane plane = planeOf(b, *x);
  // A result of one element for each row lies along its first dimension.
  int64_t outStride = out->strides[0];
  SmallVector<Value> dynamic;
  SmallVector<int64_t> fixed;
  splitSizes({plane.rows, plane.columns}, dynamic, fixed);
  Task::create(b, op.getLoc(), x->buffer, x->offset, out->buffer, out->offset, dynamic, fixed,
               ArrayRef<int64_t>{plane.stride, outStride}, x->element, out->element, task::TokensAttr(),
               task::TokensAttr());
  return success();
}

LogicalResult EngineConverter::read(OpBuilder &b, tile::ReadOp op, IRMapping &values) {
  FailureOr<Operand> buffer = operands.resolve(b, op.getBuffer());
  if (failed(buffer))
    return failure();
  Value offset = buffer->offset;
  for (auto [index, stride] : llvm::zip(op.getIndices(), buffer->strides))
    offset = addScaled(b, op.getLoc(), offset, operands.map(OpFoldResult(index)), stride);
  auto result = task::ReadOp::create(b, op.getLoc(), b.getIndexType(), buffer->buffer, offset, buffer->element,
                                     task::TokensAttr(), task::TokensAttr());
  values.map(op.getValue(), result.getValue());
  return success();
}

LogicalResult EngineConverter::convert(OpBuilder &b, Operation *op, IRMapping &values) {
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case<tile::LoadOp>([&](auto o) { return transfer(b, o, o.getSource(), {}, o.getTarget(), true); })
      .Case<tile::StoreOp>([&](auto o) { return transfer(b, o, o.getSource(), {}, o.getTarget(), false); })
      .Case<tile::GatherOp>([&](auto o) { return transfer(b, o, o.getTable(), o.getIndices(), o.getTarget(), true); })
      .Case<tile::ScatterOp>([&](auto o) { return transfer(b, o, o.getSource(), o.getIndices(), o.getTable(), false); })
      .Case<tile::MatmulOp>([&](auto o) { return matmul(b, o, values); })
      .Case<tile::MapOp>([&](auto o) { return map(b, o, values); })
      .Case<tile::RotateOp>([&](auto o) { return rotate(b, o); })
#define GARAM_ISA_ROWS(name, opcode, result, integers)                                                                 \
  .Case<tile::name##Op>([&](auto o) { return rows<task::name##Op>(b, o); })
#include "runtime/isa/Isa.inc"
#undef GARAM_ISA_ROWS
      .Case<tile::ReadOp>([&](auto o) { return read(b, o, values); })
      .Default([](Operation *o) { return o->emitOpError("has no engine"); });
}

} // namespace garam::lowering
