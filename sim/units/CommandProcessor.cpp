// Rules L1 to L4, T3: runs the launches of the program one after the other.
#include "sim/kernel/Registry.h"

#include <algorithm>

namespace garam::sim {
namespace {

class CommandProcessor : public Unit {
public:
  CommandProcessor(sc_core::sc_module_name name, const UnitPlace &place)
      : Unit(name, place.kernel), machine(place.machine) {
    addInput("doneIn", kDone); // payload: the cycle in which the core's seq.end completed
    for (int core = 0; core < machine.chip.cores(); ++core)
      for (int e = 0; e < rt::kEngines; ++e)
        startOut.push_back(addOutput(fmt::format("{}{}Out", rt::name(rt::Engine(e)), core)));
    starts.reserve(machine.image.launches.size());
    wakeAt(risingTick(0), kWake);
  }

  void take(const Message &message) override {
    if (message.port == kDone) {
      ++done;
      last = std::max(last, int64_t(message.payload));
    }
  }

  void decide(int64_t cycle) override {
    if (!starts.empty() && done < machine.chip.cores())
      return;
    if (!starts.empty() && machine.shadow)
      machine.shadow->checkLaunch(uint32_t(next - 1));
    if (!starts.empty() && machine.afterLaunch)
      machine.afterLaunch(uint32_t(next - 1));
    if (next == machine.image.launches.size()) {
      machine.cycles = last;
      kernel.stop();
      return;
    }
    if (machine.progress)
      machine.progress(double(next) / double(machine.image.launches.size()));
    done = 0;
    const LaunchImage &launch = machine.image.launches[next++];
    const KernelImage &image = machine.image.kernels[launch.kernel];
    if (machine.shadow)
      machine.shadow->beginLaunch(launch.number);
    int64_t latency = machine.timed() ? std::max<int64_t>(1, machine.chip.cyclesOf(machine.chip.launch.latencyNs)) : 1;
    int64_t rate = machine.chip.sequencer.fetchBytesPerCycle;
    int64_t fetch = machine.timed() && int64_t(launch.kernel) != held ? (image.bytes + rate - 1) / rate : 0;
    held = launch.kernel;
    starts.push_back({&launch, &image, cycle, cycle + latency, cycle + latency + fetch});
    machine.launch = &starts.back();
    for (const OutPort *port : startOut)
      port->send(starts.back().start, payloadOf(&starts.back()));
  }

  std::string waitingFor() const override {
    return fmt::format("{} of {} cores have ended launch {}", done, machine.chip.cores(), next - 1);
  }

private:
  enum Port : uint16_t { kDone, kWake };
  Machine &machine;
  std::vector<OutPort *> startOut; ///< core × engine
  std::vector<LaunchStart> starts;
  size_t next = 0;
  int64_t done = 0, last = 0, held = -1;
};

GARAM_UNIT(CommandProcessor, "command_processor");

} // namespace
} // namespace garam::sim
