// task-expand-division: n / d = n · m >> s with m = ⌊2^s / d⌋ + 1, exact for 0 ≤ n < 2^bits where s = bits + ⌈log2 d⌉.
#include "dialects/task/Task.h"
#include "lowering/Passes.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "llvm/Support/MathExtras.h"

namespace garam {
#define GEN_PASS_DEF_TASKEXPANDDIVISION
#include "lowering/Passes.h.inc"

using namespace mlir;

namespace {
/// Bits that hold a dividend. Numbers of cores are small; anything else is below 2^31.
int64_t bitsOf(Value value) {
  if (value.getDefiningOp<task::CoreOp>())
    return 16;
  if (auto shift = value.getDefiningOp<arith::ShRSIOp>())
    return bitsOf(shift.getLhs()) == 16 ? 16 : 31;
  if (auto product = value.getDefiningOp<arith::MulIOp>()) // part of an expanded division of a core's number
    if (product.getLhs().getDefiningOp<task::CoreOp>())
      return 16;
  return 31;
}

class TaskExpandDivisionPass : public impl::TaskExpandDivisionBase<TaskExpandDivisionPass> {
  void runOnOperation() override {
    WalkResult result = getOperation().walk([&](Operation *op) {
      if (!isa<arith::DivUIOp, arith::DivSIOp, arith::FloorDivSIOp, arith::RemUIOp, arith::RemSIOp, arith::CeilDivUIOp,
               arith::CeilDivSIOp>(op))
        return WalkResult::advance();
      std::optional<int64_t> divisor = getConstantIntValue(op->getOperand(1));
      if (!divisor || *divisor <= 0) {
        op->emitOpError("divides by what is not a constant above zero; the sequencer cannot divide");
        return WalkResult::interrupt();
      }
      expand(op, *divisor);
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }

  void expand(Operation *op, int64_t divisor) {
    OpBuilder b(op);
    Location loc = op->getLoc();
    auto constant = [&](int64_t value) { return arith::ConstantIndexOp::create(b, loc, value); };
    Value n = op->getOperand(0);
    if (isa<arith::CeilDivUIOp, arith::CeilDivSIOp>(op))
      n = arith::AddIOp::create(b, loc, n, constant(divisor - 1));
    bool remainder = isa<arith::RemUIOp, arith::RemSIOp>(op);
    Value result;
    if (llvm::isPowerOf2_64(divisor)) {
      result = remainder ? Value(arith::AndIOp::create(b, loc, n, constant(divisor - 1)))
                         : Value(arith::ShRSIOp::create(b, loc, n, constant(llvm::Log2_64(divisor))));
    } else {
      int64_t shift = bitsOf(n) + llvm::Log2_64_Ceil(divisor);
      int64_t factor = (int64_t(1) << shift) / divisor + 1;
      Value quotient = arith::MulIOp::create(b, loc, n, constant(factor));
      quotient = arith::ShRSIOp::create(b, loc, quotient, constant(shift));
      result = quotient;
      if (remainder)
        result = arith::SubIOp::create(b, loc, n, arith::MulIOp::create(b, loc, quotient, constant(divisor)));
    }
    op->getResult(0).replaceAllUsesWith(result);
    op->erase();
  }
};
} // namespace
} // namespace garam
