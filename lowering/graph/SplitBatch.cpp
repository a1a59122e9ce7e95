// graph-split-batch: on a chip of several dies, whether each die runs the whole program on its part of the batch.
// Weights are then on each die, nothing crosses the links between dies, and barriers are those of a die.
// Expects: a graph module with @main. Leaves: the same, or one part of it and `garam.parts`.
#include "lowering/Passes.h"
#include "lowering/graph/AssignMappings.h"
#include "lowering/graph/SplitAxes.h"
#include "lowering/task/Machine.h"

#include "dialects/tile/Tile.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/Pass/PassManager.h"

namespace garam {
#define GEN_PASS_DEF_GRAPHSPLITBATCH
#include "lowering/Passes.h.inc"
} // namespace garam

using namespace mlir;

namespace garam::lowering {
namespace {
int64_t bytesOf(TypeRange types) {
  int64_t bytes = 0;
  for (Type type : types)
    if (auto tensor = dyn_cast<RankedTensorType>(type))
      bytes += tensor.getNumElements() * rt::byteSize(*tile::dtypeOf(tensor.getElementType()));
  return bytes;
}

struct GraphSplitBatch : garam::impl::GraphSplitBatchBase<GraphSplitBatch> {
  using GraphSplitBatchBase::GraphSplitBatchBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    FailureOr<rt::Chip> chip = wholeChipOf(module);
    if (failed(chip))
      return signalPassFailure();
    int64_t asked = parts;
    bool decided = asked > 0;
    Location place = module.getLoc();
    if (!mappingFile.empty()) {
      FailureOr<MappingFile> file = readMappings(mappingFile, getContext());
      if (failed(file))
        return signalPassFailure();
      asked = file->parts, decided = true, place = file->place;
    }
    if (!decided && chip->topology.dies > 1)
      asked = fastest(*chip);
    if (asked == 0)
      return;
    OwningOpRef<ModuleOp> split = partOf(asked);
    if (!split || asked > chip->topology.dies) {
      emitError(place) << "cannot run as " << asked << " parts of its batch of " << batchOf(module)
                       << "; parts are equal, at most one for each of " << chip->topology.dies
                       << " dies, and do not need each other";
      return signalPassFailure();
    }
    module->setAttrs((*split)->getAttrDictionary());
    module.getBodyRegion().takeBody(split->getBodyRegion());
  }

private:
  /// A copy of the module for one of so many parts, or nothing.
  OwningOpRef<ModuleOp> partOf(int64_t count) {
    OwningOpRef<ModuleOp> part = getOperation().clone();
    if (!splitBatch(*part, count))
      return {};
    (*part)->setAttr(kPartsAttr, Builder(&getContext()).getI64IntegerAttr(count));
    return part;
  }

  /// The number of parts that the cost model expects to be fastest; 0: all dies work on the whole.
  int64_t fastest(const rt::Chip &chip) {
    OwningOpRef<ModuleOp> whole = getOperation().clone();
    std::optional<double> least = cyclesOf(*whole);
    int64_t best = 0, batch = batchOf(getOperation());
    for (int64_t count = 1; count <= chip.topology.dies; ++count) {
      OwningOpRef<ModuleOp> part = batch % count == 0 ? partOf(count) : OwningOpRef<ModuleOp>();
      if (!part || !fits(*part, chip))
        continue;
      std::optional<double> cycles = cyclesOf(*part);
      if (cycles && (!least || *cycles < *least))
        least = cycles, best = count;
    }
    return best;
  }

  /// Whether a die has room for all arguments and everything that a launch leaves.
  static bool fits(ModuleOp part, const rt::Chip &chip) {
    auto main = part.lookupSymbol<func::FuncOp>("main");
    int64_t bytes = bytesOf(main.getArgumentTypes());
    for (Operation &op : main.getBody().front())
      bytes += bytesOf(op.getResultTypes());
    return bytes <= chip.dram.bytesPerDie;
  }

  /// What the program is expected to take; nothing if it does not compile.
  static std::optional<double> cyclesOf(ModuleOp module) {
    ScopedDiagnosticHandler quiet(module.getContext(), [](Diagnostic &) { return success(); });
    FailureOr<rt::Chip> chip = chipOf(module);
    PassManager manager(module.getContext());
    manager.addPass(createGraphOutlineKernels());
    manager.addNestedPass<func::FuncOp>(createGraphFormGroups());
    manager.addPass(createGraphStageInputs());
    if (failed(chip) || failed(manager.run(module)))
      return std::nullopt;
    FailureOr<double> cycles = assignMappings(module, *chip, nullptr);
    return failed(cycles) ? std::nullopt : std::optional(*cycles);
  }
};
} // namespace
} // namespace garam::lowering
