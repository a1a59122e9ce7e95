// task-fold-sync: sync ops merge with each other and fold into their neighbours. A wait moves to the engine's next op
// only, a signal to the op before only: nothing then waits longer for others.
#include "dialects/task/Task.h"
#include "lowering/Passes.h"

namespace garam {
#define GEN_PASS_DEF_TASKFOLDSYNC
#include "lowering/Passes.h.inc"

using namespace mlir;
using task::Engine;
using task::EngineOp;
using task::SyncOp;
using task::Token;

namespace {
constexpr size_t kMost = 2;

SmallVector<Token> joined(ArrayRef<Token> a, ArrayRef<Token> b) {
  SmallVector<Token> result(a);
  result.append(b.begin(), b.end());
  return result;
}

class TaskFoldSyncPass : public impl::TaskFoldSyncBase<TaskFoldSyncPass> {
  void runOnOperation() override {
    SmallVector<Block *> blocks;
    getOperation().walk([&](Block *block) { blocks.push_back(block); });
    for (Block *block : blocks)
      for (Engine engine : {Engine::dma_in, Engine::dma_out, Engine::matrix, Engine::vector})
        fold(*block, engine);
  }

  void fold(Block &block, Engine engine) {
    EngineOp previous; // the engine's op before this one, with nothing of the engine between
    for (Operation &op : llvm::make_early_inc_range(block)) {
      if (op.getNumRegions()) {
        bool touches = op.walk([&](EngineOp inner) {
                           return inner.getEngine() == engine ? WalkResult::interrupt() : WalkResult::advance();
                         }).wasInterrupted();
        if (touches)
          previous = {};
        continue;
      }
      auto current = dyn_cast<EngineOp>(op);
      if (!current || current.getEngine() != engine)
        continue;
      if (previous && foldInto(previous, current))
        continue; // `current` is gone
      previous = current;
    }
  }

  /// Merges `previous` and `current` where one of them only synchronises. True if `current` was erased.
  bool foldInto(EngineOp &previous, EngineOp current) {
    bool previousSync = isa<SyncOp>(previous), currentSync = isa<SyncOp>(current);
    if (currentSync && current.getWaitTokens().empty() &&
        (previousSync || previous.getSignalTokens().size() + current.getSignalTokens().size() <= kMost)) {
      previous.setSignalTokens(joined(previous.getSignalTokens(), current.getSignalTokens()));
      current->erase();
      return true;
    }
    if (previousSync && previous.getSignalTokens().empty() &&
        (currentSync || previous.getWaitTokens().size() + current.getWaitTokens().size() <= kMost)) {
      current.setWaitTokens(joined(previous.getWaitTokens(), current.getWaitTokens()));
      previous->erase();
      previous = {};
    }
    return false;
  }
};
} // namespace
} // namespace garam
