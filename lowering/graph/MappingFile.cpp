#include "lowering/graph/MappingFile.h"

#include "lowering/task/Machine.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace garam::lowering {

std::optional<Mapping> MappingFile::take(StringRef kernel, StringRef group) {
  auto found = entries.find({kernel.str(), group.str()});
  if (found == entries.end())
    return std::nullopt;
  taken.insert(found->first);
  return found->second;
}

LogicalResult MappingFile::reportUnused() const {
  for (auto &[key, mapping] : entries)
    if (!taken.count(key))
      return emitError(place) << "kernel '" << key.first << "' has no group '" << key.second
                              << "'; --emit mapping lists those of this model";
  return success();
}

static LogicalResult readSizes(const llvm::json::Object &entry, StringRef key, std::map<std::string, int64_t> &sizes,
                               function_ref<InFlightDiagnostic()> fails) {
  const llvm::json::Value *value = entry.get(key);
  if (!value)
    return success();
  const llvm::json::Object *object = value->getAsObject();
  if (!object)
    return fails() << "'" << key << "' is no object; sizes by name";
  for (auto &[name, size] : *object) {
    auto number = size.getAsInteger();
    if (!number || *number <= 0 || *number > (int64_t(1) << 40))
      return fails() << "'" << key << "." << StringRef(name) << "' is no size; integers above zero";
    sizes[StringRef(name).str()] = *number;
  }
  return success();
}

static LogicalResult readEntry(const llvm::json::Object &entry, Mapping &mapping,
                               function_ref<InFlightDiagnostic()> fails) {
  for (auto &[name, value] : entry)
    if (!llvm::is_contained({"kernel", "group", "location", "tile", "grid", "order", "depth", "place"},
                            StringRef(name)))
      return fails() << "unknown key '" << StringRef(name)
                     << "'; kernel, group, location, tile, grid, order, depth, place";
  if (failed(readSizes(entry, "tile", mapping.tile, fails)) || failed(readSizes(entry, "grid", mapping.grid, fails)) ||
      failed(readSizes(entry, "depth", mapping.depth, fails)))
    return failure();
  if (const llvm::json::Value *value = entry.get("order")) {
    const llvm::json::Array *order = value->getAsArray();
    for (size_t i = 0; order && i < order->size(); ++i)
      if (auto name = (*order)[i].getAsString())
        mapping.order.push_back(name->str());
    if (!order || mapping.order.size() != order->size())
      return fails() << "'order' is no list of dimensions; for a matmul m, n, k";
  }
  if (const llvm::json::Value *value = entry.get("place")) {
    const llvm::json::Object *places = value->getAsObject();
    if (!places)
      return fails() << "'place' is no object; memories by result";
    for (auto &[name, memory] : *places) {
      auto text = memory.getAsString();
      if (!text || !llvm::is_contained({"hbm", "shared"}, *text))
        return fails() << "'place." << StringRef(name) << "' is no memory; hbm or shared";
      mapping.place[StringRef(name).str()] = text->str();
    }
  }
  return success();
}

FailureOr<MappingFile> readMappings(StringRef path, MLIRContext &context) {
  Location loc = NameLoc::get(StringAttr::get(&context, path));
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!buffer)
    return emitError(loc) << buffer.getError().message() << "; a file that --emit mapping wrote";
  auto json = llvm::json::parse((*buffer)->getBuffer());
  if (!json)
    return emitError(loc) << llvm::toString(json.takeError()) << "; JSON as --emit mapping writes it";
  const llvm::json::Object *root = json->getAsObject();
  const llvm::json::Array *groups = root ? root->getArray("groups") : nullptr;
  if (!groups)
    return emitError(loc) << "has no list 'groups'; JSON as --emit mapping writes it";
  MappingFile file(loc);
  for (auto &[name, value] : *root)
    if (name != "groups" && name != "parts")
      return emitError(loc) << "unknown key '" << StringRef(name) << "'; groups, parts";
  if (const llvm::json::Value *parts = root->get("parts")) {
    if (parts->getAsInteger().value_or(0) < 1)
      return emitError(loc) << "'parts' is no number of dies; an integer above zero";
    file.parts = *parts->getAsInteger();
  }
  for (auto [index, value] : llvm::enumerate(*groups)) {
    auto fails = [&, index = index] { return emitError(loc) << "groups[" << index << "]: "; };
    const llvm::json::Object *entry = value.getAsObject();
    auto kernel = entry ? entry->getString("kernel") : std::nullopt,
         group = entry ? entry->getString("group") : std::nullopt;
    if (!kernel || !group)
      return LogicalResult(fails() << "has no 'kernel' and 'group'; both are names");
    Mapping mapping;
    if (failed(readEntry(*entry, mapping, fails)))
      return failure();
    if (!file.entries.insert({{kernel->str(), group->str()}, mapping}).second)
      return LogicalResult(fails() << "names group '" << *group << "' of kernel '" << *kernel
                                   << "' again; one entry each");
  }
  return file;
}

/// The first file location inside, as people know it.
static std::string locationOf(Location loc) {
  std::string text;
  loc->walk([&](Location inner) {
    if (auto file = dyn_cast<FileLineColLoc>(inner)) {
      text = file.getFilename().str() + ":" + std::to_string(file.getLine());
      return WalkResult::interrupt();
    }
    return WalkResult::advance();
  });
  return text;
}

std::string writeMappings(ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  llvm::json::OStream json(stream, 2);
  auto sizes = [&](StringRef key, const std::map<std::string, int64_t> &entries) {
    json.attributeObject(key, [&] {
      for (auto &[name, size] : entries)
        json.attribute(name, size);
    });
  };
  json.object([&] {
    if (std::optional<int64_t> parts = partsOf(module))
      json.attribute("parts", *parts);
    json.attributeArray("groups", [&] {
      for (auto kernel : module.getOps<func::FuncOp>())
        for (auto group : kernel.getOps<graph::GroupOp>()) {
          if (!group.getMapping())
            continue;
          Mapping mapping = Mapping::from(*group.getMapping());
          json.object([&] {
            json.attribute("kernel", kernel.getName());
            json.attribute("group", group.getName());
            json.attribute("location", locationOf(group.getLoc()));
            sizes("tile", mapping.tile), sizes("grid", mapping.grid);
            if (!mapping.order.empty())
              json.attributeArray("order", [&] {
                for (const std::string &name : mapping.order)
                  json.value(name);
              });
            sizes("depth", mapping.depth);
            json.attributeObject("place", [&] {
              for (auto &[name, memory] : mapping.place)
                json.attribute(name, memory);
            });
          });
        }
    });
  });
  stream << "\n";
  return text;
}

} // namespace garam::lowering
