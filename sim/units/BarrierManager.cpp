// Rule B1: completes a barrier a fixed time after the last core of its scope has arrived.
#include "sim/kernel/Registry.h"

#include <algorithm>

namespace garam::sim {
namespace {

class BarrierManager : public Unit {
public:
  BarrierManager(sc_core::sc_module_name name, const UnitPlace &place)
      : Unit(name, place.kernel), machine(place.machine), arrived(size_t(machine.chip.topology.dies + 1)) {
    // The lane is the core, the payload the scope.
    addInput("arriveIn", kArrive, Edge::Falling);
    for (int core = 0; core < machine.chip.cores(); ++core)
      doneOut.push_back(addOutput(fmt::format("done{}Out", core)));
  }

  void take(const Message &message) override {
    size_t die = message.lane / size_t(machine.chip.topology.coresPerDie);
    arrived[message.payload ? arrived.size() - 1 : die].push_back(message.lane);
  }

  void decide(int64_t cycle) override {
    for (size_t group = 0; group < arrived.size(); ++group) {
      bool whole = group + 1 == arrived.size();
      int64_t members = whole ? machine.chip.cores() : machine.chip.topology.coresPerDie;
      if (int64_t(arrived[group].size()) < members)
        continue;
      double ns = whole ? machine.chip.sync.barrierChipNs : machine.chip.sync.barrierDieNs;
      int64_t cycles = machine.timed() ? std::max<int64_t>(1, machine.chip.cyclesOf(ns)) : 1;
      for (uint16_t core : arrived[group])
        doneOut[core]->send(cycle + cycles, 0);
      arrived[group].clear();
    }
  }

  std::string waitingFor() const override {
    std::string text;
    for (size_t group = 0; group < arrived.size(); ++group)
      if (!arrived[group].empty())
        text +=
            fmt::format("{}{} cores have arrived at the barrier of {}", text.empty() ? "" : "; ", arrived[group].size(),
                        group + 1 == arrived.size() ? "the program" : fmt::format("die {}", group));
    return text;
  }

private:
  enum Port : uint16_t { kArrive };
  Machine &machine;
  std::vector<std::vector<uint16_t>> arrived; ///< by die, then that of all
  std::vector<OutPort *> doneOut;
};

GARAM_UNIT(BarrierManager, "barrier");

} // namespace
} // namespace garam::sim
