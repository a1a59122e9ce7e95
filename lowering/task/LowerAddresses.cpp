// task-lower-addresses: an operand's address is its buffer's, plus its offset. Slots of a ring come from task.slot,
// which the sequencer keeps in a register; what does not move is a constant. Where there are parts, each die runs the
// kernel by itself: its cores count from 0, and its tensors lie in its own home, at the offsets of the first.
#include "dialects/task/Task.h"
#include "lowering/Passes.h"
#include "lowering/task/Machine.h"

#include "runtime/isa/Address.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

namespace garam {
#define GEN_PASS_DEF_TASKLOWERADDRESSES
#include "lowering/Passes.h.inc"

using namespace mlir;
using namespace garam::lowering;

namespace {
class TaskLowerAddressesPass : public impl::TaskLowerAddressesBase<TaskLowerAddressesPass> {
  void runOnOperation() override {
    func::FuncOp kernel = getOperation();
    if (!kernel->hasAttr(task::kKernelAttr) || kernel->hasAttr(task::kLoweredAttr))
      return;
    b.emplace(kernel.getContext());
    home = busy = Value();
    auto module = kernel->getParentOfType<ModuleOp>();
    if (partsOf(module) && failed(takePart(kernel, *partsOf(module), wholeChipOf(module))))
      return signalPassFailure();
    Operation *start = home ? home.getDefiningOp() : nullptr;
    for (auto arg : kernel.getArguments())
      if (isa<task::BufferType>(arg.getType())) {
        start ? b->setInsertionPointAfter(start) : b->setInsertionPointToStart(&kernel.getBody().front());
        param(kernel, arg, kernel.getArgAttrOfType<IntegerAttr>(arg.getArgNumber(), task::kParamAttr),
              kernel.getArgAttrOfType<IntegerAttr>(arg.getArgNumber(), task::kOffsetAttr));
      }
    auto workspaceParam = kernel->getAttrOfType<IntegerAttr>(task::kWorkspaceParamAttr);
    for (auto workspace : kernel.getOps<task::WorkspaceOp>()) {
      b->setInsertionPointAfter(workspace);
      auto offset = b->getI64IntegerAttr(*workspace.getOffset());
      if (workspace.getMem() == tile::Mem::shared)
        bases[workspace] = atHome(constant(workspace.getLoc(), rt::sharedAddress(0, offset.getInt())));
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
    if (busy)
      guard(kernel);
  }

  /// The die of this core and its number on it; dies beyond the parts are idle.
  LogicalResult takePart(func::FuncOp kernel, int64_t parts, FailureOr<rt::Chip> chip) {
    if (failed(chip))
      return failure();
    Location loc = kernel.getLoc();
    SmallVector<task::CoreOp> cores;
    kernel.walk([&](task::CoreOp core) { cores.push_back(core); });
    b->setInsertionPointToStart(&kernel.getBody().front());
    Value all = task::CoreOp::create(*b, loc, b->getIndexType()), perDie = constant(loc, chip->topology.coresPerDie);
    Value die = arith::DivUIOp::create(*b, loc, all, perDie), local = arith::RemUIOp::create(*b, loc, all, perDie);
    if (parts < chip->topology.dies)
      busy = arith::CmpIOp::create(*b, loc, arith::CmpIPredicate::slt, die, constant(loc, parts));
    home = arith::ShLIOp::create(*b, loc, die, constant(loc, rt::kHomeShift));
    for (task::CoreOp core : cores) {
      core.replaceAllUsesWith(local);
      core.erase();
    }
    return success();
  }

  Value atHome(Value base) { return home ? Value(arith::AddIOp::create(*b, base.getLoc(), base, home)) : base; }

  /// What follows is for dies with a part only. Tensors of the workspace stay where the tables of the program find
  /// them.
  void guard(func::FuncOp kernel) {
    Block &body = kernel.getBody().front();
    b->setInsertionPointAfter(home.getDefiningOp());
    auto branch = scf::IfOp::create(*b, kernel.getLoc(), busy, /*withElseRegion=*/false);
    Operation *end = branch.thenBlock()->getTerminator();
    for (Operation &op : llvm::make_early_inc_range(
             llvm::make_range(std::next(branch->getIterator()), body.getTerminator()->getIterator())))
      isa<task::WorkspaceOp>(op) ? op.moveBefore(branch) : op.moveBefore(end);
  }

  Value constant(Location loc, int64_t value) { return arith::ConstantIndexOp::create(*b, loc, value); }

  void param(func::FuncOp kernel, Value buffer, IntegerAttr index, IntegerAttr offset) {
    Value base = atHome(task::ParamOp::create(*b, buffer.getLoc(), b->getIndexType(), index));
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
  Value home; ///< what addresses of the first die lack to be this die's; null where there are no parts
  Value busy; ///< whether this die has a part; null where each has
  llvm::DenseMap<Value, Value> bases;
};
} // namespace
} // namespace garam
