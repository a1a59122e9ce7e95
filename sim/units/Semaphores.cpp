// Rules Y1 and Y2: carries signals to the engine that waits on them, in this core or, as packets, in another one. The
// counters sit with the waiting engine, since there is one for each semaphore.
#include "sim/kernel/EngineUnit.h"

#include <algorithm>

namespace garam::sim {
namespace {

class Semaphores : public Unit {
public:
  Semaphores(sc_core::sc_module_name name, const UnitPlace &place)
      : Unit(name, place.kernel), machine(place.machine), die(place.die), core(place.core) {
    addInput("signalIn", kSignal, Edge::Falling);
    addInput("packetIn", kPacket, Edge::Falling);
    for (int e = 0; e < rt::kEngines; ++e)
      tokenOut[size_t(e)] = addOutput(fmt::format("{}Out", rt::name(rt::Engine(e))));
    packetOut = addOutput("packetOut");
  }

  void take(const Message &message) override {
    if (message.port == kSignal) {
      signals.push_back({message.lane, SignalWord::unpack(message.payload)});
      return;
    }
    Packet *packet = message.as<Packet>();
    forward({packet->semaphore, packet->count, false, 0, uint16_t(packet->owner)}, machine.chip.sync.remoteCycles);
    machine.packets.give(packet);
  }

  void decide(int64_t cycle) override {
    // Packets share an input of the router, so their order matters: that of the engines.
    std::stable_sort(signals.begin(), signals.end(), [](const auto &a, const auto &b) { return a.lane < b.lane; });
    for (const Signal &signal : signals) {
      if (!signal.word.remote) {
        forward(signal.word, machine.timed() ? machine.chip.sync.localCycles : 1);
        continue;
      }
      int coresPerDie = int(machine.chip.topology.coresPerDie);
      Packet *packet = machine.packets.take();
      packet->kind = PacketKind::Signal;
      packet->flits = 1;
      packet->from = {EndpointKind::Core, int16_t(die), int16_t(core % coresPerDie)};
      packet->to = {EndpointKind::Core, int16_t(signal.word.peer / coresPerDie),
                    int16_t(signal.word.peer % coresPerDie)};
      packet->semaphore = signal.word.semaphore;
      packet->count = signal.word.count;
      packet->owner = signal.word.launch;
      packet->issued = cycle;
      packet->stamps.clear();
      packetOut->send(cycle + 1, payloadOf(packet));
    }
    signals.clear();
    for (const Delayed &token : delayed)
      tokenOut[token.engine]->send(cycle + token.cycles, token.word.pack());
    delayed.clear();
  }

private:
  enum Port : uint16_t { kSignal, kPacket };
  struct Signal {
    uint16_t lane;
    SignalWord word;
  };
  struct Delayed {
    size_t engine;
    int64_t cycles;
    SignalWord word;
  };

  void forward(const SignalWord &word, int64_t cycles) {
    if (word.launch != uint16_t(machine.launch->launch->number))
      return;
    uint8_t waiter = machine.launch->kernel->waiters[word.semaphore];
    if (waiter >= rt::kEngines)
      throw rt::Error(rt::ErrorKind::Undefined, fmt::format("cycle {}, {}", kernel.cycle(), name()),
                      fmt::format("signal on semaphore {}, which no engine waits on, by {}", word.semaphore,
                                  signallers(machine, word.semaphore)));
    delayed.push_back({waiter, cycles, word});
  }

  Machine &machine;
  const int die, core;
  std::vector<Signal> signals;
  std::vector<Delayed> delayed;
  std::array<OutPort *, rt::kEngines> tokenOut;
  OutPort *packetOut;
};

GARAM_UNIT(Semaphores, "semaphores");

} // namespace
} // namespace garam::sim
