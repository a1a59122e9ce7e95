// task-assign-semaphores: a virtual semaphore lives over the ops of the kernel's body that hold its tokens. All its
// tokens are taken at the join after them, so another one with the same waiting engine may take its place from the next
// phase on.
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
  int64_t begin = INT64_MAX, end = 0; ///< places in the kernel's body
};

class TaskAssignSemaphoresPass : public impl::TaskAssignSemaphoresBase<TaskAssignSemaphoresPass> {
  void runOnOperation() override {
    func::FuncOp kernel = getOperation();
    if (!kernel->hasAttr(task::kKernelAttr))
      return;
    mergeQueues(kernel);
    llvm::MapVector<int64_t, Life> lives;
    int64_t place = 0;
    for (Operation &top : kernel.getBody().front()) {
      ++place;
      WalkResult result = top.walk([&](EngineOp op) { return note(op, place, lives); });
      if (result.wasInterrupted())
        return signalPassFailure();
    }
    widen(kernel, lives);

    llvm::DenseMap<int64_t, int64_t> assigned;
    std::array<std::optional<task::Engine>, rt::kSemaphores> waiters;
    std::array<int64_t, rt::kSemaphores> busyUntil{};
    for (auto &[semaphore, life] : lives) {
      int64_t free = 0;
      while (free < rt::kSemaphores && waiters[free] && (waiters[free] != life.waiter || busyUntil[free] >= life.begin))
        ++free;
      if (free == rt::kSemaphores) {
        kernel.emitError() << "kernel '" << kernel.getName() << "': needs more semaphores; a core has "
                           << rt::kSemaphores;
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

  /// Tokens that one engine gives and another takes in the same order, in one block of a phase, need one semaphore
  /// between them: engines complete in order, so the n-th token taken is the n-th given.
  void mergeQueues(func::FuncOp kernel) {
    struct Edge {
      EngineOp from, to;
      int64_t given = 0, taken = 0, ops = 0;
    };
    llvm::MapVector<int64_t, Edge> edges;
    kernel.walk([&](EngineOp op) {
      for (const Token &token : op.getSignalTokens())
        edges[token.semaphore].from = op, edges[token.semaphore].given += token.count, ++edges[token.semaphore].ops;
      for (const Token &token : op.getWaitTokens())
        edges[token.semaphore].to = op, edges[token.semaphore].taken += token.count, ++edges[token.semaphore].ops;
    });
    struct Queue {
      int64_t semaphore;
      Edge last;
    };
    std::vector<Queue> queues;
    llvm::DenseMap<int64_t, int64_t> merged;
    // The walk above meets each of these first at its signal, so they stand in the order of their signals.
    SmallVector<std::pair<int64_t, Edge>> ordered(edges.begin(), edges.end());
    llvm::erase_if(ordered, [](auto &entry) {
      Edge &e = entry.second;
      return e.ops != 2 || !e.from || !e.to || e.given != e.taken || e.from->getBlock() != e.to->getBlock() ||
             !e.from->getParentOfType<task::PhaseOp>() || e.from.getEngine() == e.to.getEngine() ||
             !e.from->isBeforeInBlock(e.to);
    });
    for (auto &[semaphore, edge] : ordered) {
      Edge e = edge;
      auto follows = [&](Queue &queue) {
        Edge &last = queue.last;
        return last.from->getBlock() == e.from->getBlock() && last.from.getEngine() == e.from.getEngine() &&
               last.to.getEngine() == e.to.getEngine() && last.from->isBeforeInBlock(e.from) &&
               last.to->isBeforeInBlock(e.to);
      };
      auto found = llvm::find_if(queues, follows);
      if (found == queues.end()) {
        queues.push_back({semaphore, edge});
        continue;
      }
      merged[semaphore] = found->semaphore;
      found->last = edge;
    }
    kernel.walk([&](EngineOp op) {
      auto renamed = [&](ArrayRef<Token> tokens) {
        return llvm::map_to_vector(tokens, [&](Token t) {
          auto found = merged.find(t.semaphore);
          return found == merged.end() ? t : Token{found->second, t.count};
        });
      };
      op.setWaitTokens(renamed(op.getWaitTokens()));
      op.setSignalTokens(renamed(op.getSignalTokens()));
    });
  }

  /// Engines run ahead of each other up to a join. Its tokens may be given while the phase before it still runs, and
  /// taken when the phase after it already gives its own; those of a phase are all taken at the join after it.
  void widen(func::FuncOp kernel, llvm::MapVector<int64_t, Life> &lives) {
    SmallVector<int64_t> phases;
    int64_t place = 0;
    for (Operation &top : kernel.getBody().front()) {
      ++place;
      if (isa<task::PhaseOp>(top))
        phases.push_back(place);
    }
    for (auto &[semaphore, life] : lives) {
      auto after = llvm::upper_bound(phases, life.end);
      bool endsInPhase = llvm::is_contained(phases, life.end);
      if (after != phases.end())
        life.end = endsInPhase ? *after - 1 : *after;
      auto before = llvm::upper_bound(phases, life.begin);
      life.begin = before == phases.begin() ? 0 : *std::prev(before);
    }
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
} // namespace
} // namespace garam
