// Folds of ops that move elements. They never compute new values, so they hold for every element type.
#include "dialects/graph/EmptyTensors.h"

using namespace mlir;
using namespace garam::graph;

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }

OpFoldResult ReshapeOp::fold(FoldAdaptor op) {
  if (getX().getType() == getType())
    return getX();
  if (auto dense = dyn_cast_if_present<DenseElementsAttr>(op.getX()))
    return dense.reshape(cast<ShapedType>(getType()));
  if (auto inner = getX().getDefiningOp<ReshapeOp>()) {
    getXMutable().assign(inner.getX());
    return getResult();
  }
  return {};
}

OpFoldResult TransposeOp::fold(FoldAdaptor op) {
  if (llvm::equal(getPerm(), llvm::seq<int64_t>(0, getPerm().size())))
    return getX();
  if (auto dense = dyn_cast_if_present<DenseElementsAttr>(op.getX()); dense && dense.isSplat())
    return dense.resizeSplat(cast<ShapedType>(getType()));
  if (auto inner = getX().getDefiningOp<TransposeOp>()) {
    SmallVector<int64_t> perm;
    for (int64_t dim : getPerm())
      perm.push_back(inner.getPerm()[dim]);
    setPerm(perm);
    getXMutable().assign(inner.getX());
    return getResult();
  }
  return {};
}

OpFoldResult BroadcastOp::fold(FoldAdaptor op) {
  if (getX().getType() == getType())
    return getX();
  if (auto dense = dyn_cast_if_present<DenseElementsAttr>(op.getX()); dense && dense.isSplat())
    return dense.resizeSplat(cast<ShapedType>(getType()));
  return {};
}

OpFoldResult SliceOp::fold(FoldAdaptor op) {
  // Taking all elements keeps the shape; with the same shape the step is 1 or the size is.
  if (getX().getType() == getType() && llvm::all_of(getBegin(), [](int64_t begin) { return begin == 0; }))
    return getX();
  if (auto dense = dyn_cast_if_present<DenseElementsAttr>(op.getX()); dense && dense.isSplat())
    return dense.resizeSplat(cast<ShapedType>(getType()));
  return {};
}

OpFoldResult ConcatOp::fold(FoldAdaptor) {
  if (getInputs().size() == 1)
    return getInputs().front();
  SmallVector<Value> full;
  for (Value input : getInputs())
    if (!isEmpty(input.getType()))
      full.push_back(input);
  if (full.empty() || full.size() == getInputs().size())
    return {};
  getInputsMutable().assign(full);
  return getResult();
}
