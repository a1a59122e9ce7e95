// graph-verify-integers: the machine reduces in f32, which holds integers up to 2^24. A reduction of integers that may leave
// them is refused, rather than wrong in silence. Expects: any graph module. Leaves: the same.
#include "dialects/graph/Graph.h"
#include "lowering/Passes.h"

#include "mlir/Interfaces/CallInterfaces.h"

#include "llvm/ADT/TypeSwitch.h"

namespace garam {
#define GEN_PASS_DEF_GRAPHVERIFYINTEGERS
#include "lowering/Passes.h.inc"
} // namespace garam

using namespace mlir;

namespace garam::lowering {
namespace {
constexpr int64_t kExact = int64_t(1) << 24;

struct GraphVerifyIntegers : garam::impl::GraphVerifyIntegersBase<GraphVerifyIntegers> {
  void runOnOperation() override {
    WalkResult result = getOperation().walk([&](Operation *op) -> WalkResult {
      return TypeSwitch<Operation *, LogicalResult>(op)
          .Case([&](graph::ReduceOp o) {
            const bool adds = o.getKind() == graph::ReduceKind::Sum || o.getKind() == graph::ReduceKind::Mean;
            return verify(o, o.getX(), adds ? cast<RankedTensorType>(o.getX().getType()).getDimSize(o.getDim()) : 1);
          })
          .Case([&](graph::CumsumOp o) {
            return verify(o, o.getX(), cast<RankedTensorType>(o.getX().getType()).getShape().back());
          })
          .Case([&](graph::ArgmaxOp o) { return verify(o, o.getX(), 1); })
          .Default(success());
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }

private:
  /// terms: how many elements one element of the result adds up.
  LogicalResult verify(Operation *op, Value x, int64_t terms) {
    const int64_t largest = magnitude(x);
    if (largest == 0 || terms == 0 || largest <= kExact / terms)
      return success();
    return op->emitOpError("reduces integers in f32, which holds them to 2^24, and these may leave that; supported are "
                           "floats, truth values cast to integers, and integers of 8 bits, as many as stay below; others go "
                           "in halves by graph.add, graph.max or graph.min, which compute on all bits");
  }

  /// No element of an integer tensor is larger, as far as its types and casts tell; 0 for floats.
  int64_t magnitude(Value x) {
    Type element = cast<RankedTensorType>(x.getType()).getElementType();
    if (isa<FloatType>(element))
      return 0;
    const unsigned bits = element.getIntOrFloatBitWidth();
    const int64_t ofType = bits == 1 ? 1 : bits < 32 ? int64_t(1) << bits : std::numeric_limits<int64_t>::max();
    if (bits < 32)
      return ofType;
    if (auto cast = x.getDefiningOp<graph::CastOp>()) {
      const int64_t before = magnitude(cast.getX());
      return before ? std::min(ofType, before) : ofType;
    }
    if (isa_and_present<graph::ReshapeOp, graph::TransposeOp, graph::SliceOp, graph::BroadcastOp>(x.getDefiningOp()))
      return std::min(ofType, magnitude(x.getDefiningOp()->getOperand(0)));
    if (auto argument = dyn_cast<BlockArgument>(x))
      return std::min(ofType, ofCallers(argument));
    return ofType;
  }

  /// What the calls of its function pass for an argument.
  int64_t ofCallers(BlockArgument argument) {
    auto function = dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp());
    int64_t largest = 0;
    getOperation().walk([&](func::CallOp call) {
      if (function && call.getCallee() == function.getName())
        largest = std::max(largest, magnitude(call.getOperand(argument.getArgNumber())));
    });
    return largest ? largest : std::numeric_limits<int64_t>::max();
  }
};
} // namespace
} // namespace garam::lowering
