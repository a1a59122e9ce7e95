#include "lowering/task/Machine.h"

#include "dialects/graph/Graph.h"
#include "runtime/Error.h"

using namespace mlir;

namespace garam::lowering {

std::optional<int64_t> partsOf(ModuleOp module) {
  auto parts = module->getAttrOfType<IntegerAttr>(kPartsAttr);
  return parts ? std::optional(parts.getInt()) : std::nullopt;
}

FailureOr<rt::Chip> chipOf(ModuleOp module) {
  FailureOr<rt::Chip> chip = wholeChipOf(module);
  if (failed(chip) || !partsOf(module))
    return chip;
  if (*partsOf(module) < 1 || *partsOf(module) > chip->topology.dies)
    return module.emitError() << "has " << *partsOf(module) << " parts; 1 to " << chip->topology.dies
                              << ", the dies of the chip";
  return chip->withDies(1);
}

FailureOr<rt::Chip> wholeChipOf(ModuleOp module) {
  auto attr = module->getAttrOfType<graph::ChipAttr>("graph.chip");
  if (!attr)
    return module.emitOpError("needs the chip it is compiled for: graph.chip = #graph.chip<name = …, path = …>");
  std::vector<rt::Override> overrides;
  if (auto list = module->getAttrOfType<ArrayAttr>("garam.set"))
    for (Attribute entry : list)
      if (auto text = dyn_cast<StringAttr>(entry))
        overrides.push_back(text.str());
  try {
    rt::Chip chip = rt::loadChip(attr.getPath().empty() ? attr.getName().str() : attr.getPath().str(), overrides);
    if (auto dies = module->getAttrOfType<IntegerAttr>("garam.dies"))
      chip = chip.withDies(dies.getInt());
    return chip;
  } catch (const rt::Error &error) {
    return module.emitError(error.what());
  }
}

} // namespace garam::lowering
