#include "lowering/cost/Cost.h"

using namespace mlir;

namespace garam::lowering {

int64_t l1Budget(const rt::Chip &chip) { return chip.l1.sizeBytes - chip.l1.sizeBytes / 16; }

graph::MappingAttr Mapping::attr(MLIRContext *context) const {
  Builder builder(context);
  NamedAttrList values;
  auto sizes = [&](StringRef key, const std::map<std::string, int64_t> &entries) {
    NamedAttrList list;
    for (auto &[name, size] : entries)
      list.set(name, builder.getI64IntegerAttr(size));
    if (!entries.empty())
      values.set(key, list.getDictionary(context));
  };
  sizes("tile", tile), sizes("grid", grid), sizes("depth", depth);
  if (!order.empty()) {
    SmallVector<Attribute> names;
    for (const std::string &name : order)
      names.push_back(builder.getStringAttr(name));
    values.set("order", builder.getArrayAttr(names));
  }
  if (!place.empty()) {
    NamedAttrList list;
    for (auto &[name, memory] : place)
      list.set(name, builder.getStringAttr(memory));
    values.set("place", list.getDictionary(context));
  }
  return graph::MappingAttr::get(context, values.getDictionary(context));
}

Mapping Mapping::from(graph::MappingAttr attr) {
  Mapping mapping;
  for (auto [key, entries] :
       {std::pair(StringRef("tile"), &mapping.tile), {"grid", &mapping.grid}, {"depth", &mapping.depth}})
    if (auto list = attr.getValues().getAs<DictionaryAttr>(key))
      for (NamedAttribute entry : list)
        (*entries)[entry.getName().str()] = cast<IntegerAttr>(entry.getValue()).getInt();
  for (StringRef name : attr.order())
    mapping.order.push_back(name.str());
  if (auto list = attr.getValues().getAs<DictionaryAttr>("place"))
    for (NamedAttribute entry : list)
      mapping.place[entry.getName().str()] = cast<StringAttr>(entry.getValue()).str();
  return mapping;
}

FailureOr<Choice> choose(const rt::Chip &chip, const GroupInfo &info, const Before &before) {
  switch (info.kind) {
  case GroupKind::Rows:
  case GroupKind::Copy:
    return chooseRows(chip, info);
  case GroupKind::Matmul:
    return chooseMatmul(chip, info, before);
  case GroupKind::Attention:
    return chooseAttention(chip, info);
  case GroupKind::ReduceRows:
    return chooseReduceRows(chip, info);
  case GroupKind::Concat:
  case GroupKind::Update:
    return chooseParts(chip, info);
  }
  return failure();
}

std::vector<std::string> requiredKeys(GroupKind kind) {
  switch (kind) {
  case GroupKind::Rows:
  case GroupKind::Copy:
    return {"tile.rows", "tile.columns", "grid.cores", "depth.loads", "depth.stores"};
  case GroupKind::Matmul:
    return {"tile.m", "tile.n", "tile.k", "grid.m", "grid.n", "depth.a", "depth.b", "depth.out"};
  case GroupKind::Attention:
    return {"tile.heads", "tile.q", "tile.kv", "grid.cores", "depth.loads", "depth.scores"};
  case GroupKind::ReduceRows:
  case GroupKind::Concat:
  case GroupKind::Update:
    return {"tile.rows", "tile.columns", "grid.cores"};
  }
  return {};
}

} // namespace garam::lowering
