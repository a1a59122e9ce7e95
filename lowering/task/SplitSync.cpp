// task-split-sync: an instruction has two waits and two signals; further ones go to sync ops of the same engine beside
// it.
#include "dialects/task/Task.h"
#include "lowering/Passes.h"

namespace garam {
#define GEN_PASS_DEF_TASKSPLITSYNC
#include "lowering/Passes.h.inc"

using namespace mlir;
using task::EngineOp;
using task::SyncOp;
using task::Token;

namespace {
constexpr size_t kMost = 2;

class TaskSplitSyncPass : public impl::TaskSplitSyncBase<TaskSplitSyncPass> {
  void runOnOperation() override {
    SmallVector<EngineOp> ops;
    getOperation().walk([&](EngineOp op) { ops.push_back(op); });
    for (EngineOp op : ops)
      if (split(op).wasInterrupted())
        return signalPassFailure();
  }

  WalkResult split(EngineOp op) {
    SmallVector<Token> waits(op.getWaitTokens()), signals(op.getSignalTokens());
    if (op.getEngine() == task::Engine::seq && (waits.size() > kMost || signals.size() > kMost || isa<SyncOp>(op))) {
      op.emitOpError("makes the sequencer synchronise apart from a read; read the value where the buffer is written");
      return WalkResult::interrupt();
    }
    OpBuilder b(op);
    auto attr = [&](ArrayRef<Token> tokens) {
      return tokens.empty() ? task::TokensAttr() : task::TokensAttr::get(b.getContext(), tokens);
    };
    while (waits.size() > kMost) {
      SyncOp::create(b, op.getLoc(), op.getEngine(), attr(ArrayRef(waits).take_front(kMost)), attr({}));
      waits.erase(waits.begin(), waits.begin() + kMost);
    }
    b.setInsertionPointAfter(op);
    while (signals.size() > kMost) {
      auto late = SyncOp::create(b, op.getLoc(), op.getEngine(), attr({}), attr(ArrayRef(signals).take_back(kMost)));
      b.setInsertionPointAfter(late);
      signals.resize(signals.size() - kMost);
    }
    op.setWaitTokens(waits);
    op.setSignalTokens(signals);
    return WalkResult::advance();
  }
};
} // namespace
} // namespace garam
