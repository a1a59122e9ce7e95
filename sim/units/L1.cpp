// Rules A1 to A6: the banks of a core's L1. Engines announce runs; the L1 says when a run has made its last step, and
// how often its engine had to stand still.
//
// It acts on the falling edge, when every run that starts in a cycle is known.
#include "sim/kernel/L1Banks.h"
#include "sim/kernel/Multicast.h"
#include "sim/kernel/Registry.h"

#include <algorithm>
#include <limits>

namespace garam::sim {
namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::max() / 4;

class L1 : public Unit {
public:
  L1(sc_core::sc_module_name name, const UnitPlace &place)
      : Unit(name, place.kernel), machine(place.machine), banks(machine.chip.l1, machine.chip.matrix) {
    addInput("requestIn", kRequest);
    addInput("runIn", kRun, Edge::Falling);     // payload: L1Run, of machine.runs
    addInput("writeIn", kWrite, Edge::Falling); // payload: address and bytes of a burst whose head has come
    packetOut = addOutput("packetOut");
    for (const char *client : {"matrix", "vector", "dma_out"})
      doneOut.push_back(addOutput(fmt::format("{}DoneOut", client)));
  }

  void take(const Message &message) override {
    switch (message.port) {
    case kRequest:
      arrived = message.as<Packet>();
      return;
    case kRun:
      fresh.push_back(message.as<L1Run>());
      return;
    case kWrite: {
      L1Run *run = machine.runs.take();
      run->client = L1Client::Dma;
      beginLinear(int64_t(message.payload & 0xffffffff), int64_t(message.payload >> 32), machine.chip.noc.linkBytes,
                  true, *run);
      run->start = kernel.cycle() + 1;
      fresh.push_back(run);
      return;
    }
    }
  }

  void decide(int64_t cycle) override {
    if (!(kernel.now() & 1)) {
      if (arrived)
        serve(cycle);
      return;
    }
    for (L1Run *run : fresh)
      banks.add(run);
    fresh.clear();
    banks.play(cycle, ended);
    report(cycle);
    schedule();
  }

private:
  enum Port : uint16_t { kRequest, kRun, kWrite, kWake };

  /// Requests from other cores: one after the other, a flit a cycle; rule A6.
  void serve(int64_t cycle) {
    Packet *packet = arrived;
    arrived = nullptr;
    if (packet->write)
      return answer(machine, *packetOut, packet, cycle + 1);
    int64_t start = std::max(free, cycle);
    free = start + (packet->bytes + machine.chip.noc.linkBytes - 1) / machine.chip.noc.linkBytes;
    packet->mark(rt::Stall::OperandL1, start);
    packet->mark(kBusy, free);
    answer(machine, *packetOut, packet, free);
  }

  /// Says which runs have made their last step: those of engines end in this cycle, as the L1 wakes for them.
  void report(int64_t cycle) {
    for (const L1Ended &own : ended) {
      if (own.run->client != L1Client::Dma)
        doneOut[size_t(own.run->client) - 1]->send(
            cycle + 1, uint64_t(own.run->tag) | uint64_t(own.slips.operand) << 8 | uint64_t(own.slips.output) << 36);
      machine.runs.give(own.run);
    }
    ended.clear();
  }

  /// Wakes when the first run of an engine can have made its last step: it is looked at in that cycle, never after it.
  void schedule() {
    const int64_t wake = banks.soonestEnd();
    if (wake >= kNever || wake == woken)
      return;
    woken = wake;
    wakeAt(fallingTick(wake), kWake);
  }

  Machine &machine;
  L1Banks banks;
  Packet *arrived = nullptr; ///< one output of the mesh leads here: one packet a cycle at most
  int64_t free = 0;
  std::vector<L1Run *> fresh;
  std::vector<L1Ended> ended;
  int64_t woken = -1;
  OutPort *packetOut;
  std::vector<OutPort *> doneOut;
};

GARAM_UNIT(L1, "l1");

} // namespace
} // namespace garam::sim
