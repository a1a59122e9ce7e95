// Result types of ops that move elements, and of reductions.
#include "dialects/graph/EmptyTensors.h"

using namespace mlir;
using namespace garam::graph;

static RankedTensorType tensor(Value value) { return cast<RankedTensorType>(value.getType()); }

LogicalResult ReshapeOp::verify() {
  auto from = tensor(getX()), to = tensor(getResult());
  if (from.getNumElements() != to.getNumElements())
    return emitOpError() << "number of elements differs: " << from.getNumElements() << " of " << from << " and "
                         << to.getNumElements() << " of " << to;
  return success();
}

LogicalResult TransposeOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor op,
                                            SmallVectorImpl<Type> &types) {
  auto x = tensor(op.getX());
  SmallVector<bool> seen(x.getRank());
  SmallVector<int64_t> shape;
  for (int64_t dim : op.getPerm()) {
    if (dim < 0 || dim >= x.getRank() || std::exchange(seen[dim], true))
      return emitOptionalError(loc, "'graph.transpose' op perm must name each of the ", x.getRank(),
                               " dimensions once");
    shape.push_back(x.getDimSize(dim));
  }
  if (int64_t(shape.size()) != x.getRank())
    return emitOptionalError(loc, "'graph.transpose' op perm must name each of the ", x.getRank(), " dimensions once");
  types.push_back(RankedTensorType::get(shape, x.getElementType()));
  return success();
}

LogicalResult BroadcastOp::verify() {
  auto shape = broadcastShapes({tensor(getX()).getShape(), tensor(getResult()).getShape()});
  if (failed(shape) || ArrayRef(*shape) != tensor(getResult()).getShape())
    return emitOpError() << tensor(getX()) << " does not broadcast to " << tensor(getResult());
  return success();
}

LogicalResult SliceOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor op,
                                        SmallVectorImpl<Type> &types) {
  auto x = tensor(op.getX());
  size_t rank = x.getRank();
  if (op.getBegin().size() != rank || op.getEnd().size() != rank || op.getStep().size() != rank)
    return emitOptionalError(loc, "'graph.slice' op begin, end and step must have ", rank, " entries each");
  SmallVector<int64_t> shape;
  for (auto [begin, end, step, size] : llvm::zip(op.getBegin(), op.getEnd(), op.getStep(), x.getShape())) {
    if (begin < 0 || begin > end || end > size || step <= 0)
      return emitOptionalError(loc, "'graph.slice' op needs 0 <= begin <= end <= ", size, " and step > 0, got ", begin,
                               " to ", end, " step ", step);
    shape.push_back((end - begin + step - 1) / step);
  }
  types.push_back(RankedTensorType::get(shape, x.getElementType()));
  return success();
}

LogicalResult ConcatOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor op,
                                         SmallVectorImpl<Type> &types) {
  if (op.getInputs().empty())
    return emitOptionalError(loc, "'graph.concat' op needs an operand");
  auto first = tensor(op.getInputs().front());
  int64_t dim = op.getDim();
  if (dim < 0 || dim >= first.getRank())
    return emitOptionalError(loc, "'graph.concat' op dim must be in 0 to ", first.getRank() - 1, ", got ", dim);
  SmallVector<int64_t> shape(first.getShape());
  for (Value input : op.getInputs().drop_front()) {
    SmallVector<int64_t> other(tensor(input).getShape());
    if (int64_t(other.size()) != first.getRank())
      return emitOptionalError(loc, "'graph.concat' op operands differ in rank: ", first, " and ", input.getType());
    shape[dim] += std::exchange(other[dim], first.getDimSize(dim));
    if (ArrayRef(other) != first.getShape())
      return emitOptionalError(loc, "'graph.concat' op operands may differ in dimension ", dim, " only, got ", first,
                               " and ", input.getType());
  }
  types.push_back(RankedTensorType::get(shape, first.getElementType()));
  return success();
}

LogicalResult ReduceOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor op,
                                         SmallVectorImpl<Type> &types) {
  auto x = tensor(op.getX());
  int64_t dim = op.getDim();
  if (dim < 0 || dim >= x.getRank())
    return emitOptionalError(loc, "'graph.reduce' op dim must be in 0 to ", x.getRank() - 1, ", got ", dim);
  if (op.getKind() == ReduceKind::Mean && !isa<FloatType>(x.getElementType()))
    return emitOptionalError(loc, "'graph.reduce' op mean needs floats, got ", x);
  SmallVector<int64_t> shape(x.getShape());
  if (op.getKeepdim())
    shape[dim] = 1;
  else
    shape.erase(shape.begin() + dim);
  auto type = RankedTensorType::get(shape, x.getElementType());
  bool extreme = op.getKind() == ReduceKind::Max || op.getKind() == ReduceKind::Min;
  if (extreme && isEmpty(x) && !isEmpty(type))
    return emitOptionalError(loc, "'graph.reduce' op max and min need an element, got ", x);
  types.push_back(type);
  return success();
}

LogicalResult ArgmaxOp::inferReturnTypes(MLIRContext *context, std::optional<Location> loc, Adaptor op,
                                         SmallVectorImpl<Type> &types) {
  auto x = tensor(op.getX());
  if (x.getRank() < 1 || x.getShape().back() == 0)
    return emitOptionalError(loc, "'graph.argmax' op needs a last dimension of at least one column, got ", x);
  types.push_back(RankedTensorType::get(x.getShape().drop_back(), IntegerType::get(context, 64)));
  return success();
}

LogicalResult IotaOp::verify() {
  int64_t rank = tensor(getResult()).getRank();
  if (int64_t dim = getDim(); dim < 0 || dim >= rank)
    return emitOpError() << "dim must be in 0 to " << rank - 1 << ", got " << int64_t(getDim());
  return success();
}
