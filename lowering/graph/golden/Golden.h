// The reference of each graph op in linalg: one file per family registers its patterns here.
#pragma once

#include "dialects/graph/Graph.h"

#include "mlir/Transforms/DialectConversion.h"

namespace garam::golden {

void addElementwise(mlir::RewritePatternSet &patterns);
void addShapes(mlir::RewritePatternSet &patterns);
void addReductions(mlir::RewritePatternSet &patterns);
void addNorms(mlir::RewritePatternSet &patterns);
void addProducts(mlir::RewritePatternSet &patterns);
void addAttention(mlir::RewritePatternSet &patterns);

/// Conversions between f32 and the bits of narrow floats, called by name + type; Jit.cpp has their bodies.
inline constexpr llvm::StringLiteral kWiden = "garam_widen_", kNarrow = "garam_narrow_";

/// What every family writes with: scalars in f32, tensors by functions of elements.
class Writer {
public:
  Writer(mlir::OpBuilder &builder, mlir::Location loc) : builder(builder), loc(loc) {}

  using Values = llvm::ArrayRef<mlir::Value>;
  using Body = llvm::function_ref<mlir::Value(Writer &, Values)>;

  template <typename Op, typename... Args> mlir::Value make(Args &&...args) {
    return Op::create(builder, loc, std::forward<Args>(args)...);
  }

  /// f32 of a float, exactly; other types stay.
  mlir::Value widen(mlir::Value scalar);
  /// An f32 rounded to `type`, to nearest even, saturating for f8; a scalar of `type` stays.
  mlir::Value narrow(mlir::Value scalar, mlir::Type type);
  mlir::Value constant(mlir::Type type, double value);
  mlir::Value f32(double value) { return constant(builder.getF32Type(), value); }
  mlir::Value index(int64_t value);
  /// Index of a loop of the enclosing linalg.generic.
  mlir::Value loopIndex(int64_t dim);

  mlir::Value empty(llvm::ArrayRef<int64_t> shape, mlir::Type element);
  mlir::Value fill(llvm::ArrayRef<int64_t> shape, mlir::Value scalar);
  mlir::Value extract(mlir::Value tensor, Values indices);

  /// A tensor of `type` whose elements `body` gives from those of `inputs`, read through `maps` from one parallel loop
  /// for each dimension of the result. The body returns an element of the result's type.
  mlir::Value map(mlir::RankedTensorType type, mlir::ValueRange inputs, llvm::ArrayRef<mlir::AffineMap> maps,
                  Body body);
  /// The same from operands that broadcast to the result.
  mlir::Value mapBroadcast(mlir::RankedTensorType type, mlir::ValueRange inputs, Body body);
  /// Loops over `reduced.size()` dimensions, outermost first; `body` gets the inputs' elements and the running value.
  /// The last map is that of the result.
  mlir::Value reduce(mlir::Value init, llvm::ArrayRef<mlir::AffineMap> maps, llvm::ArrayRef<bool> reduced,
                     mlir::ValueRange inputs, Body body);
  /// Reduction of one dimension, which goes.
  mlir::Value reduceDim(mlir::Value x, int64_t dim, mlir::Value identity, Body body);

  /// `x` in f32 if it holds floats, else `x`.
  mlir::Value widenTensor(mlir::Value x);
  mlir::Value narrowTensor(mlir::Value x, mlir::Type element);

  mlir::OpBuilder &builder;
  mlir::Location loc;
};

/// Reads an operand of lower rank, or with sizes of 1, at the result's indices.
mlir::AffineMap broadcastMap(mlir::MLIRContext *context, llvm::ArrayRef<int64_t> from, llvm::ArrayRef<int64_t> to);

inline mlir::RankedTensorType tensorType(mlir::Value value) {
  return mlir::cast<mlir::RankedTensorType>(value.getType());
}

/// A pattern from a function that gives the op's result.
template <typename Op> class Reference : public mlir::OpConversionPattern<Op> {
public:
  using Function = mlir::Value (*)(Writer &, Op, typename Op::Adaptor);
  Reference(mlir::MLIRContext *context, Function function)
      : mlir::OpConversionPattern<Op>(context), function(function) {}

  mlir::LogicalResult matchAndRewrite(Op op, typename Op::Adaptor adaptor,
                                      mlir::ConversionPatternRewriter &rewriter) const override {
    Writer writer(rewriter, op.getLoc());
    rewriter.replaceOp(op, function(writer, op, adaptor));
    return mlir::success();
  }

private:
  Function function;
};

} // namespace garam::golden
