#include "tests/twin/units/Engine.h"

#include "tests/twin/units/Machine.h"

namespace garam::twin {

// S3: an entry is freed when the engine takes the instruction. The sequencer comes before the engines in a cycle, so it
// sees what was taken a cycle earlier.
bool Engine::hasRoom() const { return int64_t(queue.size()) < machine.chip.sequencer.queueDepth; }

OpPtr Engine::take(int64_t t) {
  // S3: issued in t, in the queue in t + 1.
  if (queue.empty() || queue.front()->issue >= t || !core.semaphores.take(queue.front()->insn->waits))
    return nullptr;
  if (queue.front()->insn->waits[0].valid)
    cite(Rule::Y3);
  if (!incomplete.empty())
    cite(Rule::E1);
  OpPtr op = queue.front();
  queue.pop_front();
  op->start = t;
  incomplete.push_back(op);
  return op;
}

bool Engine::headIsBarrier(int64_t t) const {
  return !queue.empty() && queue.front()->issue < t && queue.front()->insn->opcode == rt::Opcode::SyncBarrier;
}

void Engine::complete(int64_t t) {
  OpPtr op = incomplete.front();
  incomplete.pop_front();
  op->end = t;
  machine.completed.push_back(
      {op->launch, op->kernel, uint16_t(core.id), kind, op->index, op->issue, op->start, op->end});
  machine.fireSignals(core, *op, t);
}

// C1.
void Engine::account(int64_t t) {
  seen |= !queue.empty() && queue.front()->issue < t;
  seen |= !incomplete.empty();
  bool waiting = !queue.empty() && queue.front()->issue < t;
  cite(Rule::C1);
  if (!incomplete.empty())
    causes.push_back(causeNow(t));
  else if (waiting)
    causes.push_back(uint8_t(rt::Stall::WaitSemaphore));
  else
    causes.push_back(seen ? uint8_t(rt::Stall::QueueEmpty) : uint8_t(Cause::Idle));
}

rt::EngineCounters Engine::counters(int64_t cycles) const {
  std::vector<uint8_t> all(causes.begin(), causes.begin() + cycles);
  // C1: after the last completion nothing is waited for.
  for (size_t c = all.size(); c-- > 0;) {
    if (all[c] == uint8_t(rt::Stall::QueueEmpty))
      all[c] = uint8_t(Cause::Idle);
    else if (all[c] != uint8_t(rt::Stall::Launch) && all[c] != uint8_t(rt::Stall::Fetch) &&
             all[c] != uint8_t(Cause::Idle))
      break;
  }
  cite(Rule::C5);
  rt::EngineCounters out;
  out.core = core.id;
  out.engine = kind;
  for (uint8_t cause : all)
    ++(cause == kBusy ? out.busy : cause == uint8_t(Cause::Idle) ? out.idle : out.stalls[cause]);
  return out;
}

} // namespace garam::twin
