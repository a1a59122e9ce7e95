// task-insert-sync: tokens between the engines of a core, phase by phase; then the joins between phases.
#include "lowering/Passes.h"
#include "lowering/task/Stages.h"

namespace garam {
#define GEN_PASS_DEF_TASKINSERTSYNC
#include "lowering/Passes.h.inc"

using namespace mlir;
using namespace garam::lowering;
using task::Engine;
using task::Token;

namespace {
constexpr Engine kOthers[] = {Engine::dma_in, Engine::matrix, Engine::vector};

class TaskInsertSyncPass : public impl::TaskInsertSyncBase<TaskInsertSyncPass> {
  void runOnOperation() override {
    func::FuncOp kernel = getOperation();
    if (!kernel->hasAttr(task::kKernelAttr))
      return;
    int64_t next = 0;
    for (auto phase : kernel.getOps<task::PhaseOp>()) {
      std::vector<Edge> edges;
      phase.walk([&](task::AllocOp alloc) { orderBuffer(alloc, phase, edges); });
      dropImplied(edges);
      materialize(edges, next);
    }
    // Buffers that are filled before their phase: written once, read there.
    std::vector<Edge> edges;
    for (auto alloc : kernel.getOps<task::AllocOp>())
      orderBuffer(alloc, nullptr, edges);
    dropImplied(edges);
    materialize(edges, next);
    joinPhases(kernel, next);
  }

  /// Between two phases all engines of the core meet, at the barrier if there is one: dma_out waits for the others,
  /// then releases them. Loads for the next phase that stand between the phases are not held up: dma_in waits behind
  /// them.
  void joinPhases(func::FuncOp kernel, int64_t &next) {
    SmallVector<task::PhaseOp> phases(kernel.getOps<task::PhaseOp>());
    for (size_t i = 0; i + 1 < phases.size(); ++i) {
      task::BarrierOp barrier;
      for (Operation *op = phases[i]->getNextNode(); op != phases[i + 1]; op = op->getNextNode())
        if (auto found = dyn_cast<task::BarrierOp>(op))
          barrier = found;
      OpBuilder b(kernel.getContext());
      barrier ? b.setInsertionPoint(barrier) : b.setInsertionPointAfter(phases[i]);
      Location loc = barrier ? barrier.getLoc() : phases[i].getLoc();
      SmallVector<Token> arrive, release;
      auto attr = [&](ArrayRef<Token> tokens) { return task::TokensAttr::get(b.getContext(), tokens); };
      for (Engine engine : kOthers) {
        arrive.push_back({next++, 1});
        release.push_back({next++, 1});
        task::SyncOp::create(b, loc, engine, task::TokensAttr(), attr(arrive.back()));
      }
      if (barrier) {
        barrier.setWaitsAttr(attr(arrive));
        barrier.setSignalsAttr(attr(release));
        b.setInsertionPointAfter(barrier);
      } else {
        task::SyncOp::create(b, loc, Engine::dma_out, attr(arrive), attr(release));
      }
      for (auto [engine, token] : llvm::zip(kOthers, release)) {
        OpBuilder::InsertionGuard guard(b);
        if (engine == Engine::dma_in)
          b.setInsertionPoint(phases[i + 1]);
        task::SyncOp::create(b, loc, engine, attr(token), task::TokensAttr());
      }
    }
  }
};
} // namespace
} // namespace garam
