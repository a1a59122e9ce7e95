#include "sim/System.h"

#include <set>

namespace garam::sim {

static std::string coreUnit(std::string_view unit, int core) { return fmt::format("core{}_{}", core, unit); }
static std::string dieUnit(std::string_view unit, int die) { return fmt::format("die{}_{}", die, unit); }
static std::string dieUnit(std::string_view unit, int die, int index) {
  return fmt::format("die{}_{}{}", die, unit, index);
}

System::System(Machine &machine, const SystemOptions &options)
    : machine(machine), options(options), topology(machine.chip),
      kernel("kernel", Clock::ofMhz(machine.chip.clock.coreMhz)) {
  machine.channelBytes.assign(size_t(machine.chip.topology.dies * topology.channels()), {});
  listUnits();
  replaceUnits();
  for (size_t i = 0; i < specs.size(); ++i) {
    const Spec &spec = specs[options.reverseUnits ? specs.size() - 1 - i : i];
    units.push_back(makeUnit(spec.kind, spec.name, spec.place));
    byName[spec.name] = units.back().get();
  }
  for (int core = 0; core < machine.chip.cores(); ++core)
    connectCore(core);
  for (int die = 0; die < machine.chip.topology.dies; ++die)
    connectDie(die);
}

void System::listUnits() {
  auto add = [&](std::string_view kind, std::string name, int die, int core, int index) {
    specs.push_back({std::string(kind), std::move(name), UnitPlace{kernel, machine, die, core, index}});
  };
  const int coresPerDie = int(machine.chip.topology.coresPerDie), dies = int(machine.chip.topology.dies);
  add("command_processor", "command_processor", 0, 0, 0);
  add("barrier", "barrier", 0, 0, 0);
  if (dies > 1 && machine.chip.dieToDie.switched())
    add("die_switch", "die_switch", 0, 0, 0);
  for (int die = 0; die < dies; ++die) {
    for (int i = 0; i < coresPerDie; ++i)
      for (std::string_view kind : {"sequencer", "dma_in", "dma_out", "matrix", "vector", "semaphores", "l1"})
        add(kind, coreUnit(kind, die * coresPerDie + i), die, die * coresPerDie + i, i);
    add("mesh", dieUnit("mesh", die), die, 0, 0);
    for (int i = 0; i < topology.channels(); ++i) {
      add("memory_port", dieUnit("memory_port", die, i), die, 0, i);
      add("memory", dieUnit("memory", die, i), die, 0, i);
    }
    for (int i = 0; i < topology.banks(); ++i)
      add("shared_bank", dieUnit("shared", die, i), die, 0, i);
    for (int i = 0; !machine.chip.dieToDie.switched() && i < int(topology.lanes(die).size()); ++i)
      add("die_to_die", dieUnit("lane", die, i), die, 0, i);
  }
}

void System::replaceUnits() {
  for (const auto &[kind, foreign] : machine.chip.replace) {
    std::set<std::string> netlist, registered;
    for (const Spec &spec : specs)
      netlist.insert(spec.kind);
    for (const std::string &known : unitKinds())
      registered.insert(known);
    auto fail = [&](std::string_view name, const std::set<std::string> &allowed) {
      throw rt::inputError(fmt::format("{}: replace.{}", machine.chip.path, kind), fmt::format("no unit `{}`", name),
                           fmt::format("allowed: {}", fmt::join(allowed, ", ")));
    };
    if (!netlist.count(kind))
      fail(kind, netlist);
    if (!registered.count(foreign))
      fail(foreign, registered);
  }
  // A replacement is not replaced again: [replace] may exchange two kinds.
  for (Spec &spec : specs)
    if (auto found = machine.chip.replace.find(spec.kind); found != machine.chip.replace.end())
      spec.kind = found->second;
}

void System::connectCore(int core) {
  const int coresPerDie = int(machine.chip.topology.coresPerDie), local = core % coresPerDie;
  Unit &mesh = unit(dieUnit("mesh", core / coresPerDie)), &semaphores = unit(coreUnit("semaphores", core));
  Unit &l1 = unit(coreUnit("l1", core)), &sequencer = unit(coreUnit("sequencer", core)),
       &processor = unit("command_processor");
  connect(processor, fmt::format("seq{}Out", core), sequencer, "startIn");
  connect(semaphores, "seqOut", sequencer, "tokenIn");
  connect(sequencer, "doneOut", processor, "doneIn");
  for (rt::Engine engine : {rt::Engine::DmaIn, rt::Engine::DmaOut, rt::Engine::Matrix, rt::Engine::Vector}) {
    Unit &own = unit(coreUnit(rt::name(engine), core));
    std::string out = fmt::format("{}Out", rt::name(engine));
    connect(sequencer, out, own, "commandIn");
    connect(semaphores, out, own, "tokenIn");
    connect(processor, fmt::format("{}{}Out", rt::name(engine), core), own, "startIn");
    connect(own, "takenOut", sequencer, "takenIn", int(engine));
    connect(own, "drainedOut", sequencer, "drainedIn", int(engine));
    connect(own, "signalOut", semaphores, "signalIn", int(engine));
    connect(own, "runOut", l1, "runIn");
    if (engine != rt::Engine::DmaIn)
      connect(l1, fmt::format("{}DoneOut", rt::name(engine)), own, "runDoneIn");
  }
  Unit &dmaIn = unit(coreUnit("dma_in", core)), &dmaOut = unit(coreUnit("dma_out", core));
  connect(dmaOut, "barrierOut", unit("barrier"), "arriveIn", core);
  connect(unit("barrier"), fmt::format("done{}Out", core), dmaOut, "barrierIn");
  connect(dmaIn, "packetOut", mesh, "packetIn", topology.coreInput(local, CoreInput::DmaIn));
  connect(dmaOut, "packetOut", mesh, "packetIn", topology.coreInput(local, CoreInput::DmaOut));
  connect(semaphores, "packetOut", mesh, "packetIn", topology.coreInput(local, CoreInput::Signal));
  connect(l1, "packetOut", mesh, "packetIn", topology.coreInput(local, CoreInput::L1));
  connect(mesh, fmt::format("core{}.readOut", local), dmaIn, "packetIn");
  connect(mesh, fmt::format("core{}.ackOut", local), dmaOut, "packetIn");
  connect(mesh, fmt::format("core{}.signalOut", local), semaphores, "packetIn");
  connect(mesh, fmt::format("core{}.requestOut", local), l1, "requestIn");
  connect(mesh, fmt::format("core{}.writeOut", local), l1, "writeIn");
}

void System::connectDie(int die) {
  Unit &mesh = unit(dieUnit("mesh", die));
  auto attach = [&](Unit &own, EndpointKind kind, int index, std::string_view meshOut) {
    connect(mesh, meshOut, own, "packetIn");
    connect(own, "packetOut", mesh, "packetIn", topology.otherInput(topology.endpoint(kind, index)));
  };
  for (int i = 0; i < topology.channels(); ++i) {
    Unit &port = unit(dieUnit("memory_port", die, i));
    attach(port, EndpointKind::Memory, i, fmt::format("memory{}.packetOut", i));
    connect(port, "creditOut", mesh, "creditIn", topology.endpoint(EndpointKind::Memory, i));
    auto *initiator = dynamic_cast<MemoryInitiator *>(&port);
    auto *target = dynamic_cast<MemoryTarget *>(&unit(dieUnit("memory", die, i)));
    if (!initiator || !target)
      throw rt::inputError(fmt::format("die {}, channel {}", die, i),
                           "port and memory are not joined by TLM-2.0 sockets",
                           "needed: units with a MemoryInitiator and a MemoryTarget");
    initiator->memorySocket().bind(target->memorySocket());
  }
  for (int i = 0; i < topology.banks(); ++i)
    attach(unit(dieUnit("shared", die, i)), EndpointKind::Shared, i, fmt::format("shared{}.packetOut", i));
  // A lane takes packets from this die's mesh to the one of its neighbour, where the lane that leads back ends.
  std::vector<rt::Exit> lanes = topology.lanes(die);
  for (int i = 0; i < int(lanes.size()); ++i) {
    const int other = int(lanes[size_t(i)].neighbour), back = topology.laneNumber(other, {die, lanes[size_t(i)].lane});
    const bool switched = machine.chip.dieToDie.switched();
    Unit &own = unit(switched ? "die_switch" : dieUnit("lane", die, i));
    connect(mesh, fmt::format("die{}.packetOut", i), own, "packetIn", switched ? die : 0);
    connect(own, switched ? fmt::format("die{}.from{}Out", other, die) : "packetOut", unit(dieUnit("mesh", other)),
            "packetIn", topology.otherInput(topology.endpoint(EndpointKind::DieToDie, back)));
  }
}

void System::run() {
  if (machine.image.launches.empty())
    return;
  if (machine.mostCycles)
    kernel.limit(machine.mostCycles);
  // Units of this project have no processes of their own.
  if (machine.chip.replace.empty())
    kernel.runAlone();
  sc_core::sc_start();
  if (kernel.failure())
    std::rethrow_exception(kernel.failure());
  if (!kernel.isStopped())
    reportDeadlock();
  for (const auto &own : units)
    own->finish(machine.cycles);
}

void System::reportDeadlock() const {
  constexpr size_t kMost = 24;
  std::vector<std::string> lines;
  for (const auto &[name, own] : byName)
    if (std::string text = own->waitingFor(); !text.empty())
      lines.push_back(fmt::format("{}: {}", name, text));
  size_t all = lines.size();
  if (all > kMost)
    lines.resize(kMost);
  throw rt::Error(rt::ErrorKind::Undefined, fmt::format("cycle {}", kernel.cycle()),
                  fmt::format("the machine cannot go on: {}{}", fmt::join(lines, " | "),
                              all > kMost ? fmt::format(" | and {} more", all - kMost) : ""));
}

rt::RunResult System::result() const {
  rt::RunResult result;
  result.cycles = machine.cycles;
  for (int core = 0; core < machine.chip.cores(); ++core)
    for (rt::Engine engine : {rt::Engine::DmaIn, rt::Engine::DmaOut, rt::Engine::Matrix, rt::Engine::Vector})
      result.engines.push_back(dynamic_cast<const EngineUnit &>(unit(coreUnit(rt::name(engine), core))).counters());
  for (const auto &own : units)
    if (auto *target = dynamic_cast<const MemoryTarget *>(own.get()))
      target->addCounters(result.hbm);
  result.gatherIndices = machine.gatherIndices;
  result.bucketCycles = machine.energy.curve.width();
  for (const Curve<int64_t> &channel : machine.channelBytes)
    result.bucketCycles = std::max(result.bucketCycles, channel.width());
  for (const Curve<int64_t> &channel : machine.channelBytes)
    result.channelBytes.push_back(channel.inWidth(result.bucketCycles));
  result.records = machine.records;
  for (size_t launch = 0; launch < machine.energy.byLaunch.size(); ++launch)
    for (size_t index = 0; index < machine.energy.byLaunch[launch].size(); ++index)
      if (const rt::ActionCounts &actions = machine.energy.byLaunch[launch][index]; actions != rt::ActionCounts{})
        result.actions.push_back({uint32_t(launch), machine.image.launches[launch].kernel, uint32_t(index), actions});
  result.otherActions = machine.energy.rest;
  result.actionsOverTime = machine.energy.curve.inWidth(result.bucketCycles);
  return result;
}

} // namespace garam::sim
