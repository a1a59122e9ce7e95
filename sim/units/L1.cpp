// Rules A1 to A6: the banks of a core's L1. Engines announce runs; the L1 says when a run has made its last step, and how
// often its engine had to stand still.
//
// It acts on the falling edge, when every run that starts in a cycle is known. A run alone is followed in one stride to its
// end or to the next arrival; where several run at once, their steps are played against each other from the arrival of a
// run to the end of one.
#include "sim/kernel/L1Run.h"
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
      : Unit(name, place.kernel), machine(place.machine), map(machine.chip.l1), words(map.words()) {
    addInput("requestIn", kRequest);
    addInput("runIn", kRun, Edge::Falling);      // payload: L1Run, of machine.runs
    addInput("writeIn", kWrite, Edge::Falling);  // payload: address and bytes of a burst whose head has come
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
      beginLinear(int64_t(message.payload & 0xffffffff), int64_t(message.payload >> 32), machine.chip.noc.linkBytes, true, *run);
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
      active[size_t(run->client)].push_back(run);
    fresh.clear();
    play(cycle);
    schedule(cycle);
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

  /// Steps of all runs in the cycles up to and including `last`.
  void play(int64_t last) {
    while (next <= last) {
      int clients = 0;
      L1Client only = L1Client::Dma;
      int64_t starts = kNever, ends = kNever;
      for (int c = 0; c < kL1Clients; ++c) {
        bool runs = false;
        for (const L1Run *run : active[size_t(c)]) {
          if (run->start > next) {
            starts = std::min(starts, run->start);
            continue;
          }
          runs = true;
          ends = std::min(ends, next + run->piece.steps - run->position);
        }
        if (runs) {
          ++clients;
          only = L1Client(c);
        }
      }
      if (clients == 0) {
        next = std::min(last + 1, starts);
        continue;
      }
      if (clients == 1) {
        // Alone: nothing holds it until something else starts.
        const int64_t until = std::min({last + 1, starts, ends});
        for (L1Run *run : active[size_t(only)])
          if (run->start <= next)
            run->position += until - next;
        next = until;
        finishRuns(only);
        continue;
      }
      step();
      ++next;
    }
  }

  /// One cycle in which several clients want the banks.
  void step() {
    BankMask taken;
    std::fill_n(taken.words.begin(), words, 0);
    for (int c = 0; c < kL1Clients; ++c) {
      BankMask reads, writes;
      std::fill_n(reads.words.begin(), words, 0);
      std::fill_n(writes.words.begin(), words, 0);
      bool any = false;
      for (const L1Run *run : active[size_t(c)])
        if (run->start <= next) {
          addBanks(map, *run, reads, writes);
          any = true;
        }
      if (!any)
        continue;
      if (c > 0 && meets(reads, taken)) {
        ++slips[size_t(c)].operand;
        continue;
      }
      if (c > 0 && meets(writes, taken)) {
        ++slips[size_t(c)].output;
        continue;
      }
      for (size_t w = 0; w < words; ++w)
        taken.words[w] |= reads.words[w] | writes.words[w];
      for (L1Run *run : active[size_t(c)])
        if (run->start <= next)
          ++run->position;
      finishRuns(L1Client(c));
    }
  }

  bool meets(const BankMask &a, const BankMask &b) const {
    for (size_t w = 0; w < words; ++w)
      if (a.words[w] & b.words[w])
        return true;
    return false;
  }

  /// Ends the runs of a client that have made their last step.
  void finishRuns(L1Client client) {
    std::vector<L1Run *> &runs = active[size_t(client)];
    for (size_t i = 0; i < runs.size();) {
      L1Run *run = runs[i];
      if (run->position < run->piece.steps || nextPass(machine.chip.matrix, *run)) {
        ++i;
        continue;
      }
      if (client != L1Client::Dma) {
        Slips &own = slips[size_t(client)];
        doneOut[size_t(client) - 1]->send(kernel.cycle() + 1, uint64_t(run->tag) | uint64_t(own.operand) << 8 | uint64_t(own.output) << 36);
        own = {};
      }
      machine.runs.give(run);
      runs.erase(runs.begin() + std::ptrdiff_t(i));
    }
  }

  /// Wakes when the first run of an engine can have made its last step: it is looked at in that cycle, never after it.
  void schedule(int64_t cycle) {
    int64_t wake = kNever;
    for (int c = 1; c < kL1Clients; ++c)
      for (const L1Run *run : active[size_t(c)])
        wake = std::min(wake, std::max(run->start, cycle + 1) + remaining(*run) - 1);
    if (wake == kNever || wake == woken)
      return;
    woken = wake;
    wakeAt(fallingTick(wake), kWake);
  }

  /// Steps to the end of the piece: a lower bound of the cycles to the end of the run.
  static int64_t remaining(const L1Run &run) { return run.piece.steps - run.position; }

  struct Slips {
    int64_t operand = 0, output = 0;
  };

  Machine &machine;
  const BankMap map;
  const size_t words;
  Packet *arrived = nullptr;  ///< one output of the mesh leads here: one packet a cycle at most
  int64_t free = 0;
  std::vector<L1Run *> fresh;
  std::array<std::vector<L1Run *>, kL1Clients> active;
  std::array<Slips, kL1Clients> slips{};
  int64_t next = 0;  ///< first cycle that has not been played
  int64_t woken = -1;
  OutPort *packetOut;
  std::vector<OutPort *> doneOut;
};

GARAM_UNIT(L1, "l1");

} // namespace
} // namespace garam::sim
