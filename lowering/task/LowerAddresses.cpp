// task-lower-addresses: an operand's address is its buffer's, plus its offset. Slots of a ring come from task.slot, which the
// sequencer keeps in a register; what does not move is a constant.
#include "dialects/task/Task.h"
#include "lowering/Passes.h"

#include "runtime/isa/Address.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"

namespace garam {
#define GEN_PASS_DEF_TASKLOWERADDRESSES
#include "lowering/Passes.h.inc"

using namespace mlir;

namespace {
class TaskLowerAddressesPass : public impl::TaskLowerAddressesBase<TaskLowerAddressesPass> {
  void runOnOperation() override {
    func::FuncOp kernel = getOperation();
    if (!kernel->hasAttr(task::kKernelAttr) || kernel->hasAttr(task::kLoweredAttr))
      return;
    b.emplace(kernel.getContext());
    for (auto arg : kernel.getArguments())
      if (isa<task::BufferType>(arg.getType())) {
        b->setInsertionPointToStart(&kernel.getBody().front());
        param(kernel, arg, kernel.getArgAttrOfType<IntegerAttr>(arg.getArgNumber(), task::kParamAttr),
              kernel.getArgAttrOfType<IntegerAttr>(arg.getArgNumber(), task::kOffsetAttr));
      }
    auto workspaceParam = kernel->getAttrOfType<IntegerAttr>(task::kWorkspaceParamAttr);
    for (auto workspace : kernel.getOps<task::WorkspaceOp>()) {
      b->setInsertionPointAfter(workspace);
      auto offset = b->getI64IntegerAttr(*workspace.getOffset());
      if (workspace.getMem() == tile::Mem::shared)
        bases[workspace] = constant(workspace.getLoc(), rt::sharedAddress(0, offset.getInt()));
      else
        param(kernel, workspace, workspaceParam, offset);
    }
    kernel.walk([&](task::AllocOp alloc) {
      b->setInsertionPointAfter(alloc);
      if (alloc.getDepth() == 1)
        bases[alloc] = constant(alloc.getLoc(), *alloc.getAddress());
      else
        bases[alloc] = task::SlotOp::create(*b, alloc.getLoc(), b->getIndexType(), alloc);
    });
    kernel.walk([&](task::EngineOp op) { lower(op); });
    kernel->setAttr(task::kLoweredAttr, b->getUnitAttr());
  }

  Value constant(Location loc, int64_t value) { return arith::ConstantIndexOp::create(*b, loc, value); }

  void param(func::FuncOp kernel, Value buffer, IntegerAttr index, IntegerAttr offset) {
    Value base = task::ParamOp::create(*b, buffer.getLoc(), b->getIndexType(), index);
    if (offset.getInt() != 0)
      base = arith::AddIOp::create(*b, buffer.getLoc(), base, constant(buffer.getLoc(), offset.getInt()));
    bases[buffer] = base;
  }

  void lower(task::EngineOp op) {
    SmallVector<task::Access> accesses;
    op.getAccesses(accesses);
    b->setInsertionPoint(op);
    for (const task::Access &access : accesses) {
      Value base = bases.lookup(access.buffer);
      if (getConstantIntValue(access.offset) != 0)
        base = arith::AddIOp::create(*b, op.getLoc(), access.offset, base);
      op->setOperand(access.offsetOperand, base);
    }
  }

  std::optional<OpBuilder> b;
  llvm::DenseMap<Value, Value> bases;
};
}  // namespace
}  // namespace garam
