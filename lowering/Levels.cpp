#include "lowering/Levels.h"

#include "dialects/graph/Graph.h"
#include "dialects/isa/Isa.h"
#include "dialects/task/Task.h"
#include "dialects/tile/Tile.h"

#include "mlir/IR/Builders.h"

using namespace mlir;

namespace garam {

Level levelOf(ModuleOp module) {
  Level found = Level::Graph;
  module.walk([&](Operation *op) {
    StringRef dialect = op->getName().getDialectNamespace();
    if (dialect == isa::IsaDialect::getDialectNamespace())
      found = std::max(found, Level::Isa);
    else if (dialect == task::TaskDialect::getDialectNamespace())
      found = std::max(found, Level::Task);
    else if (dialect == tile::TileDialect::getDialectNamespace())
      found = std::max(found, Level::Tile);
    else if (auto group = dyn_cast<graph::GroupOp>(op); group && group.getMapping())
      found = std::max(found, Level::Mapping);
  });
  return found;
}

void stampModule(ModuleOp module, const CompileOptions &options) {
  Builder builder(module.getContext());
  // An empty module has loaded no dialect, and an attribute of one that is not loaded ends the process.
  module.getContext()->loadDialect<graph::GraphDialect>();
  rt::Chip chip = rt::loadChip(options.chip, options.overrides);
  module->setAttr("graph.chip", graph::ChipAttr::get(module.getContext(), chip.name,
                                                     options.chip.find('.') == options.chip.npos ? "" : options.chip));
  SmallVector<StringRef> overrides(options.overrides.begin(), options.overrides.end());
  if (!overrides.empty())
    module->setAttr("garam.set", builder.getStrArrayAttr(overrides));
  if (options.dies)
    module->setAttr("garam.dies", builder.getI64IntegerAttr(options.dies));
  auto text = [&](StringRef name, const std::string &value) {
    if (!value.empty())
      module->setAttr(name, builder.getStringAttr(value));
  };
  auto number = [&](StringRef name, int64_t value) {
    if (value)
      module->setAttr(name, builder.getI64IntegerAttr(value));
  };
  text("graph.model", options.model);
  text("garam.dtype", options.dtype);
  text("garam.phase", options.phase);
  number("garam.batch", options.batch);
  number("garam.sequence_length", options.sequenceLength);
  number("garam.kv_capacity", options.kvCapacity);
  number("garam.flops", int64_t(options.flops));
  number("garam.compulsory_bytes", int64_t(options.compulsoryBytes));
  SmallVector<StringRef> files(options.weightFiles.begin(), options.weightFiles.end());
  if (!files.empty())
    module->setAttr("garam.weight_files", builder.getStrArrayAttr(files));
}

} // namespace garam
