// Shapes of norms, softmax, rope and scans: they keep the shape and work along the last dimension.
#include "dialects/graph/Graph.h"

using namespace mlir;
using namespace garam::graph;

static RankedTensorType tensor(Value value) { return cast<RankedTensorType>(value.getType()); }

/// The vector has one element for each column of x.
static LogicalResult verifyVector(Operation *op, Value x, Value vector, StringRef name) {
  auto xType = tensor(x), type = tensor(vector);
  if (xType.getRank() < 1)
    return op->emitOpError() << "x must have a dimension, got " << xType;
  if (type.getRank() != 1 || type.getDimSize(0) != xType.getShape().back())
    return op->emitOpError() << name << " must be [" << xType.getShape().back() << "], got " << type;
  return success();
}

static LogicalResult verifyEps(Operation *op, float eps) {
  if (!(eps >= 0))
    return op->emitOpError() << "eps must not be negative, got " << eps;
  return success();
}

LogicalResult RmsNormOp::verify() {
  if (failed(verifyVector(*this, getX(), getW(), "w")))
    return failure();
  return verifyEps(*this, getEps().convertToFloat());
}

LogicalResult LayerNormOp::verify() {
  if (failed(verifyVector(*this, getX(), getW(), "w")) || failed(verifyVector(*this, getX(), getB(), "b")))
    return failure();
  return verifyEps(*this, getEps().convertToFloat());
}

static LogicalResult verifyHasColumns(Operation *op, Value x) {
  if (tensor(x).getRank() < 1)
    return op->emitOpError() << "x must have a dimension, got " << tensor(x);
  return success();
}

LogicalResult SoftmaxOp::verify() { return verifyHasColumns(*this, getX()); }
LogicalResult CumsumOp::verify() { return verifyHasColumns(*this, getX()); }

LogicalResult RopeOp::verify() {
  auto x = tensor(getX()), cos = tensor(getCos()), sin = tensor(getSin());
  if (x.getRank() < 2)
    return emitOpError() << "x must be [..., length, dim], got " << x;
  int64_t rows = x.getShape().end()[-2], dim = x.getShape().back();
  if (dim % 2)
    return emitOpError() << "dim must be even, got " << dim;
  if (cos != sin || cos.getRank() != 2 || cos.getDimSize(1) != dim || cos.getDimSize(0) < rows)
    return emitOpError() << "cos and sin must be [positions, " << dim << "] with at least " << rows
                         << " positions, got " << cos << " and " << sin;
  return success();
}
