// Folds of tensors without elements, the same for every op: one whose result has none needs no op, and what is summed
// up over none is a constant. Behind the canonicalizer no op has such a tensor, so that nothing divides by a size of 0.
#include "dialects/graph/EmptyTensors.h"

#include "mlir/Interfaces/FoldInterfaces.h"

#include <limits>

using namespace mlir;

namespace garam::graph {

bool isEmpty(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && tensor.getNumElements() == 0;
}

namespace {
DenseElementsAttr filled(RankedTensorType type, double value) {
  Builder builder(type.getContext());
  Type element = type.getElementType();
  if (isa<FloatType>(element))
    return DenseElementsAttr::get(type, Attribute(builder.getFloatAttr(element, value)));
  return DenseElementsAttr::get(type, Attribute(builder.getIntegerAttr(element, int64_t(value))));
}

/// The value of an op that has elements, of operands that have none; null where they do not make it a constant.
DenseElementsAttr overNothing(Operation *op, RankedTensorType type) {
  if (auto matmul = dyn_cast<MatmulOp>(op); matmul && isEmpty(matmul.getA().getType()))
    return filled(type, 0);
  if (auto attention = dyn_cast<AttentionOp>(op); attention && isEmpty(attention.getV().getType()))
    return filled(type, 0);
  if (auto reduce = dyn_cast<ReduceOp>(op); reduce && isEmpty(reduce.getX().getType()))
    return filled(type, reduce.getKind() == ReduceKind::Mean ? std::numeric_limits<double>::quiet_NaN() : 0);
  return {};
}

struct EmptyTensorFolds : DialectFoldInterface {
  using DialectFoldInterface::DialectFoldInterface;

  LogicalResult fold(Operation *op, ArrayRef<Attribute>, SmallVectorImpl<OpFoldResult> &results) const override {
    if (op->getNumResults() != 1 || op->getNumRegions() != 0 || isa<ConstantOp>(op))
      return failure();
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    if (isEmpty(type)) {
      results.push_back(DenseElementsAttr::get(type, ArrayRef<Attribute>()));
      return success();
    }
    if (auto update = dyn_cast<KvUpdateOp>(op); update && isEmpty(update.getRows().getType())) {
      results.push_back(update.getCache());
      return success();
    }
    if (DenseElementsAttr value = overNothing(op, type)) {
      results.push_back(value);
      return success();
    }
    return failure();
  }
};
} // namespace

void addEmptyTensorFolds(GraphDialect &dialect) { dialect.addInterfaces<EmptyTensorFolds>(); }

} // namespace garam::graph
