// What the four engines of a core share: an in-order queue, the counters of the semaphores they wait on, signals,
// records and the account of their cycles. Rules S3, Y1, Y3, Y4, E1, C1 of docs/hardware/machine.md.
#pragma once

#include "sim/kernel/Account.h"
#include "sim/kernel/Registry.h"

#include <array>
#include <vector>

namespace garam::sim {

/// Payload of a token on its way to the engine that waits on it, and of a signal on its way to the semaphores.
struct SignalWord {
  uint8_t semaphore, count;
  bool remote;
  uint16_t peer;   ///< core, if remote
  uint16_t launch; ///< low bits of its number: a token outlives no launch

  uint64_t pack() const {
    return uint64_t(semaphore) | uint64_t(count) << 8 | uint64_t(remote) << 16 | uint64_t(peer) << 24 |
           uint64_t(launch) << 40;
  }
  static SignalWord unpack(uint64_t word) {
    return {uint8_t(word), uint8_t(word >> 8), bool(word >> 16 & 1), uint16_t(word >> 24), uint16_t(word >> 40)};
  }
};

/// Tokens of the semaphores that one engine waits on.
class TokenBank {
public:
  void reset(const KernelImage &kernel, rt::Engine engine);
  /// Adds tokens that reach a unit of a core, whose launch has number `launch`; those of an earlier one are lost, from
  /// the cycle on in which the next starts (rule L3). Throws rt::Error (Undefined) above rt::kMaxTokens, naming the
  /// instructions that signal the semaphore.
  void add(const Machine &machine, int64_t cycle, std::string_view unit, int core, const SignalWord &word,
           uint32_t launch);
  bool holds(const std::array<rt::Token, 2> &waits) const;
  void take(const Machine &machine, int64_t cycle, int core, const std::array<rt::Token, 2> &waits);
  std::string missing(const std::array<rt::Token, 2> &waits) const;

private:
  std::array<uint8_t, rt::kSemaphores> tokens{};
};

class EngineUnit : public Unit {
public:
  EngineUnit(sc_core::sc_module_name name, const UnitPlace &place, rt::Engine engine);

  void take(const Message &message) final;
  void decide(int64_t cycle) final;
  void finish(int64_t cycle) override;
  std::string waitingFor() const override;

  const rt::EngineCounters &counters() const { return account.counters; }

protected:
  /// Ports of the engines; an engine's own ones start at kOwn.
  enum Port : uint16_t { kCommand, kToken, kStart, kWake, kRunDone, kOwn };

  virtual void takeOwn(const Message &message) {}
  /// Everything that happens at this cycle, after messages.
  virtual void work(int64_t cycle) = 0;
  /// Something was taken and is not complete.
  virtual bool active() const = 0;
  /// Hands out the cycles up to `cycle` during which the engine was active.
  virtual void accountActive(int64_t cycle);
  /// The L1 has made the last step of the run with this tag; the slips since the report before.
  virtual void runDone(int tag, int64_t operand, int64_t output);
  virtual std::string activity() const { return {}; }

  /// The head of the queue, if its waits hold; null otherwise.
  const Issued *ready() const {
    return !queue.empty() && bank.holds(queue.front()->insn->waits) ? queue.front() : nullptr;
  }
  /// Takes the head: tokens go, the sequencer sees the free entry a cycle later.
  Issued *takeHead(int64_t cycle);
  /// Completes an instruction: its signals fire, its record is kept, its actions are counted, its object returns to
  /// the pool.
  void complete(Issued *issued, int64_t start, int64_t cycle, rt::ActionCounts actions, int64_t peer = -1,
                uint64_t targets = 0);
  /// Announces a run to the L1; it starts at `run->start`, which is this cycle or a later one.
  void announce(L1Run *run, int64_t cycle) {
    runsOut += run->client != L1Client::Dma; // what is never held up needs no answer
    runOut->send(cycle, payloadOf(run));
  }
  void wake(int64_t cycle) { wakeAt(risingTick(cycle), kWake); }
  /// Error of the running instruction, with cycle, unit, index and where it comes from.
  [[noreturn]] void fail(const Issued &issued, const rt::Error &error) const;

  Machine &machine;
  const rt::Engine engine;
  const int die, core;
  Account account;
  uint32_t launchNumber = 0;
  int runsOut = 0; ///< runs that the L1 has not ended

private:
  enum class State : uint8_t { Empty, Waiting, Active };

  void accountTo(int64_t cycle);
  void fire(const rt::Token &token, int64_t cycle, int64_t peer, rt::ActionCounts &actions);

  TokenBank bank;
  std::deque<Issued *> queue;
  int arrived = 0; ///< instructions that came at this tick
  const LaunchStart *starting = nullptr;
  State state = State::Empty;
  int64_t completed = 0, reported = 0;
  int64_t operandSlips = 0, outputSlips = 0;
  bool reportedSlips = false;
  OutPort *takenOut, *drainedOut, *signalOut, *runOut;
};

/// `kernel/index mnemonic (op at source)` for messages.
std::string describe(const Machine &machine, const LaunchStart *launch, uint32_t index, const rt::InsnInfo &info);
/// The instructions of the running kernel that signal a semaphore of that number, for messages.
std::string signallers(const Machine &machine, int semaphore);

} // namespace garam::sim
