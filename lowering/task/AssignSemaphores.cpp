// task-assign-semaphores: a virtual semaphore lives over the ops of the kernel's body that hold its tokens. All its tokens are
// back at the join after them, so another one with the same waiting engine may take its place.
#include "dialects/task/Task.h"
#include "lowering/Passes.h"

#include "llvm/ADT/MapVector.h"

namespace garam {
#define GEN_PASS_DEF_TASKASSIGNSEMAPHORES
#include "lowering/Passes.h.inc"

using namespace mlir;
using task::EngineOp;
using task::Token;

namespace {
struct Life {
  std::optional<task::Engine> waiter;
  int64_t begin = INT64_MAX, end = 0;  ///< places in the kernel's body
};

class TaskAssignSemaphoresPass : public impl::TaskAssignSemaphoresBase<TaskAssignSemaphoresPass> {
  void runOnOperation() override {
    func::FuncOp kernel = getOperation();
    if (!kernel->hasAttr(task::kKernelAttr))
      return;
    llvm::MapVector<int64_t, Life> lives;
    int64_t place = 0;
    for (Operation &top : kernel.getBody().front()) {
      ++place;
      WalkResult result = top.walk([&](EngineOp op) { return note(op, place, lives); });
      if (result.wasInterrupted())
        return signalPassFailure();
    }
    // Tokens of a join are taken before the next phase begins, but only just: they keep their place during it.
    place = 0;
    SmallVector<int64_t> nextPhase;
    for (Operation &top : kernel.getBody().front()) {
      ++place;
      if (isa<task::PhaseOp>(top))
        nextPhase.resize(place + 1, place);
    }
    for (auto &[semaphore, life] : lives)
      if (life.end < int64_t(nextPhase.size()))
        life.end = nextPhase[life.end];

    llvm::DenseMap<int64_t, int64_t> assigned;
    std::array<std::optional<task::Engine>, rt::kSemaphores> waiters;
    std::array<int64_t, rt::kSemaphores> busyUntil{};
    for (auto &[semaphore, life] : lives) {
      int64_t free = 0;
      while (free < rt::kSemaphores && waiters[free] && (waiters[free] != life.waiter || busyUntil[free] >= life.begin))
        ++free;
      if (free == rt::kSemaphores) {
        kernel.emitError() << "kernel '" << kernel.getName() << "': needs more semaphores; a core has " << rt::kSemaphores;
        return signalPassFailure();
      }
      waiters[free] = life.waiter;
      busyUntil[free] = life.end;
      assigned[semaphore] = free;
    }
    kernel.walk([&](EngineOp op) {
      auto renamed = [&](ArrayRef<Token> tokens) {
        return llvm::map_to_vector(tokens, [&](Token t) { return Token{assigned[t.semaphore], t.count}; });
      };
      op.setWaitTokens(renamed(op.getWaitTokens()));
      op.setSignalTokens(renamed(op.getSignalTokens()));
    });
  }

  WalkResult note(EngineOp op, int64_t place, llvm::MapVector<int64_t, Life> &lives) {
    auto extend = [&](const Token &token) -> Life & {
      Life &life = lives[token.semaphore];
      life.begin = std::min(life.begin, place);
      life.end = std::max(life.end, place);
      return life;
    };
    for (const Token &token : op.getSignalTokens())
      extend(token);
    for (const Token &token : op.getWaitTokens()) {
      Life &life = extend(token);
      if (life.waiter && life.waiter != op.getEngine()) {
        op.emitOpError() << "waits for semaphore " << token.semaphore << ", which " << stringifyEngine(*life.waiter)
                         << " waits for; a semaphore has one waiting engine";
        return WalkResult::interrupt();
      }
      life.waiter = op.getEngine();
    }
    return WalkResult::advance();
  }
};
}  // namespace
}  // namespace garam
