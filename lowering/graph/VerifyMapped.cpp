// graph-verify-mapped: closes the level. Every group has a complete mapping that fits the chip.
#include "lowering/Passes.h"
#include "lowering/cost/Cost.h"
#include "lowering/task/Machine.h"
#include "runtime/isa/Isa.h"

namespace garam {
#define GEN_PASS_DEF_GRAPHVERIFYMAPPED
#include "lowering/Passes.h.inc"
} // namespace garam

using namespace mlir;

namespace garam::lowering {
namespace {
struct GraphVerifyMapped : garam::impl::GraphVerifyMappedBase<GraphVerifyMapped> {
  void runOnOperation() override {
    FailureOr<rt::Chip> chip = chipOf(getOperation());
    if (failed(chip))
      return signalPassFailure();
    for (auto kernel : getOperation().getOps<func::FuncOp>()) {
      if (kernel.getName() == "main" || kernel.isDeclaration())
        continue;
      for (Operation &op : kernel.getBody().front().without_terminator()) {
        auto group = dyn_cast<graph::GroupOp>(op);
        if (!group) {
          op.emitOpError("is not in a group; run graph-form-groups first");
          return signalPassFailure();
        }
        if (failed(verify(*chip, group)))
          return signalPassFailure();
      }
    }
  }

private:
  static LogicalResult verify(const rt::Chip &chip, graph::GroupOp group) {
    auto fails = [&] { return group.emitOpError() << "'" << group.getName() << "': "; };
    if (!group.getMapping())
      return fails() << "has no mapping; run graph-assign-mapping first";
    FailureOr<GroupInfo> info = analyze(group);
    if (failed(info))
      return failure();
    for (const std::string &key : requiredKeys(info->kind)) {
      auto [table, name] = StringRef(key).split('.');
      if (!group.getMapping()->size(table, name))
        return fails() << "its mapping lacks '" << key << "'; this kind of group needs "
                       << llvm::join(requiredKeys(info->kind), ", ");
    }
    if (auto depths = group.getMapping()->getValues().getAs<DictionaryAttr>("depth"))
      for (NamedAttribute depth : depths) // a buffer's slots are counted by one semaphore
        if (cast<IntegerAttr>(depth.getValue()).getInt() > rt::kMaxTokens)
          return fails() << "the mapping gives '" << depth.getName().str() << "' "
                         << cast<IntegerAttr>(depth.getValue()).getInt() << " buffers; 1 to " << rt::kMaxTokens;
    FailureOr<Footprint> footprint = footprintOf(chip, *info, Mapping::from(*group.getMapping()));
    if (failed(footprint))
      return failure();
    if (footprint->l1 > chip.l1.sizeBytes)
      return fails() << "the mapping overflows L1 by " << footprint->l1 - chip.l1.sizeBytes << " bytes; chip '"
                     << chip.name << "' has " << chip.l1.sizeBytes;
    if (footprint->acc > chip.matrix.accBytes)
      return fails() << "the mapping overflows acc by " << footprint->acc - chip.matrix.accBytes << " bytes; chip '"
                     << chip.name << "' has " << chip.matrix.accBytes;
    if (footprint->cores > chip.cores())
      return fails() << "the mapping asks for " << footprint->cores << " cores; chip '" << chip.name << "' has "
                     << chip.cores();
    return success();
  }
};
} // namespace
} // namespace garam::lowering
