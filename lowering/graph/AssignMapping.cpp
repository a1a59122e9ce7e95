// graph-assign-mapping: each group gets the mapping of the file, or else the cheapest by the cost model, and its
// results a memory.
#include "lowering/Passes.h"
#include "lowering/graph/AssignMappings.h"
#include "lowering/task/Machine.h"

#include "dialects/tile/Tile.h"

#include "mlir/IR/SymbolTable.h"

namespace garam {
#define GEN_PASS_DEF_GRAPHASSIGNMAPPING
#include "lowering/Passes.h.inc"
} // namespace garam

using namespace mlir;

namespace garam::lowering {
namespace {
class Assigner {
public:
  Assigner(const rt::Chip &chip, MappingFile *file) : chip(chip), file(file) {}

  FailureOr<double> run(func::FuncOp kernel) {
    // Where tensors lie decides what a tile costs, so places come first.
    place(kernel);
    double cycles = 0;
    Before before;
    for (auto group : kernel.getOps<graph::GroupOp>()) {
      FailureOr<double> own = assign(kernel, group, before);
      if (failed(own))
        return failure();
      cycles += *own;
    }
    return cycles;
  }

private:
  /// Cycles with the barrier behind it. `before`: of the group before, and then of this one. A mapping that was given
  /// promises nothing.
  FailureOr<double> assign(func::FuncOp kernel, graph::GroupOp group, Before &before) {
    Mapping given = Mapping::from(*group.getMapping());
    Before earlier = std::exchange(before, Before());
    if (!given.tile.empty())
      return 0.0;
    if (file)
      if (std::optional<Mapping> mapping = file->take(kernel.getName(), group.getName())) {
        mapping->place.insert(given.place.begin(), given.place.end());
        group.setMappingAttr(mapping->attr(group.getContext()));
        return 0.0;
      }
    FailureOr<GroupInfo> info = analyze(group);
    if (failed(info))
      return failure();
    FailureOr<Choice> choice = choose(chip, *info, earlier);
    if (failed(choice))
      return failure();
    FailureOr<Footprint> held = footprintOf(chip, *info, choice->mapping);
    if (failed(held))
      return failure();
    double barrier = chip.topology.dies == 1 ? chip.sync.barrierDieNs : chip.sync.barrierChipNs;
    before = {choice->idle + double(chip.cyclesOf(barrier)), l1Budget(chip) - held->l1};
    choice->mapping.place = given.place;
    group.setMappingAttr(choice->mapping.attr(group.getContext()));
    return choice->cycles + double(chip.cyclesOf(barrier));
  }

  /// What stays inside a kernel goes to shared memory while there is room: it is nearer than HBM.
  void place(func::FuncOp kernel) {
    int64_t left = chip.topology.dies == 1 ? chip.shared.bytesPerDie * 3 / 4 : 0;
    for (auto group : kernel.getOps<graph::GroupOp>()) {
      Mapping mapping = group.getMapping() ? Mapping::from(*group.getMapping()) : Mapping();
      for (auto [index, result] : llvm::enumerate(group.getResults())) {
        std::string name = "result" + std::to_string(index);
        if (mapping.place.count(name))
          continue;
        auto type = cast<RankedTensorType>(result.getType());
        int64_t bytes = type.getNumElements() * rt::byteSize(*tile::dtypeOf(type.getElementType()));
        bool stays = llvm::all_of(result.getUses(), [](OpOperand &use) { return inShared(use); });
        bool fits = stays && bytes <= left && !llvm::any_of(group.block(), llvm::IsaPred<graph::KvUpdateOp>);
        mapping.place[name] = fits ? "shared" : "hbm";
        left -= fits ? bytes : 0;
      }
      group.setMappingAttr(mapping.attr(group.getContext()));
    }
  }

  /// Results of the kernel and gathered tables lie in HBM.
  static bool inShared(OpOperand &use) {
    auto group = dyn_cast<graph::GroupOp>(use.getOwner());
    if (!group)
      return false;
    Value inside = group.block().getArgument(use.getOperandNumber());
    return llvm::none_of(inside.getUses(), [](OpOperand &inner) {
      return (isa<graph::EmbeddingOp>(inner.getOwner()) && inner.getOperandNumber() == 0) ||
             isa<graph::KvUpdateOp>(inner.getOwner()) ||
             (isViewOp(inner.getOwner()) &&
              llvm::any_of(inner.getOwner()->getUsers(), llvm::IsaPred<graph::EmbeddingOp>));
    });
  }

  const rt::Chip &chip;
  MappingFile *file;
};

struct GraphAssignMapping : garam::impl::GraphAssignMappingBase<GraphAssignMapping> {
  using GraphAssignMappingBase::GraphAssignMappingBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    FailureOr<rt::Chip> chip = chipOf(module);
    if (failed(chip))
      return signalPassFailure();
    std::optional<MappingFile> file;
    if (!mappingFile.empty()) {
      FailureOr<MappingFile> read = readMappings(mappingFile, getContext());
      if (failed(read))
        return signalPassFailure();
      file = std::move(*read);
      if (file->parts != partsOf(module).value_or(0)) {
        emitError(file->place) << "is for " << file->parts << " parts of the batch, the program has "
                               << partsOf(module).value_or(0) << "; as --emit mapping wrote it, with split-batch";
        return signalPassFailure();
      }
    }
    if (failed(assignMappings(module, *chip, file ? &*file : nullptr)) || (file && failed(file->reportUnused())))
      signalPassFailure();
  }
};
} // namespace

FailureOr<double> assignMappings(ModuleOp module, const rt::Chip &chip, MappingFile *file) {
  double cycles = 0;
  for (auto kernel : module.getOps<func::FuncOp>()) {
    FailureOr<double> own = Assigner(chip, file).run(kernel);
    if (failed(own))
      return failure();
    if (auto uses = SymbolTable::getSymbolUses(kernel, module); uses && !kernel.getOps<graph::GroupOp>().empty())
      cycles += double(llvm::range_size(*uses)) * (*own + double(chip.cyclesOf(chip.launch.latencyNs)));
  }
  return cycles;
}

} // namespace garam::lowering
