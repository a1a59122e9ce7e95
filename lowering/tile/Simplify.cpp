// tile-simplify: folding and canonicalisation of what the tile level is made of. Not of scf.forall: a phase on one core
// stays a phase.
#include "lowering/Passes.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace garam {
#define GEN_PASS_DEF_TILESIMPLIFY
#include "lowering/Passes.h.inc"

using namespace mlir;

namespace {
class TileSimplifyPass : public impl::TileSimplifyBase<TileSimplifyPass> {
  void runOnOperation() override {
    MLIRContext *context = &getContext();
    RewritePatternSet patterns(context);
    for (RegisteredOperationName op : context->getRegisteredOperations())
      if (op.getDialectNamespace() == "arith" || op.getDialectNamespace() == "affine")
        op.getCanonicalizationPatterns(patterns, context);
    memref::SubViewOp::getCanonicalizationPatterns(patterns, context);
    memref::ReinterpretCastOp::getCanonicalizationPatterns(patterns, context);
    scf::ForOp::getCanonicalizationPatterns(patterns, context);
    scf::IfOp::getCanonicalizationPatterns(patterns, context);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
} // namespace garam
