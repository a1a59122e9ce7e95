// A stage is a stretch of accesses that need no order among themselves: reads by any engines, or accesses of one
// engine. Every engine of a stage waits for every engine of the stage before, so by induction for all earlier ones. A
// loop or branch in which stages alternate is one stage of the block around it, owned by the engines that begin inside
// it: they enter for the others and, at the end, wait for them.
#include "lowering/task/Stages.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using garam::task::Engine;

namespace garam::lowering {

namespace {
struct Use {
  Operation *op; ///< in the block looked at; holds the accesses
  Engine engine;
  bool writes;
};

struct Stage {
  SmallVector<Use> uses; ///< program order
  bool writes = false;
  bool closed = false; ///< a loop or branch of its own

  SmallVector<Engine> engines() const {
    SmallVector<Engine> result;
    for (const Use &use : uses)
      if (!llvm::is_contained(result, use.engine))
        result.push_back(use.engine);
    return result;
  }
  Operation *first(Engine engine) const {
    return llvm::find_if(uses, [&](const Use &use) { return use.engine == engine; })->op;
  }
  Operation *last(Engine engine) const {
    return llvm::find_if(llvm::reverse(uses), [&](const Use &use) { return use.engine == engine; })->op;
  }
};

class BufferOrder {
public:
  BufferOrder(Value buffer, task::PhaseOp phase, std::vector<Edge> &edges)
      : buffer(buffer), phase(phase), edges(edges) {}

  SmallVector<Stage> orderBlock(Block *block) {
    SmallVector<Stage> stages;
    for (Operation &op : *block)
      addTo(stages, &op);
    for (size_t s = 0; s + 1 < stages.size(); ++s)
      connect(stages[s], stages[s + 1], 0, nullptr);
    return stages;
  }

  /// The last stage of an iteration before the first of a later one.
  void connect(const Stage &from, const Stage &to, int64_t credit, Operation *scope) {
    for (Engine e : from.engines())
      for (Engine f : to.engines())
        if (needsToken(e, f, from.writes && !to.writes))
          edges.push_back({e, f, from.last(e), to.first(f), credit, scope});
  }

private:
  /// Engines complete in order; but a load's bytes are there only at its completion, and the next op of dma_in starts
  /// before.
  static bool needsToken(Engine e, Engine f, bool readAfterWrite) {
    return e != f || (e == Engine::dma_in && readAfterWrite);
  }

  void collect(Operation *op, SmallVectorImpl<Use> &uses) {
    op->walk([&](task::EngineOp user) {
      SmallVector<task::Access> accesses;
      user.getAccesses(accesses);
      for (const task::Access &access : accesses)
        if (access.buffer == buffer)
          uses.push_back({op, user.getEngine(), access.writes});
    });
  }

  void addTo(SmallVectorImpl<Stage> &stages, Operation *op) {
    SmallVector<Use> uses;
    collect(op, uses);
    if (uses.empty())
      return;
    bool writes = llvm::any_of(uses, [](const Use &use) { return use.writes; });
    bool oneEngine = llvm::all_of(uses, [&](const Use &use) { return use.engine == uses[0].engine; });
    bool simple = op->getNumRegions() == 0 || !writes || (oneEngine && uses[0].engine != Engine::dma_in);
    // Loads alone may repeat in a loop: they complete in order.
    simple |= oneEngine && llvm::all_of(uses, [](const Use &use) { return use.writes; });
    if (!simple)
      return stages.push_back(orderInside(op));
    if (oneEngine)
      uses.resize(1);
    for (Use &use : uses)
      use.writes = writes;
    if (!stages.empty() && !stages.back().closed) {
      Stage &last = stages.back();
      bool sameWriter = writes && last.writes && oneEngine && last.engines() == SmallVector<Engine>{uses[0].engine};
      if ((!writes && !last.writes) || sameWriter) {
        last.uses.append(uses);
        return;
      }
    }
    stages.push_back({uses, writes, false});
  }

  Stage orderInside(Operation *op) {
    Stage result{{}, true, true};
    SmallVector<SmallVector<Stage>> blocks;
    SmallVector<Engine> owners;
    for (Region &region : op->getRegions())
      for (Block &block : region) {
        blocks.push_back(orderBlock(&block));
        if (!blocks.back().empty())
          for (Engine engine : blocks.back().front().engines())
            if (!llvm::is_contained(owners, engine))
              owners.push_back(engine);
      }
    for (Engine engine : owners)
      result.uses.push_back({op, engine, true});
    if (isa<scf::ForOp>(op)) {
      connect(blocks[0].back(), blocks[0].front(), 1, op);
      return result;
    }
    // A branch may not run: the owners take the tokens back before its end.
    for (auto &stages : blocks)
      if (!stages.empty())
        for (Engine e : stages.back().engines())
          for (Engine f : owners)
            if (e != f)
              edges.push_back(
                  {e, f, stages.back().last(e), stages.back().last(e)->getBlock()->getTerminator(), 0, nullptr});
    return result;
  }

  Value buffer;
  task::PhaseOp phase;
  std::vector<Edge> &edges;
};
} // namespace

void orderBuffer(task::AllocOp alloc, task::PhaseOp phase, std::vector<Edge> &edges) {
  BufferOrder order(alloc.getBuffer(), phase, edges);
  SmallVector<Stage> stages = order.orderBlock(alloc->getBlock());
  bool repeats =
      phase && alloc->getParentOfType<scf::ForOp>() && phase->isAncestor(alloc->getParentOfType<scf::ForOp>());
  if (repeats && !stages.empty()) {
    // A slot may be written again when the last stage has read it; what is read before any write needs no order.
    Stage first = stages.front();
    first.writes = true;
    order.connect(stages.back(), first, int64_t(alloc.getDepth()), phase);
  }
}

} // namespace garam::lowering
