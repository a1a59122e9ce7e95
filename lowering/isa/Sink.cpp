// The way back from hoisting, for kernels that need more registers than there are: index arithmetic is computed again
// in each block that uses it, just before its first use there; in its own block too.
#include "lowering/isa/Code.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace garam::lowering {

void sinkArithmetic(func::FuncOp kernel) {
  SmallVector<Operation *> ops;
  kernel.walk([&](Operation *op) {
    bool scalar = isa<task::CoreOp, task::ParamOp>(op) || op->getName().getDialectNamespace() == "arith";
    if (scalar && !op->hasTrait<OpTrait::ConstantLike>())
      ops.push_back(op);
  });
  // Users first: where an op goes, its operands follow.
  for (Operation *op : llvm::reverse(ops)) {
    llvm::DenseMap<Block *, Operation *> copies;
    for (OpOperand &use : llvm::make_early_inc_range(op->getUses())) {
      Block *block = use.getOwner()->getBlock();
      if (block == op->getBlock())
        continue;
      Operation *&copy = copies[block];
      if (!copy) {
        Operation *first = use.getOwner();
        for (Operation *user : op->getUsers())
          if (user->getBlock() == block && user->isBeforeInBlock(first))
            first = user;
        copy = OpBuilder(first).clone(*op);
      }
      use.set(copy->getResult(0));
    }
    if (op->use_empty()) {
      op->erase();
      continue;
    }
    Operation *first = *op->user_begin(); // those that are left stand in its own block
    for (Operation *user : op->getUsers())
      if (user->isBeforeInBlock(first))
        first = user;
    op->moveBefore(first);
  }
}

} // namespace garam::lowering
