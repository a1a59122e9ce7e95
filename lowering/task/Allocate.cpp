// task-allocate: places of buffers. A phase begins when the one before has ended on this core, so each phase has L1 and
// acc to itself, but for what is loaded for the next phase meanwhile. Weights of a kernel lie in one segment with the
// same layout in every launch; so does its workspace.
#include "dialects/task/Task.h"
#include "lowering/Passes.h"
#include "lowering/task/Machine.h"

#include "llvm/Support/MathExtras.h"

namespace garam {
#define GEN_PASS_DEF_TASKALLOCATE
#include "lowering/Passes.h.inc"

using namespace mlir;
using namespace garam::lowering;

namespace {
/// Tensors in hbm and shared begin at bursts.
constexpr int64_t kTensorAlignment = 256;

class TaskAllocatePass : public impl::TaskAllocateBase<TaskAllocatePass> {
  void runOnOperation() override {
    FailureOr<rt::Chip> chip = chipOf(getOperation());
    if (failed(chip))
      return signalPassFailure();
    for (auto kernel : getOperation().getOps<func::FuncOp>()) {
      if (!kernel->hasAttr(task::kKernelAttr))
        continue;
      if (failed(allocateLocal(kernel, *chip)))
        return signalPassFailure();
      takeRanges(kernel);
      if (failed(allocateMemory(kernel, *chip)))
        return signalPassFailure();
    }
  }

  /// Buffers of a phase lie between those that are filled before it and those that are filled for the next one, which
  /// take the two ends of L1 in turn: each of them lives for two phases.
  LogicalResult allocateLocal(func::FuncOp kernel, const rt::Chip &chip) {
    int64_t low = 0, high = 0; // bytes taken at either end
    bool atEnd = false;
    auto early = [&](Operation *from) {
      SmallVector<task::AllocOp> allocs;
      for (Operation *op = from; op && !isa<task::PhaseOp>(op); op = op->getNextNode())
        if (auto alloc = dyn_cast<task::AllocOp>(op))
          allocs.push_back(alloc);
      int64_t &taken = atEnd ? high : low;
      taken = 0;
      for (task::AllocOp alloc : allocs) {
        alloc.setAddress(atEnd ? chip.l1.sizeBytes - taken - alloc.getSlotBytes() : taken);
        taken += alloc.getSlotBytes();
      }
      atEnd = !atEnd;
    };
    early(&kernel.getBody().front().front());
    for (auto phase : kernel.getOps<task::PhaseOp>()) {
      early(phase->getNextNode());
      if (failed(allocatePhase(phase, chip, low, high)))
        return failure();
    }
    return success();
  }

  LogicalResult allocatePhase(task::PhaseOp phase, const rt::Chip &chip, int64_t low, int64_t high) {
    int64_t l1 = low, acc = 0;
    WalkResult result = phase.walk([&](task::AllocOp alloc) {
      bool inAcc = alloc.getMem() == tile::Mem::acc;
      int64_t &next = inAcc ? acc : l1;
      int64_t size = inAcc ? chip.matrix.accBytes : chip.l1.sizeBytes - high;
      alloc.setAddress((inAcc ? rt::kAccBase : 0) + next);
      next += alloc.getSlotBytes() * int64_t(alloc.getDepth());
      if (next > size) {
        alloc.emitError() << (inAcc ? "acc" : "L1") << " overflows: " << alloc.getBytes() << " bytes × depth "
                          << alloc.getDepth() << " are " << next - size << " bytes too many; a core has " << size;
        return WalkResult::interrupt();
      }
      return WalkResult::advance();
    });
    return failure(result.wasInterrupted());
  }

  SmallVector<tile::LaunchOp> launchesOf(func::FuncOp kernel) {
    SmallVector<tile::LaunchOp> launches;
    getOperation().walk([&](tile::LaunchOp launch) {
      if (launch.getKernel() == kernel.getName())
        launches.push_back(launch);
    });
    return launches;
  }

  /// A run-time value of a kernel has the ranges of what its launches give it.
  void takeRanges(func::FuncOp kernel) {
    for (unsigned i = 0; i < kernel.getNumArguments(); ++i) {
      if (!kernel.getArgument(i).getType().isIndex() || kernel.getArgAttr(i, task::kRangeAttr))
        continue;
      std::optional<std::pair<int64_t, int64_t>> all;
      for (tile::LaunchOp launch : launchesOf(kernel)) {
        auto arg = dyn_cast<BlockArgument>(launch.getArguments()[i]);
        auto main = launch->getParentOfType<func::FuncOp>();
        auto range =
            arg ? main.getArgAttrOfType<DenseI64ArrayAttr>(arg.getArgNumber(), "garam.range") : DenseI64ArrayAttr();
        if (!range || range.size() != 2)
          continue;
        all = all ? std::pair(std::min(all->first, range[0]), std::max(all->second, range[1]))
                  : std::pair(range[0], range[1]);
      }
      if (all)
        kernel.setArgAttr(i, task::kRangeAttr, DenseI64ArrayAttr::get(kernel.getContext(), {all->first, all->second}));
    }
  }

  /// Whether every launch gives a weight of the model here, and not a constant or something computed.
  bool isWeight(func::FuncOp kernel, unsigned i) {
    auto kind = kernel.getArgAttrOfType<StringAttr>(i, task::kArgAttr);
    return kind && kind.getValue() == "weight" && llvm::all_of(launchesOf(kernel), [&](tile::LaunchOp launch) {
             auto arg = dyn_cast<BlockArgument>(launch.getArguments()[i]);
             auto given = arg ? launch->getParentOfType<func::FuncOp>().getArgAttrOfType<StringAttr>(arg.getArgNumber(),
                                                                                                     "garam.kind")
                              : StringAttr();
             return given && given.getValue() == "weight";
           });
  }

  /// Launch parameters: one for each tensor that is no weight and for each value, one for all weights, one for
  /// workspace.
  LogicalResult allocateMemory(func::FuncOp kernel, const rt::Chip &chip) {
    Builder b(kernel.getContext());
    int64_t parameters = 0, weights = 0, workspace = 0, shared = 0;
    std::optional<int64_t> weightsParam;
    for (unsigned i = 0; i < kernel.getNumArguments(); ++i) {
      auto type = kernel.getArgAttrOfType<TypeAttr>(i, task::kTypeAttr);
      int64_t param = 0, offset = 0;
      if (type && isWeight(kernel, i)) {
        if (!weightsParam)
          weightsParam = parameters++;
        param = *weightsParam;
        offset = weights;
        weights += llvm::alignTo(task::bytesOf(cast<MemRefType>(type.getValue())), kTensorAlignment);
      } else {
        param = parameters++;
      }
      kernel.setArgAttr(i, task::kParamAttr, b.getI64IntegerAttr(param));
      kernel.setArgAttr(i, task::kOffsetAttr, b.getI64IntegerAttr(offset));
    }
    for (auto buffer : kernel.getOps<task::WorkspaceOp>()) {
      int64_t &next = buffer.getMem() == tile::Mem::shared ? shared : workspace;
      buffer.setOffset(next);
      next += llvm::alignTo(task::bytesOf(cast<MemRefType>(buffer.getType())), kTensorAlignment);
      if (shared > chip.shared.bytesPerDie)
        return buffer.emitError() << "shared memory overflows by " << shared - chip.shared.bytesPerDie
                                  << " bytes; a die has " << chip.shared.bytesPerDie;
    }
    if (shared && chip.topology.dies > 1)
      return kernel.emitError("workspace in shared memory is not supported on more than one die; use hbm");
    if (workspace)
      kernel->setAttr(task::kWorkspaceParamAttr, b.getI64IntegerAttr(parameters++));
    if (weightsParam)
      kernel->setAttr(task::kWeightsParamAttr, b.getI64IntegerAttr(*weightsParam));
    if (parameters > rt::kLaunchParameters)
      return kernel.emitError() << "kernel '" << kernel.getName() << "' needs " << parameters
                                << " launch parameters; at most " << rt::kLaunchParameters;
    kernel->setAttr(task::kWeightsAttr, b.getI64IntegerAttr(weights));
    kernel->setAttr(task::kWorkspaceAttr, b.getI64IntegerAttr(workspace));
    kernel->setAttr(task::kSharedAttr, b.getI64IntegerAttr(shared));
    return success();
  }
};
} // namespace
} // namespace garam
