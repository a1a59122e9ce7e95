// Folding of casts. A constant is converted as docs/graph.md says, by LLVM's arbitrary-precision numbers.
#include "dialects/graph/Graph.h"

#include "llvm/ADT/APSInt.h"

using namespace mlir;
using namespace garam::graph;

/// Constants beyond this stay casts: the module's text would grow for nothing.
static constexpr int64_t kMaxElements = 1 << 16;

/// Rounds to nearest even; f8 saturates.
static APFloat toFloat(APFloat value, FloatType type) {
  bool lost;
  const llvm::fltSemantics &semantics = type.getFloatSemantics();
  if (type.getWidth() == 8 && !value.isNaN()) {
    APFloat largest = APFloat::getLargest(semantics), limit = largest;
    limit.convert(value.getSemantics(), APFloat::rmNearestTiesToEven, &lost);
    if (abs(value).compare(limit) == APFloat::cmpGreaterThan) {
      if (value.isNegative())
        largest.changeSign();
      return largest;
    }
  }
  value.convert(semantics, APFloat::rmNearestTiesToEven, &lost);
  return value;
}

/// Towards zero, saturating, NaN to 0; to i1 whether it is not zero.
static APInt toInteger(const APFloat &value, IntegerType type) {
  if (type.getWidth() == 1)
    return APInt(1, !value.isZero());
  llvm::APSInt result(type.getWidth(), /*isUnsigned=*/false);
  bool exact;
  if (value.isNaN())
    return APInt(type.getWidth(), 0);
  value.convertToInteger(result, APFloat::rmTowardZero, &exact);
  return result;
}

static APFloat toFloat(const APInt &value, bool boolean, FloatType type) {
  APFloat single(APFloat::IEEEsingle());
  single.convertFromAPInt(value, /*IsSigned=*/!boolean, APFloat::rmNearestTiesToEven);
  return toFloat(single, type);
}

static APInt toInteger(const APInt &value, bool boolean, IntegerType type) {
  if (type.getWidth() == 1)
    return APInt(1, !value.isZero());
  return boolean ? value.zextOrTrunc(type.getWidth()) : value.sextOrTrunc(type.getWidth());
}

OpFoldResult CastOp::fold(FoldAdaptor op) {
  if (getX().getType() == getType())
    return getX();
  auto dense = dyn_cast_if_present<DenseElementsAttr>(op.getX());
  if (!dense || (!dense.isSplat() && dense.getNumElements() > kMaxElements))
    return {};
  Type from = dense.getElementType(), to = cast<ShapedType>(getType()).getElementType();
  bool boolean = from.isInteger(1);
  if (auto floats = dyn_cast<DenseFPElementsAttr>(dense)) {
    if (auto type = dyn_cast<FloatType>(to))
      return floats.mapValues(type, [&](const APFloat &value) { return toFloat(value, type).bitcastToAPInt(); });
    auto type = cast<IntegerType>(to);
    return floats.mapValues(type, [&](const APFloat &value) { return toInteger(value, type); });
  }
  auto integers = cast<DenseIntElementsAttr>(dense);
  if (auto type = dyn_cast<FloatType>(to))
    return integers.mapValues(type, [&](const APInt &value) { return toFloat(value, boolean, type).bitcastToAPInt(); });
  auto type = cast<IntegerType>(to);
  return integers.mapValues(type, [&](const APInt &value) { return toInteger(value, boolean, type); });
}
