// Units register under a kind; System builds them by it.
#pragma once

#include "sim/kernel/Machine.h"
#include "sim/kernel/Unit.h"

#include <memory>
#include <string_view>
#include <vector>

namespace garam::sim {

/// Where a unit stands. What does not apply is 0.
struct UnitPlace {
  Kernel &kernel;
  Machine &machine;
  int die = 0;
  int core = 0;  ///< of the machine
  int index = 0; ///< among its kind on the die
};

using UnitFactory = std::unique_ptr<Unit> (*)(const char *name, const UnitPlace &place);
bool registerUnit(std::string_view kind, UnitFactory factory);
/// Throws rt::Error (Input) naming the kinds there are.
std::unique_ptr<Unit> makeUnit(std::string_view kind, const std::string &name, const UnitPlace &place);
std::vector<std::string> unitKinds();

#define GARAM_UNIT(Class, kind)                                                                                        \
  [[maybe_unused]] static const bool registered##Class = ::garam::sim::registerUnit(                                   \
      kind, [](const char *name, const ::garam::sim::UnitPlace &place) -> std::unique_ptr<::garam::sim::Unit> {        \
        return std::make_unique<Class>(name, place);                                                                   \
      })

} // namespace garam::sim
