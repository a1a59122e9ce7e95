// tile-verify: what the conversion to tasks relies on, checked once (docs/tile.md has the rules).
#include "dialects/tile/Tile.h"
#include "lowering/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"

namespace garam {
#define GEN_PASS_DEF_TILEVERIFY
#include "lowering/Passes.h.inc"

using namespace mlir;

namespace {
bool isIndexArithmetic(Operation *op) {
  return op->getName().getDialectNamespace() == "arith" &&
         llvm::all_of(op->getResultTypes(), [](Type t) { return t.isIndex() || t.isInteger(1) || t.isInteger(64); });
}

bool isView(Operation *op) { return isa<memref::SubViewOp, memref::ReinterpretCastOp>(op); }

class TileVerifyPass : public impl::TileVerifyBase<TileVerifyPass> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      LogicalResult result = function->hasAttr(tile::kKernelAttr) ? verifyKernel(function)
                             : function.getName() == "main"       ? verifyMain(function)
                                                                  : success();
      if (failed(result))
        return signalPassFailure();
    }
  }

  LogicalResult verifyMain(func::FuncOp main) {
    if (main.isDeclaration())
      return main.emitOpError("has no body; the launches of the program are needed");
    for (Operation &op : main.getBody().front())
      if (!isa<memref::AllocOp, memref::GetGlobalOp, tile::LaunchOp, tile::OutputOp, func::ReturnOp>(op))
        return op.emitOpError(
            "does not belong in @main; memref.alloc, memref.get_global, tile.launch and tile.output do");
    return success();
  }

  LogicalResult verifyKernel(func::FuncOp kernel) {
    if (!llvm::hasSingleElement(kernel.getBody()))
      return kernel.emitOpError("has control flow between blocks; use scf.for and scf.if");
    for (Operation &op : kernel.getBody().front()) {
      if (auto alloc = dyn_cast<memref::AllocOp>(op)) {
        std::optional<tile::Mem> mem = tile::memOf(alloc.getType());
        if ((mem != tile::Mem::hbm && mem != tile::Mem::shared) || !alloc.getType().hasStaticShape())
          return op.emitOpError("is workspace of a kernel: a static shape in hbm or shared");
      } else if (auto forall = dyn_cast<scf::ForallOp>(op)) {
        if (failed(verifyPhase(forall)))
          return failure();
      } else if (!isa<tile::BarrierOp, func::ReturnOp>(op) && !isView(&op) && !isIndexArithmetic(&op)) {
        return op.emitOpError("does not belong at the top of a kernel; phases, barriers, workspace and views do");
      }
    }
    return success();
  }

  LogicalResult verifyPhase(scf::ForallOp forall) {
    if (forall.getNumResults() != 0)
      return forall.emitOpError("has results; a phase works on memory");
    if (llvm::any_of(forall.getMixedUpperBound(), [](OpFoldResult b) { return !getConstantIntValue(b); }) ||
        llvm::any_of(forall.getMixedLowerBound(), [](OpFoldResult b) { return getConstantIntValue(b) != 0; }) ||
        llvm::any_of(forall.getMixedStep(), [](OpFoldResult b) { return getConstantIntValue(b) != 1; }))
      return forall.emitOpError("needs a constant grid, from 0 by 1");
    LogicalResult result = success();
    forall.getBody()->walk([&](Operation *op) {
      if (failed(verifyInside(op))) {
        result = failure();
        return WalkResult::interrupt();
      }
      return WalkResult::advance();
    });
    return result;
  }

  LogicalResult verifyInside(Operation *op) {
    if (isa<tile::BarrierOp>(op))
      return op->emitOpError("stands inside a phase; barriers stand between phases");
    if (auto loop = dyn_cast<scf::ForOp>(op))
      return loop.getNumResults() == 0 ? success() : op->emitOpError("carries values; a tile loop carries none");
    if (auto branch = dyn_cast<scf::IfOp>(op))
      return branch.getNumResults() == 0 ? success() : op->emitOpError("has results; use arith.select");
    if (isa<scf::YieldOp, scf::InParallelOp>(op) || isView(op) || isIndexArithmetic(op))
      return success();
    if (isa<tile::LaunchOp, tile::OutputOp>(op))
      return op->emitOpError("belongs in @main");
    if (op->getName().getDialectNamespace() != "tile")
      return op->emitOpError(
          "does not belong in a phase; loops, index arithmetic, subview, reinterpret_cast and tile ops do");
    return success();
  }
};
} // namespace
} // namespace garam
