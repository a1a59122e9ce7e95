#include "sim/kernel/Registry.h"

#include <map>

namespace garam::sim {

static std::map<std::string, UnitFactory, std::less<>> &factories() {
  static std::map<std::string, UnitFactory, std::less<>> map;
  return map;
}

bool registerUnit(std::string_view kind, UnitFactory factory) {
  if (!factories().emplace(kind, factory).second)
    throw rt::Error(rt::ErrorKind::Internal, "unit", fmt::format("`{}` is registered twice", kind));
  return true;
}

std::vector<std::string> unitKinds() {
  std::vector<std::string> kinds;
  for (const auto &[kind, factory] : factories())
    kinds.push_back(kind);
  return kinds;
}

std::unique_ptr<Unit> makeUnit(std::string_view kind, const std::string &name, const UnitPlace &place) {
  auto found = factories().find(kind);
  if (found == factories().end())
    throw rt::inputError("unit", fmt::format("no kind `{}`", kind),
                         fmt::format("allowed: {}", fmt::join(unitKinds(), ", ")));
  return found->second(name.c_str(), place);
}

} // namespace garam::sim
