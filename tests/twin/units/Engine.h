// What the four engines of a core share: queue, order, completion, and the account of their cycles. Rules E1 to E3, C1.
#pragma once

#include "runtime/device/Device.h"
#include "tests/twin/units/Banks.h"
#include "tests/twin/units/Packet.h"

#include <deque>
#include <memory>
#include <vector>

namespace garam::twin {

struct Core;
class Machine;

/// An engine instruction on its way, registers sampled (S3).
struct Op {
  const rt::Insn *insn;
  const rt::InsnInfo *info;
  uint32_t launch, kernel, index;
  rt::SlotValues values{};
  int64_t issue, start = -1, end = -1;
};
using OpPtr = std::shared_ptr<Op>;

class Engine {
public:
  Engine(Machine &machine, Core &core, rt::Engine kind) : machine(machine), core(core), kind(kind) {}
  virtual ~Engine() = default;

  /// The first half of cycle t: stages move, instructions complete and are taken.
  virtual void tick(int64_t t) = 0;
  /// What the engine does now, given that something is taken and incomplete (C2 to C4).
  virtual uint8_t causeNow(int64_t t) const = 0;

  bool hasRoom() const;
  bool quiet() const { return queue.empty() && incomplete.empty(); }
  void enqueue(OpPtr op) { queue.push_back(std::move(op)); }
  /// Classifies cycle t; called at its end.
  void account(int64_t t);
  /// What became of the cycles of the whole run.
  rt::EngineCounters counters(int64_t cycles) const;

  Machine &machine;
  Core &core;
  const rt::Engine kind;
  std::vector<uint8_t> causes; ///< by cycle
  bool seen = false;           ///< its first instruction is in its queue

protected:
  std::deque<OpPtr> queue, incomplete;

  /// Takes the head of the queue if it is there and has its tokens (Y3); null otherwise.
  OpPtr take(int64_t t);
  bool headIsBarrier(int64_t t) const;
  /// The oldest instruction completes: signals fire (Y1, Y2, Y4).
  void complete(int64_t t);
};

} // namespace garam::twin
