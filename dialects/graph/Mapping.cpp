// #graph.mapping: the form of the dictionary. Whether it fits a root op and a chip is for the pass that assigns
// mappings.
#include "dialects/graph/Graph.h"

using namespace mlir;
using namespace garam::graph;

static LogicalResult verifySizes(function_ref<InFlightDiagnostic()> emitError, NamedAttribute entry) {
  auto sizes = dyn_cast<DictionaryAttr>(entry.getValue());
  if (!sizes)
    return emitError() << "mapping: '" << entry.getName().getValue() << "' must be a dictionary of sizes";
  for (NamedAttribute size : sizes) {
    auto value = dyn_cast<IntegerAttr>(size.getValue());
    if (!value || value.getInt() <= 0)
      return emitError() << "mapping: '" << entry.getName().getValue() << "." << size.getName().getValue()
                         << "' must be an integer above zero";
  }
  return success();
}

LogicalResult MappingAttr::verify(function_ref<InFlightDiagnostic()> emitError, DictionaryAttr values) {
  for (NamedAttribute entry : values) {
    StringRef key = entry.getName();
    if (key == "tile" || key == "grid" || key == "depth") {
      if (failed(verifySizes(emitError, entry)))
        return failure();
    } else if (key == "order") {
      auto order = dyn_cast<ArrayAttr>(entry.getValue());
      if (!order || !llvm::all_of(order, llvm::IsaPred<StringAttr>))
        return emitError() << "mapping: 'order' must be an array of dimension names";
    } else if (key == "place") {
      auto places = dyn_cast<DictionaryAttr>(entry.getValue());
      if (!places)
        return emitError() << "mapping: 'place' must be a dictionary of memories";
      for (NamedAttribute place : places) {
        auto memory = dyn_cast<StringAttr>(place.getValue());
        if (!memory || !llvm::is_contained({"hbm", "shared", "l1"}, memory.getValue()))
          return emitError() << "mapping: 'place." << place.getName().getValue()
                             << "' must be one of \"hbm\", \"shared\", \"l1\"";
      }
    } else {
      return emitError() << "mapping: unknown key '" << key << "'; known are tile, grid, order, depth, place";
    }
  }
  return success();
}

std::optional<int64_t> MappingAttr::size(StringRef key, StringRef name) const {
  auto sizes = getValues().getAs<DictionaryAttr>(key);
  auto value = sizes ? sizes.getAs<IntegerAttr>(name) : IntegerAttr();
  return value ? std::optional(value.getInt()) : std::nullopt;
}

SmallVector<StringRef> MappingAttr::order() const {
  SmallVector<StringRef> names;
  if (auto order = getValues().getAs<ArrayAttr>("order"))
    for (auto name : order.getAsRange<StringAttr>())
      names.push_back(name.getValue());
  return names;
}

std::optional<StringRef> MappingAttr::place(StringRef value) const {
  auto places = getValues().getAs<DictionaryAttr>("place");
  auto memory = places ? places.getAs<StringAttr>(value) : StringAttr();
  return memory ? std::optional(memory.getValue()) : std::nullopt;
}
