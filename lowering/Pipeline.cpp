// The road from graph to program: every pass in order, with its reason and what it must come before.
#include "lowering/Pipeline.h"

#include "lowering/Levels.h"
#include "lowering/Passes.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

#include <algorithm>

using namespace mlir;

namespace garam {

std::vector<std::string> optimisations() {
  return {"split-batch", "stage-inputs", "prefetch", "fold-sync", "hoist", "cse"};
}

namespace {
class Builder {
public:
  Builder(OpPassManager &manager, const CompileOptions &options) : manager(manager), options(options) {}

  /// Tensors as the importer wrote them, simplified.
  void graph() {
    manager.addPass(createCanonicalizerPass());
    if (on("cse"))
      manager.addPass(createCSEPass());
    // Here the casts that tell how large integers are stand beside their uses.
    manager.addPass(createGraphVerifyIntegers());
  }

  /// How it is cut. Kernels first: a group never crosses one.
  void mapping() {
    // Before anything is cut: what follows compiles one part.
    if (on("split-batch"))
      manager.addPass(createGraphSplitBatch({options.mappingFile, 0}));
    manager.addPass(createGraphOutlineKernels());
    manager.addNestedPass<func::FuncOp>(createGraphFormGroups());
    // A copy is a group like any other, so it comes before groups get their mappings.
    if (on("stage-inputs"))
      manager.addPass(createGraphStageInputs());
    manager.addPass(createGraphAssignMapping({options.mappingFile}));
    closeMapping();
  }
  void closeMapping() { manager.addPass(createGraphVerifyMapped()); }

  /// Where it is: loops, buffers, transfers.
  void tile() {
    manager.addPass(createConvertGraphToTile());
    // Clamped sizes and offsets repeat in each window; one of each is enough. No canonicalizer here: it would inline a
    // phase over one core, and a phase is what later passes count by.
    if (on("cse"))
      manager.addPass(createCSEPass());
    closeTile();
  }
  void closeTile() { manager.addPass(createTileVerify()); }

  /// When it happens: engines, tokens, addresses, and the proof.
  void task() {
    manager.addPass(createConvertTileToTask());
    manager.addNestedPass<func::FuncOp>(createTaskExpandDivision());
    // Before tokens, which order the buffers where they then are.
    if (on("prefetch"))
      manager.addPass(createTaskPrefetch());
    // Tokens before addresses: which buffers may overlap follows from the order that tokens give.
    manager.addNestedPass<func::FuncOp>(createTaskInsertSync());
    manager.addPass(createTaskAllocate());
    if (on("fold-sync"))
      manager.addNestedPass<func::FuncOp>(createTaskFoldSync());
    // After folding, which gathers tokens; before semaphores are named.
    manager.addNestedPass<func::FuncOp>(createTaskSplitSync());
    manager.addNestedPass<func::FuncOp>(createTaskAssignSemaphores());
    closeTask();
  }
  /// On every compile, whatever the passes before it were.
  void closeTask() { manager.addPass(createTaskVerifySchedule()); }

  /// How: instructions.
  void isa() {
    manager.addNestedPass<func::FuncOp>(createTaskLowerAddresses());
    // The number of a core's die, where there are parts.
    manager.addNestedPass<func::FuncOp>(createTaskExpandDivision());
    manager.addPass(createCanonicalizerPass());
    if (on("cse"))
      manager.addPass(createCSEPass());
    // Scalars that do not change leave the loops, as far as registers last.
    if (on("hoist"))
      manager.addPass(createLoopInvariantCodeMotionPass());
    manager.addPass(createConvertTaskToIsa());
  }

private:
  OpPassManager &manager;
  const CompileOptions &options;

  bool on(std::string_view name) const {
    return std::find(options.disabled.begin(), options.disabled.end(), name) == options.disabled.end();
  }
};
} // namespace

void buildPipeline(OpPassManager &manager, Level level, bool startsHere, const CompileOptions &options) {
  Builder builder(manager, options);
  switch (level) {
  case Level::Graph:
    return builder.graph();
  case Level::Mapping:
    return startsHere ? builder.closeMapping() : builder.mapping();
  case Level::Tile:
    return startsHere ? builder.closeTile() : builder.tile();
  case Level::Task:
    return startsHere ? builder.closeTask() : builder.task();
  case Level::Isa:
    return startsHere ? void() : builder.isa();
  }
}

} // namespace garam
