// convert-graph-to-linalg. Expects a verified graph module; leaves none of its ops. Groups are opened, functions stay.
#include "lowering/Passes.h"
#include "lowering/graph/golden/Golden.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/SymbolTable.h"

using namespace mlir;

namespace garam {
#define GEN_PASS_DEF_CONVERTGRAPHTOLINALG
#include "lowering/Passes.h.inc"

namespace {

struct OpenGroup : OpConversionPattern<graph::GroupOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(graph::GroupOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    graph::YieldOp yield = op.yield();
    SmallVector<Value> results(yield.getValues());
    rewriter.eraseOp(yield);
    rewriter.inlineBlockBefore(&op.block(), op, adaptor.getInputs());
    rewriter.replaceOp(op, results);
    return success();
  }
};

struct Pass : impl::ConvertGraphToLinalgBase<Pass> {
  void runOnOperation() override {
    // Groups first: what is inside is then converted like everything else.
    RewritePatternSet groups(&getContext()), patterns(&getContext());
    groups.add<OpenGroup>(&getContext());
    ConversionTarget opened(getContext());
    opened.addIllegalOp<graph::GroupOp>();
    opened.markUnknownOpDynamicallyLegal([](Operation *) { return true; });
    if (failed(applyPartialConversion(getOperation(), opened, std::move(groups))))
      return signalPassFailure();

    declareConversions();
    golden::addElementwise(patterns);
    golden::addShapes(patterns);
    golden::addReductions(patterns);
    golden::addNorms(patterns);
    golden::addProducts(patterns);
    golden::addAttention(patterns);
    ConversionTarget target(getContext());
    target.addIllegalDialect<graph::GraphDialect>();
    target.markUnknownOpDynamicallyLegal([](Operation *) { return true; });
    if (failed(applyPartialConversion(getOperation(), target, std::move(patterns))))
      return signalPassFailure();
    dropUnused();
  }

  void declareConversions() {
    OpBuilder builder = OpBuilder::atBlockBegin(getOperation().getBody());
    Type f32 = builder.getF32Type();
    for (Type type : {Type(builder.getF16Type()), Type(builder.getBF16Type()),
                      Type(Float8E4M3FNType::get(&getContext())), Type(Float8E5M2Type::get(&getContext()))}) {
      Type bits = builder.getIntegerType(type.getIntOrFloatBitWidth());
      std::string name;
      llvm::raw_string_ostream(name) << type;
      for (auto [prefix, from, to] : {std::tuple(golden::kWiden, bits, f32), std::tuple(golden::kNarrow, f32, bits)}) {
        auto function = func::FuncOp::create(builder, builder.getUnknownLoc(), (prefix + name).str(),
                                             builder.getFunctionType(from, to));
        function.setPrivate();
        conversions.push_back(function);
      }
    }
  }

  void dropUnused() {
    for (func::FuncOp function : conversions)
      if (SymbolTable::symbolKnownUseEmpty(function, getOperation()))
        function.erase();
    conversions.clear();
  }

  SmallVector<func::FuncOp> conversions;
};

} // namespace
} // namespace garam
