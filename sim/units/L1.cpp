// Rules A1 to A6: the banks of a core's L1. Engines announce runs; the L1 says when a run has made its last step, and
// how often its engine had to stand still.
//
// It acts on the falling edge, when every run that starts in a cycle is known. What arrives through the mesh comes
// ahead and is looked at only if an engine's run may meet it.
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
    addInput("requestIn", kRequest, Edge::Rising, Delivery::Ahead);
    addInput("runIn", kRun, Edge::Falling); // payload: L1Run, of machine.runs
    // Payload: address and bytes of a burst whose head comes.
    addInput("writeIn", kWrite, Edge::Falling, Delivery::Ahead);
    packetOut = addOutput("packetOut");
    for (const char *client : {"matrix", "vector", "dma_out"})
      doneOut.push_back(addOutput(fmt::format("{}DoneOut", client)));
  }

  void foresee(const Message &message, int64_t cycle) override {
    if (message.port == kRequest)
      return serve(message.as<Packet>(), cycle);
    forget(kernel.cycle());
    arrivals.push_back({cycle + 1, int64_t(message.payload & 0xffffffff), int64_t(message.payload >> 32)});
    // Nothing ends before it comes, but what is foreseen then.
    if (foreseen > cycle)
      wakeAt(fallingTick(cycle + 1), kWake);
  }

  void take(const Message &message) override {
    if (message.port == kRun)
      fresh.push_back(message.as<L1Run>());
  }

  void decide(int64_t cycle) override {
    const bool arrived = !arrivals.empty() && arrivals.front().start <= cycle;
    const bool news = arrived || !fresh.empty();
    if (foreseen != kNotForeseen) {
      if (!news && cycle < foreseen)
        return;
      if (news) {
        ended.clear();
        banks.takeBack();
      } else {
        banks.keep();
      }
      foreseen = kNotForeseen;
    }
    forget(cycle);
    for (L1Run *run : fresh)
      banks.add(run);
    fresh.clear();
    for (; !arrivals.empty() && banks.engines(); arrivals.pop_front())
      if (L1Run *run = runOf(arrivals.front()); !banks.add(run))
        machine.runs.give(run);
    banks.play(cycle, ended);
    const bool vain = ended.empty() && !news;
    report(cycle);
    // A run that was to end and did not may be held for long: it is worked out when it ends.
    if (vain && banks.engines())
      foreseen = banks.playAhead(ended);
    schedule();
  }

private:
  enum Port : uint16_t { kRequest, kRun, kWrite, kWake };

  /// A burst that the mesh brings, a flit a cycle: rule A5.
  struct Arrival {
    int64_t start, address, bytes;
  };
  int64_t flitsOf(int64_t bytes) const { return (bytes + machine.chip.noc.linkBytes - 1) / machine.chip.noc.linkBytes; }

  /// Without a run of an engine, bursts that are over by `cycle` have met nobody.
  void forget(int64_t cycle) {
    if (banks.engines())
      return;
    while (!arrivals.empty() && arrivals.front().start + flitsOf(arrivals.front().bytes) <= cycle)
      arrivals.pop_front();
  }

  L1Run *runOf(const Arrival &arrival) {
    L1Run *run = machine.runs.take();
    run->client = L1Client::Dma;
    beginLinear(arrival.address, arrival.bytes, machine.chip.noc.linkBytes, true, *run);
    run->start = arrival.start;
    return run;
  }

  /// Requests from other cores: one after the other, a flit a cycle; rule A6. One output of the mesh leads here, so
  /// they come in the order of their cycles.
  void serve(Packet *packet, int64_t cycle) {
    if (packet->write)
      return answer(machine, *packetOut, packet, cycle + 1);
    int64_t start = std::max(free, cycle);
    free = start + flitsOf(packet->bytes);
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
    const int64_t wake = foreseen != kNotForeseen ? foreseen : banks.soonestEnd();
    if (wake >= kNever || wake == woken)
      return;
    woken = wake;
    wakeAt(fallingTick(wake), kWake);
  }

  Machine &machine;
  L1Banks banks;
  int64_t free = 0;
  std::vector<L1Run *> fresh;
  std::deque<Arrival> arrivals; ///< of which the banks do not know
  std::vector<L1Ended> ended;
  int64_t woken = -1;
  static constexpr int64_t kNotForeseen = -1;
  int64_t foreseen = kNotForeseen; ///< `banks` have been played ahead to this cycle, in which a run of an engine ends
  OutPort *packetOut;
  std::vector<OutPort *> doneOut;
};

GARAM_UNIT(L1, "l1");

} // namespace
} // namespace garam::sim
