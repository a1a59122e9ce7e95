#include "lowering/graph/Views.h"

#include "llvm/ADT/TypeSwitch.h"

#include <numeric>

using namespace mlir;

namespace garam::lowering {

ArrayRef<int64_t> shapeOf(Value value) { return cast<RankedTensorType>(value.getType()).getShape(); }

int64_t elementsOf(ArrayRef<int64_t> sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), int64_t(1), std::multiplies<>());
}

SmallVector<int64_t> denseStrides(ArrayRef<int64_t> sizes) {
  SmallVector<int64_t> strides(sizes.size(), 1);
  for (int64_t i = int64_t(sizes.size()) - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * sizes[i + 1];
  return strides;
}

View View::dense(Value value) {
  ArrayRef<int64_t> shape = shapeOf(value);
  return {value, 0, SmallVector<int64_t>(shape), denseStrides(shape)};
}

int64_t View::elements() const { return elementsOf(sizes); }

bool View::isDense() const {
  if (offset != 0 || elements() != elementsOf(shapeOf(base)))
    return false;
  int64_t expected = 1;
  for (int64_t i = rank() - 1; i >= 0; --i) {
    if (sizes[i] != 1 && strides[i] != expected)
      return false;
    expected *= sizes[i];
  }
  return true;
}

std::optional<View> reshaped(const View &view, ArrayRef<int64_t> sizes) {
  // Runs of dimensions that one stride walks.
  SmallVector<std::pair<int64_t, int64_t>> runs; // size, innermost stride
  for (auto [size, stride] : llvm::zip(view.sizes, view.strides)) {
    if (size == 1)
      continue;
    if (!runs.empty() && runs.back().second == stride * size)
      runs.back() = {runs.back().first * size, stride};
    else
      runs.push_back({size, stride});
  }
  View result{view.base, view.offset, SmallVector<int64_t>(sizes), SmallVector<int64_t>(sizes.size(), 0)};
  int64_t run = int64_t(runs.size()) - 1, used = 1;
  for (int64_t i = int64_t(sizes.size()) - 1; i >= 0; --i) {
    if (sizes[i] == 1) {
      result.strides[i] = 0;
      continue;
    }
    if (run < 0 || runs[run].first % (used * sizes[i]) != 0)
      return std::nullopt;
    result.strides[i] = runs[run].second * used;
    used *= sizes[i];
    if (used == runs[run].first)
      --run, used = 1;
  }
  return run < 0 ? std::optional(result) : std::nullopt;
}

bool isViewOp(Operation *op) {
  return op && isa<graph::ReshapeOp, graph::TransposeOp, graph::SliceOp, graph::BroadcastOp>(op);
}

View broadcastTo(const View &view, ArrayRef<int64_t> sizes) {
  View result{view.base, view.offset, SmallVector<int64_t>(sizes), SmallVector<int64_t>(sizes.size(), 0)};
  int64_t added = int64_t(sizes.size()) - view.rank();
  for (int64_t i = 0; i < view.rank(); ++i)
    result.strides[added + i] = view.sizes[i] == 1 ? 0 : view.strides[i];
  return result;
}

std::optional<View> through(Operation *op, const View &in) {
  return llvm::TypeSwitch<Operation *, std::optional<View>>(op)
      .Case([&](graph::ReshapeOp reshape) { return reshaped(in, shapeOf(reshape.getResult())); })
      .Case([&](graph::TransposeOp transpose) {
        View out{in.base, in.offset, {}, {}};
        for (int64_t dim : transpose.getPerm())
          out.sizes.push_back(in.sizes[dim]), out.strides.push_back(in.strides[dim]);
        return out;
      })
      .Case([&](graph::SliceOp slice) {
        View out{in.base, in.offset, SmallVector<int64_t>(shapeOf(slice.getResult())), in.strides};
        for (int64_t i = 0; i < in.rank(); ++i) {
          out.offset += slice.getBegin()[i] * in.strides[i];
          out.strides[i] *= slice.getStep()[i];
        }
        return out;
      })
      .Case([&](graph::BroadcastOp broadcast) { return broadcastTo(in, shapeOf(broadcast.getResult())); })
      .Default([](Operation *) { return std::nullopt; });
}

std::optional<View> back(Operation *op, const View &out) {
  if (auto reshape = dyn_cast<graph::ReshapeOp>(op))
    return reshaped(out, shapeOf(reshape.getX()));
  if (auto transpose = dyn_cast<graph::TransposeOp>(op)) {
    View in = out;
    for (auto [i, dim] : llvm::enumerate(transpose.getPerm()))
      in.sizes[dim] = out.sizes[i], in.strides[dim] = out.strides[i];
    return in;
  }
  return std::nullopt;
}

std::optional<View> viewOf(Value value) {
  Operation *op = value.getDefiningOp();
  if (!isViewOp(op))
    return View::dense(value);
  std::optional<View> operand = viewOf(op->getOperand(0));
  return operand ? through(op, *operand) : std::nullopt;
}

} // namespace garam::lowering
