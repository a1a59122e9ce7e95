// task-prefetch: what a phase loads once and no phase of the kernel writes (weights) is loaded behind the loads of the
// phase before, so that it arrives while that one still computes and while the cores meet.
// Expects: no tokens and no addresses yet. Leaves: such loads and their buffers between the phases, in front of their
// own.
#include "dialects/task/Task.h"
#include "lowering/Passes.h"
#include "lowering/task/Machine.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/SetVector.h"

namespace garam {
#define GEN_PASS_DEF_TASKPREFETCH
#include "lowering/Passes.h.inc"

using namespace mlir;
using namespace garam::lowering;

namespace {
class KernelPrefetch {
public:
  KernelPrefetch(func::FuncOp kernel, int64_t l1Bytes) : kernel(kernel), l1Bytes(l1Bytes) {
    kernel.walk([&](task::EngineOp op) {
      SmallVector<task::Access> accesses;
      op.getAccesses(accesses);
      for (const task::Access &access : accesses)
        if (access.writes)
          writers[access.buffer].insert(op);
    });
  }

  void run() {
    SmallVector<task::PhaseOp> phases(kernel.getOps<task::PhaseOp>());
    // L1 that a phase holds: its own, and what was loaded for it before it began.
    SmallVector<int64_t> held;
    for (task::PhaseOp phase : phases)
      held.push_back(l1Of(phase));
    for (size_t i = 1; i < phases.size(); ++i)
      // While the phase before runs, L1 holds both; later phases add nothing to this sum.
      for (task::LoadOp load : loadsOf(phases[i])) {
        int64_t bytes = load.getTarget().getDefiningOp<task::AllocOp>().getSlotBytes();
        if (held[i - 1] + bytes > l1Bytes)
          continue;
        held[i - 1] += bytes;
        hoist(load, phases[i]);
      }
  }

private:
  static int64_t l1Of(task::PhaseOp phase) {
    int64_t bytes = 0;
    phase.walk([&](task::AllocOp alloc) {
      bytes += alloc.getMem() == tile::Mem::l1 ? alloc.getSlotBytes() * int64_t(alloc.getDepth()) : 0;
    });
    return bytes;
  }

  /// The block that cores with work in the phase execute, once.
  static Block *body(task::PhaseOp phase) {
    Block *block = &phase.getBody().front();
    scf::IfOp only;
    for (Operation &op : *block)
      if (!isPure(&op) && !isa<scf::YieldOp>(op)) {
        if (only || !isa<scf::IfOp>(op))
          return block;
        only = cast<scf::IfOp>(op);
      }
    return only && only.getElseRegion().empty() ? only.thenBlock() : block;
  }

  /// Loads of constants that run at most once in a phase, in order.
  SmallVector<task::LoadOp> loadsOf(task::PhaseOp phase) {
    Block *block = body(phase);
    SmallVector<task::LoadOp> loads;
    for (auto load : block->getOps<task::LoadOp>()) {
      auto alloc = load.getTarget().getDefiningOp<task::AllocOp>();
      bool constant = isa<BlockArgument>(load.getSource()) && !writers.contains(load.getSource()) && !load.getIndices();
      bool once = alloc && alloc->getBlock() == block && alloc.getDepth() == 1;
      once = once && writers[alloc.getBuffer()].size() == 1;
      SetVector<Operation *> slice;
      if (constant && once && computable(load, phase, slice))
        loads.push_back(load);
    }
    return loads;
  }

  /// Collects the index arithmetic in `phase` that `op` depends on, in order; false if it depends on anything else.
  static bool computable(Operation *op, task::PhaseOp phase, SetVector<Operation *> &slice) {
    for (Value operand : op->getOperands()) {
      Operation *definition = operand.getDefiningOp();
      if (isa<task::BufferType>(operand.getType()) || !definition || !phase->isAncestor(definition)) {
        if (!definition && phase->isAncestor(cast<BlockArgument>(operand).getOwner()->getParentOp()))
          return false;
        continue;
      }
      if (!isPure(definition) || !computable(definition, phase, slice))
        return false;
      slice.insert(definition);
    }
    return true;
  }

  void hoist(task::LoadOp load, task::PhaseOp phase) {
    OpBuilder b(phase);
    IRMapping &values = copies[phase];
    auto copy = [&](Operation *op) {
      SetVector<Operation *> slice;
      computable(op, phase, slice);
      for (Operation *definition : slice)
        if (!values.contains(definition->getResult(0)))
          b.clone(*definition, values);
    };
    load.getTarget().getDefiningOp()->moveBefore(phase);
    copy(load);
    if (auto branch = dyn_cast<scf::IfOp>(load->getParentOp())) {
      copy(branch);
      auto own = scf::IfOp::create(b, load.getLoc(), values.lookupOrDefault(branch.getCondition()), false);
      b.setInsertionPoint(own.thenBlock()->getTerminator());
    }
    b.clone(*load, values);
    load.erase();
  }

  func::FuncOp kernel;
  int64_t l1Bytes;
  llvm::DenseMap<Value, llvm::SmallDenseSet<Operation *, 2>> writers;
  llvm::DenseMap<Operation *, IRMapping> copies;
};

struct TaskPrefetch : impl::TaskPrefetchBase<TaskPrefetch> {
  void runOnOperation() override {
    FailureOr<rt::Chip> chip = chipOf(getOperation());
    if (failed(chip))
      return signalPassFailure();
    for (auto kernel : getOperation().getOps<func::FuncOp>())
      if (kernel->hasAttr(task::kKernelAttr))
        KernelPrefetch(kernel, chip->l1.sizeBytes).run();
  }
};
} // namespace
} // namespace garam
