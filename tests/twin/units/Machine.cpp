#include "tests/twin/units/Machine.h"

#include "runtime/Error.h"
#include "runtime/chip/Placement.h"
#include "runtime/isa/Address.h"

namespace garam::twin {

Core::Core(Machine &machine, int id, int die, int index)
    : id(id), die(die), index(index), sequencer(machine, *this), dmaIn(machine, *this, rt::Engine::DmaIn),
      dmaOut(machine, *this, rt::Engine::DmaOut), matrix(machine, *this, rt::Engine::Matrix),
      vector(machine, *this, rt::Engine::Vector), l1(machine, *this) {}

Engine &Core::engine(rt::Engine kind) {
  switch (kind) {
  case rt::Engine::DmaIn:
    return dmaIn;
  case rt::Engine::DmaOut:
    return dmaOut;
  case rt::Engine::Matrix:
    return matrix;
  default:
    return vector;
  }
}

void Core::access(int64_t t) {
  cite(Rule::M2); // the falling edge: what engines began in this cycle takes its banks in it
  TakenBanks taken;
  l1.land(taken, t);
  dmaIn.access(taken, t);
  matrix.access(taken, t);
  vector.access(taken, t);
  dmaOut.access(taken, t);
}

Machine::Machine(const rt::Chip &whole, const rt::Program &program)
    : chip(whole.withDies(program.dies)), clock(Clock::ofMhz(chip.clock.coreMhz)), memory(chip), program(program) {
  loadKernels();
  if (chip.dieToDie.switched())
    between = std::make_unique<Switch>(*this);
  for (int die = 0; die < chip.topology.dies; ++die)
    meshes.push_back(std::make_unique<Mesh>(*this, die));
  for (int core = 0; core < chip.cores(); ++core)
    cores.push_back(std::make_unique<Core>(*this, core, int(core / chip.topology.coresPerDie),
                                           int(core % chip.topology.coresPerDie)));
  for (int die = 0; die < chip.topology.dies; ++die) {
    for (int i = 0; i < chip.dram.channels(); ++i)
      channels.push_back(std::make_unique<Channel>(*this, Endpoint{EndpointKind::Memory, die, i}));
    for (int i = 0; chip.shared.bytesPerDie > 0 && i < chip.shared.banks; ++i)
      banks[{EndpointKind::Shared, die, i}] =
          std::make_unique<SharedBank>(*this, Endpoint{EndpointKind::Shared, die, i});
    for (int64_t neighbour : chip.dieToDie.switched() ? std::vector<int64_t>() : rt::neighboursOf(chip, die))
      for (int lane = 0; lane < rt::lanesBetween(chip, die, neighbour); ++lane) {
        Endpoint here{EndpointKind::Lane, die, lane, int(neighbour)};
        lanes[here] = std::make_unique<Lane>(*this, here);
      }
  }
}

void Machine::loadKernels() {
  for (const auto &kernel : program.kernels) {
    KernelImage image{rt::decodeKernel(*kernel), {}, kernel->initial_tokens, 0};
    for (const auto &table : kernel->descriptors)
      image.descriptors.push_back(rt::fromTable(*table));
    image.bytes = 64 * int64_t(image.code.size()) + 128 * int64_t(image.descriptors.size()); // L2
    kernels.push_back(std::move(image));
  }
}

/// One cycle. The order inside it is that of docs/hardware: what is due, sequencers, arrivals, engines, then what acts
/// on the falling edge, then the routers' grants.
void Machine::cycle(int64_t t) {
  for (auto &channel : channels)
    channel->tick(t);
  for (auto &core : cores)
    core->semaphores.tick(t);
  for (auto &core : cores)
    core->sequencer.tick(t);
  deliver(t);
  for (auto &[place, bank] : banks)
    bank->tick(t);
  for (auto &[place, lane] : lanes)
    lane->tick(t);
  if (between)
    between->tick(t);
  for (auto &core : cores) { // Y2: signals of one cycle go in this order
    core->dmaIn.tick(t);
    core->dmaOut.tick(t);
    core->matrix.tick(t);
    core->vector.tick(t);
  }
  for (auto &core : cores)
    core->access(t);
  for (auto &mesh : meshes)
    mesh->tick(t);
}

void Machine::accountAll(uint8_t cause, int64_t count) {
  for (auto &core : cores)
    for (Engine *engine : {static_cast<Engine *>(&core->dmaIn), static_cast<Engine *>(&core->dmaOut),
                           static_cast<Engine *>(&core->matrix), static_cast<Engine *>(&core->vector)})
      engine->causes.insert(engine->causes.end(), size_t(count), cause);
}

void Machine::run(int64_t limit) {
  int64_t t = 0;
  for (launchIndex = 0; launchIndex < program.launches.size(); ++launchIndex) {
    const rt::fb::LaunchT &launch = *program.launches[launchIndex];
    kernelIndex = launch.kernel;
    const KernelImage &kernel = kernels[kernelIndex];
    // L1, L2: nothing of the launch happens, but what is on its way goes on.
    cite(Rule::M5), cite(Rule::L1);
    int64_t latency = std::max<int64_t>(1, chip.cyclesOf(chip.launch.latencyNs));
    int64_t fetch = held == launch.kernel
                        ? 0
                        : (kernel.bytes + chip.sequencer.fetchBytesPerCycle - 1) / chip.sequencer.fetchBytesPerCycle;
    held = launch.kernel;
    if (fetch)
      cite(Rule::L2);
    accountAll(uint8_t(rt::Stall::Launch), latency);
    accountAll(uint8_t(rt::Stall::Fetch), fetch);
    for (int64_t end = t + latency + fetch; t < end; ++t)
      cycle(t);
    parameters.clear();
    for (const auto &parameter : launch.parameters)
      parameters.push_back((parameter->segment >= 0 ? program.segments[size_t(parameter->segment)]->address : 0) +
                           parameter->offset);
    parameters.resize(rt::kLaunchParameters);
    for (auto &core : cores) {
      cite(Rule::L3);
      core->semaphores.reset(kernel.initialTokens, launchIndex);
      core->sequencer.launch(t);
    }
    launchSpans.push_back({t, t});
    auto done = [&] {
      return std::all_of(cores.begin(), cores.end(), [](const auto &core) { return core->sequencer.done(); });
    };
    while (!done()) {
      if (t > limit)
        throw rt::Error(rt::ErrorKind::Internal, "twin",
                        fmt::format("launch {} has not ended by cycle {}", launchIndex, t));
      cycle(t);
      for (auto &core : cores)
        for (rt::Engine kind : {rt::Engine::DmaIn, rt::Engine::DmaOut, rt::Engine::Matrix, rt::Engine::Vector})
          core->engine(kind).account(t);
      launchSpans.back().second = t++;
    }
  }
  cite(Rule::L4);
  cycles = t - 1; // L4: t is the cycle after the last seq.end
}

} // namespace garam::twin
