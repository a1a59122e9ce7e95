// References of elementwise ops: operands widened to f32, one scalar function, the result rounded once.
#include "lowering/graph/golden/Golden.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

#include <limits>
#include <numbers>

using namespace mlir;
using namespace garam::graph;
using namespace garam::golden;

namespace {

using Values = Writer::Values;
template <typename Op> using Scalar = Value (*)(Writer &, Op, Values);

template <typename Op> class Elementwise : public OpConversionPattern<Op> {
public:
  Elementwise(MLIRContext *context, Scalar<Op> scalar) : OpConversionPattern<Op>(context), scalar(scalar) {}

  LogicalResult matchAndRewrite(Op op, typename Op::Adaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op.getType());
    auto body = [&](Writer &writer, Values values) {
      SmallVector<Value> wide;
      for (Value value : values)
        wide.push_back(writer.widen(value));
      return writer.narrow(scalar(writer, op, wide), type.getElementType());
    };
    Writer writer(rewriter, op.getLoc());
    rewriter.replaceOp(op, writer.mapBroadcast(type, adaptor.getOperands(), body));
    return success();
  }

private:
  Scalar<Op> scalar;
};

bool isFloat(Value value) { return isa<FloatType>(value.getType()); }

template <typename Op, typename Float, typename Integer> Value binary(Writer &w, Op, Values v) {
  return isFloat(v[0]) ? w.make<Float>(v[0], v[1]) : w.make<Integer>(v[0], v[1]);
}
template <typename Op, typename Math> Value unary(Writer &w, Op, Values v) { return w.make<Math>(v[0]); }

Value sigmoid(Writer &w, Value x) {
  Value grown = w.make<math::ExpOp>(w.make<arith::NegFOp>(x));
  return w.make<arith::DivFOp>(w.f32(1), w.make<arith::AddFOp>(w.f32(1), grown));
}

Value neg(Writer &w, NegOp, Values v) {
  return isFloat(v[0]) ? w.make<arith::NegFOp>(v[0]) : w.make<arith::SubIOp>(w.constant(v[0].getType(), 0), v[0]);
}
Value abs(Writer &w, AbsOp, Values v) {
  return isFloat(v[0]) ? w.make<math::AbsFOp>(v[0]) : w.make<math::AbsIOp>(v[0]);
}
Value logicalNot(Writer &w, LogicalNotOp, Values v) {
  return w.make<arith::XOrIOp>(v[0], w.constant(v[0].getType(), 1));
}
Value select(Writer &w, SelectOp, Values v) { return w.make<arith::SelectOp>(v[0], v[1], v[2]); }
Value relu(Writer &w, ReluOp, Values v) { return w.make<arith::MaximumFOp>(v[0], w.f32(0)); }
Value rsqrt(Writer &w, RsqrtOp, Values v) { return w.make<arith::DivFOp>(w.f32(1), w.make<math::SqrtOp>(v[0])); }
Value recip(Writer &w, RecipOp, Values v) { return w.make<arith::DivFOp>(w.f32(1), v[0]); }
Value sigmoidOf(Writer &w, SigmoidOp, Values v) { return sigmoid(w, v[0]); }
Value silu(Writer &w, SiluOp, Values v) { return w.make<arith::MulFOp>(v[0], sigmoid(w, v[0])); }

Value gelu(Writer &w, GeluOp op, Values v) {
  Value inner;
  if (op.getApproximate() == GeluApproximation::None) {
    inner = w.make<math::ErfOp>(w.make<arith::MulFOp>(v[0], w.f32(std::numbers::sqrt2 / 2)));
  } else {
    Value square = w.make<arith::MulFOp>(v[0], v[0]);
    Value factor = w.make<arith::AddFOp>(w.f32(1), w.make<arith::MulFOp>(w.f32(0.044715), square));
    Value scaled = w.make<arith::MulFOp>(v[0], w.f32(std::numbers::sqrt2 * std::numbers::inv_sqrtpi));
    inner = w.make<math::TanhOp>(w.make<arith::MulFOp>(scaled, factor));
  }
  Value half = w.make<arith::MulFOp>(v[0], w.f32(0.5));
  return w.make<arith::MulFOp>(half, w.make<arith::AddFOp>(w.f32(1), inner));
}

Value compare(Writer &w, CompareOp op, Values v) {
  using F = arith::CmpFPredicate;
  using I = arith::CmpIPredicate;
  // Indexed by Predicate. i1 holds 0 or 1, so it compares unsigned.
  static constexpr F floats[] = {F::OLT, F::OLE, F::OGT, F::OGE, F::OEQ, F::UNE};
  static constexpr I integers[] = {I::slt, I::sle, I::sgt, I::sge, I::eq, I::ne};
  static constexpr I booleans[] = {I::ult, I::ule, I::ugt, I::uge, I::eq, I::ne};
  int predicate = int(op.getPredicate());
  if (isFloat(v[0]))
    return w.make<arith::CmpFOp>(floats[predicate], v[0], v[1]);
  return w.make<arith::CmpIOp>(v[0].getType().isInteger(1) ? booleans[predicate] : integers[predicate], v[0], v[1]);
}

/// Towards zero, saturating, NaN to 0. f64 holds every bound of i8 and i32 exactly, and 2⁶³.
Value floatToInteger(Writer &w, Value x, IntegerType type) {
  Value wide = w.make<arith::ExtFOp>(w.builder.getF64Type(), x);
  double limit = std::ldexp(1.0, type.getWidth() - 1);
  Value low = w.constant(wide.getType(), -limit), high = w.constant(wide.getType(), limit);
  Value zero = w.constant(wide.getType(), 0);
  Value isNan = w.make<arith::CmpFOp>(arith::CmpFPredicate::UNO, wide, wide);
  Value above = w.make<arith::CmpFOp>(arith::CmpFPredicate::OGE, wide, high);
  Value below = w.make<arith::CmpFOp>(arith::CmpFPredicate::OLE, wide, low);
  Value outside = w.make<arith::OrIOp>(isNan, w.make<arith::OrIOp>(above, below));
  Value inside = w.make<arith::FPToSIOp>(type, w.make<arith::SelectOp>(outside, zero, wide));
  Value highest = w.make<arith::ConstantOp>(w.builder.getIntegerAttr(type, APInt::getSignedMaxValue(type.getWidth())));
  Value lowest = w.make<arith::ConstantOp>(w.builder.getIntegerAttr(type, APInt::getSignedMinValue(type.getWidth())));
  return w.make<arith::SelectOp>(above, highest, w.make<arith::SelectOp>(below, lowest, inside));
}

Value castTo(Writer &w, CastOp op, Values v) {
  Value x = v[0];
  Type from = x.getType(), to = cast<ShapedType>(op.getType()).getElementType();
  if (isa<FloatType>(to)) {
    if (isFloat(x))
      return x;
    return from.isInteger(1) ? w.make<arith::UIToFPOp>(w.builder.getF32Type(), x)
                             : w.make<arith::SIToFPOp>(w.builder.getF32Type(), x);
  }
  if (to.isInteger(1)) {
    if (isFloat(x))
      return w.make<arith::CmpFOp>(arith::CmpFPredicate::UNE, x, w.f32(0));
    return from.isInteger(1) ? x : w.make<arith::CmpIOp>(arith::CmpIPredicate::ne, x, w.constant(from, 0));
  }
  if (isFloat(x))
    return floatToInteger(w, x, cast<IntegerType>(to));
  unsigned have = from.getIntOrFloatBitWidth(), want = to.getIntOrFloatBitWidth();
  if (have == want)
    return x;
  if (have > want)
    return w.make<arith::TruncIOp>(to, x);
  return have == 1 ? w.make<arith::ExtUIOp>(to, x) : w.make<arith::ExtSIOp>(to, x);
}

template <typename Op> void add(RewritePatternSet &patterns, Scalar<Op> scalar) {
  patterns.add(std::make_unique<Elementwise<Op>>(patterns.getContext(), scalar));
}

} // namespace

void garam::golden::addElementwise(RewritePatternSet &patterns) {
  add<AddOp>(patterns, binary<AddOp, arith::AddFOp, arith::AddIOp>);
  add<SubOp>(patterns, binary<SubOp, arith::SubFOp, arith::SubIOp>);
  add<MulOp>(patterns, binary<MulOp, arith::MulFOp, arith::MulIOp>);
  add<DivOp>(patterns, binary<DivOp, arith::DivFOp, arith::DivSIOp>);
  add<MaxOp>(patterns, binary<MaxOp, arith::MaximumFOp, arith::MaxSIOp>);
  add<MinOp>(patterns, binary<MinOp, arith::MinimumFOp, arith::MinSIOp>);
  add<LogicalAndOp>(patterns, binary<LogicalAndOp, arith::MulFOp, arith::AndIOp>);
  add<LogicalOrOp>(patterns, binary<LogicalOrOp, arith::AddFOp, arith::OrIOp>);
  add<ExpOp>(patterns, unary<ExpOp, math::ExpOp>);
  add<LogOp>(patterns, unary<LogOp, math::LogOp>);
  add<SqrtOp>(patterns, unary<SqrtOp, math::SqrtOp>);
  add<TanhOp>(patterns, unary<TanhOp, math::TanhOp>);
  add<ErfOp>(patterns, unary<ErfOp, math::ErfOp>);
  add<SinOp>(patterns, unary<SinOp, math::SinOp>);
  add<CosOp>(patterns, unary<CosOp, math::CosOp>);
  add<FloorOp>(patterns, unary<FloorOp, math::FloorOp>);
  add<RoundOp>(patterns, unary<RoundOp, math::RoundEvenOp>);
  add<NegOp>(patterns, neg);
  add<AbsOp>(patterns, abs);
  add<LogicalNotOp>(patterns, logicalNot);
  add<SelectOp>(patterns, select);
  add<ReluOp>(patterns, relu);
  add<RsqrtOp>(patterns, rsqrt);
  add<RecipOp>(patterns, recip);
  add<SigmoidOp>(patterns, sigmoidOf);
  add<SiluOp>(patterns, silu);
  add<GeluOp>(patterns, gelu);
  add<CompareOp>(patterns, compare);
  add<CastOp>(patterns, castTo);
}
