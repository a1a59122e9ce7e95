// Result types of elementwise ops: NumPy's broadcast of the operands.
#include "dialects/graph/Graph.h"

using namespace mlir;
using namespace garam::graph;

FailureOr<SmallVector<int64_t>> garam::graph::broadcastShapes(ArrayRef<ArrayRef<int64_t>> shapes) {
  size_t rank = 0;
  for (ArrayRef<int64_t> shape : shapes)
    rank = std::max(rank, shape.size());
  SmallVector<int64_t> result(rank, 1);
  for (ArrayRef<int64_t> shape : shapes)
    for (auto [size, common] : llvm::zip(llvm::reverse(shape), llvm::reverse(result))) {
      if (size != common && size != 1 && common != 1)
        return failure();
      common = common == 1 ? size : common;
    }
  return result;
}

static RankedTensorType tensor(Value value) { return cast<RankedTensorType>(value.getType()); }

/// The tensor of `element` with the broadcast shape of the operands.
static LogicalResult inferBroadcast(std::optional<Location> loc, StringRef name, ValueRange operands, Type element,
                                    SmallVectorImpl<Type> &types) {
  SmallVector<ArrayRef<int64_t>> shapes;
  for (Value operand : operands)
    shapes.push_back(tensor(operand).getShape());
  auto shape = broadcastShapes(shapes);
  if (failed(shape)) {
    std::string text;
    llvm::raw_string_ostream out(text);
    llvm::interleaveComma(operands.getTypes(), out);
    return emitOptionalError(loc, "'graph.", name, "' op shapes do not broadcast: ", text);
  }
  types.push_back(RankedTensorType::get(*shape, element));
  return success();
}

#define GARAM_BINARY(Op)                                                                                               \
  LogicalResult Op::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor op,                           \
                                     SmallVectorImpl<Type> &types) {                                                   \
    return inferBroadcast(loc, Op::getOperationName().drop_front(6), op.getOperands(),                                 \
                          tensor(op.getLhs()).getElementType(), types);                                                \
  }
GARAM_BINARY(AddOp)
GARAM_BINARY(SubOp)
GARAM_BINARY(MulOp)
GARAM_BINARY(DivOp)
GARAM_BINARY(MaxOp)
GARAM_BINARY(MinOp)
GARAM_BINARY(LogicalAndOp)
GARAM_BINARY(LogicalOrOp)
#undef GARAM_BINARY

LogicalResult CompareOp::inferReturnTypes(MLIRContext *context, std::optional<Location> loc, Adaptor op,
                                          SmallVectorImpl<Type> &types) {
  return inferBroadcast(loc, "compare", op.getOperands(), IntegerType::get(context, 1), types);
}

LogicalResult SelectOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor op,
                                         SmallVectorImpl<Type> &types) {
  Type element = tensor(op.getLhs()).getElementType();
  if (tensor(op.getRhs()).getElementType() != element)
    return emitOptionalError(loc, "'graph.select' op element types of lhs and rhs differ: ", element, " and ",
                             tensor(op.getRhs()).getElementType());
  return inferBroadcast(loc, "select", op.getOperands(), element, types);
}
