// task-verify-schedule: every core's program is executed without time, for all run-time values; the engines' proof is
// made once for cores that do the same, the proof about shared memory for all cores together.
#include "lowering/Faults.h"
#include "lowering/Passes.h"
#include "lowering/task/Cores.h"
#include "lowering/task/Machine.h"

#include <unordered_map>

namespace garam {
#define GEN_PASS_DEF_TASKVERIFYSCHEDULE
#include "lowering/Passes.h.inc"

using namespace mlir;
using namespace garam::lowering;

namespace {
/// Steps of the sequencer, over all cores and values, that a proof may take: some seconds.
constexpr int64_t kBudget = 1'000'000'000;

class TaskVerifySchedulePass : public impl::TaskVerifyScheduleBase<TaskVerifySchedulePass> {
  void runOnOperation() override {
    FailureOr<rt::Chip> chip = chipOf(getOperation());
    if (failed(chip))
      return signalPassFailure();
    for (auto kernel : getOperation().getOps<func::FuncOp>())
      if (kernel->hasAttr(task::kKernelAttr) && failed(verify(kernel, *chip)))
        return signalPassFailure();
  }

  /// All combinations of the index arguments' values.
  LogicalResult combinations(func::FuncOp kernel, std::vector<std::vector<int64_t>> &result) {
    result = {{}};
    for (auto arg : kernel.getArguments()) {
      if (!arg.getType().isIndex())
        continue;
      auto range = kernel.getArgAttrOfType<DenseI64ArrayAttr>(arg.getArgNumber(), task::kRangeAttr);
      if (!range || range.size() != 2)
        return kernel.emitError() << "argument " << arg.getArgNumber() << " is a run-time value; it needs 'task.range'";
      std::vector<std::vector<int64_t>> longer;
      for (int64_t value = range[0]; value <= range[1]; ++value)
        for (std::vector<int64_t> one : result) {
          one.push_back(value);
          longer.push_back(std::move(one));
          if (int64_t(longer.size()) > kBudget / 1000)
            return asLimit(
                kernel.emitError("has run-time values of too wide a range to be proved; narrow 'task.range'"));
        }
      result = std::move(longer);
    }
    return success();
  }

  /// Allocs lie in their memory; tensors of the workspace do not meet, since the proofs take them for different bytes.
  LogicalResult verifyPlaces(func::FuncOp kernel, const rt::Chip &chip) {
    WalkResult result = kernel.walk([&](task::AllocOp alloc) {
      bool acc = alloc.getMem() == tile::Mem::acc;
      int64_t size = acc ? chip.matrix.accBytes : chip.l1.sizeBytes;
      int64_t begin = int64_t(alloc.getAddress().value_or(-1)) - (acc ? rt::kAccBase : 0);
      int64_t end = begin + (int64_t(alloc.getDepth()) - 1) * alloc.getSlotBytes() + int64_t(alloc.getBytes());
      if (alloc.getDepth() < 1 || alloc.getDepth() > uint64_t(rt::kMaxTokens)) {
        alloc.emitOpError() << "has " << alloc.getDepth() << " slots; 1 to " << rt::kMaxTokens;
        return WalkResult::interrupt();
      }
      if (alloc.getAddress() && begin >= 0 && end >= begin && end <= size)
        return WalkResult::advance();
      alloc.emitOpError() << "lies outside of " << (acc ? "acc" : "L1") << ", which has " << size << " bytes";
      return WalkResult::interrupt();
    });
    if (result.wasInterrupted())
      return failure();
    SmallVector<task::WorkspaceOp> tensors(kernel.getOps<task::WorkspaceOp>());
    for (task::WorkspaceOp tensor : tensors)
      if (!task::isTensor(tensor.getType()))
        return tensor.emitOpError() << "is of " << tensor.getType() << "; a memref of static shape";
    auto end = [](task::WorkspaceOp op) {
      return int64_t(*op.getOffset()) + task::bytesOf(cast<MemRefType>(op.getType()));
    };
    for (task::WorkspaceOp a : tensors)
      for (task::WorkspaceOp b : tensors)
        if (!a.getOffset() || !b.getOffset() ||
            (a != b && a.getMem() == b.getMem() && *a.getOffset() <= *b.getOffset() &&
             end(a) > int64_t(*b.getOffset())))
          return b.emitOpError("has no place of its own in the workspace; run task-allocate");
    return success();
  }

  LogicalResult verify(func::FuncOp kernel, const rt::Chip &chip) {
    if (failed(verifyPlaces(kernel, chip)))
      return failure();
    FailureOr<Script> script = Script::build(kernel);
    std::vector<std::vector<int64_t>> choices;
    if (failed(script) || failed(combinations(kernel, choices)))
      return failure();
    if (script->insns.empty())
      return success();
    std::unordered_map<uint64_t, std::shared_ptr<const EngineProof>> proved;
    int epochScope = chip.topology.dies > 1 ? int(tile::Scope::chip) : int(tile::Scope::die);
    int64_t left = kBudget;
    for (const std::vector<int64_t> &choice : choices) {
      std::vector<CoreRun> runs(chip.cores());
      for (int64_t core = 0; core < chip.cores(); ++core) {
        CoreRun &run = runs[core];
        run.core = core;
        if (failed(script->run(core, choice, left, run.trace)))
          return failure();
        left -= run.trace.steps;
        std::shared_ptr<const EngineProof> &proof = proved[run.trace.hash];
        if (!proof) {
          FailureOr<EngineProof> made = proveEngines(*script, run.trace, chip.sequencer.queueDepth, epochScope, core);
          if (failed(made))
            return failure();
          proof = std::make_shared<EngineProof>(std::move(*made));
        }
        run.proof = proof;
        run.trace.dropEvents();
      }
      if (failed(proveCores(*script, runs)))
        return failure();
    }
    return success();
  }
};
} // namespace
} // namespace garam
