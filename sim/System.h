// A chip as units, bound by port name: what the chip file says, built for one run in a SystemC context of its own.
#pragma once

#include "sim/kernel/Context.h"
#include "sim/kernel/EngineUnit.h"
#include "sim/kernel/MemoryUnit.h"
#include "sim/kernel/Registry.h"
#include "sim/kernel/Topology.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace garam::sim {

struct SystemOptions {
  bool reverseUnits = false;
};

class System {
public:
  System(Machine &machine, const SystemOptions &options);

  /// Runs all launches. Throws rt::Error of a unit, or one that says who waits for what if nothing can go on.
  void run();
  rt::RunResult result() const;
  uint64_t messages() const { return kernel.messages(); }

private:
  struct Spec {
    std::string kind, name;
    UnitPlace place;
  };

  void listUnits();
  /// Units of the netlist become those that the chip file names in [replace].
  void replaceUnits();
  void connectCore(int core);
  void connectDie(int die);
  Unit &unit(const std::string &name) const { return *byName.at(name); }
  [[noreturn]] void reportDeadlock() const;

  Machine &machine;
  const SystemOptions options;
  const Topology topology;
  FreshContext context;
  Kernel kernel;
  std::vector<Spec> specs;
  std::map<std::string, Unit *> byName;
  std::vector<std::unique_ptr<Unit>> units;
};

} // namespace garam::sim
