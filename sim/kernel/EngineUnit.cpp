#include "sim/kernel/EngineUnit.h"

#include "runtime/program/Program.h"

#include <algorithm>

namespace garam::sim {

std::string signallers(const Machine &machine, int semaphore) {
  constexpr size_t kMost = 4;
  std::vector<std::string> found;
  const KernelImage &kernel = *machine.launch->kernel;
  for (uint32_t i = 0; i < kernel.insns.size(); ++i)
    for (const rt::Token &signal : kernel.insns[i].signals)
      if (signal.valid && signal.semaphore == semaphore) {
        found.push_back(describe(machine, machine.launch, i, *kernel.infos[i]));
        break;
      }
  const size_t all = found.size();
  found.resize(std::min(all, kMost));
  return fmt::format("{}{}", fmt::join(found, " and "), all > kMost ? fmt::format(" and {} more", all - kMost) : "");
}

void TokenBank::reset(const KernelImage &kernel, rt::Engine engine) {
  for (size_t i = 0; i < tokens.size(); ++i)
    tokens[i] = kernel.waiters[i] == uint8_t(engine) ? kernel.initialTokens[i] : 0;
}

void TokenBank::add(const Machine &machine, int64_t cycle, std::string_view unit, int core, const SignalWord &word,
                    uint32_t launch) {
  // The unit may hear of the start in this cycle only after the tokens.
  if (machine.launch->start <= cycle)
    launch = machine.launch->launch->number;
  if (word.launch != uint16_t(launch))
    return;
  const int semaphore = word.semaphore, count = word.count, sum = tokens[size_t(semaphore)] + count;
  if (sum > rt::kMaxTokens)
    throw rt::Error(rt::ErrorKind::Undefined, fmt::format("cycle {}, {}", cycle, unit),
                    fmt::format("semaphore {} would hold {} tokens, signalled by {}", semaphore, sum,
                                signallers(machine, semaphore)),
                    fmt::format("at most {}", rt::kMaxTokens));
  tokens[size_t(semaphore)] = uint8_t(sum);
  if (machine.tokenSink)
    machine.tokenSink({cycle, core, uint8_t(semaphore), count, sum});
}

bool TokenBank::holds(const std::array<rt::Token, 2> &waits) const {
  return std::all_of(waits.begin(), waits.end(),
                     [&](const rt::Token &wait) { return !wait.valid || tokens[wait.semaphore] >= wait.count; });
}

void TokenBank::take(const Machine &machine, int64_t cycle, int core, const std::array<rt::Token, 2> &waits) {
  for (const rt::Token &wait : waits)
    if (wait.valid) {
      tokens[wait.semaphore] = uint8_t(tokens[wait.semaphore] - wait.count);
      if (machine.tokenSink)
        machine.tokenSink({cycle, core, wait.semaphore, -int(wait.count), tokens[wait.semaphore]});
    }
}

std::string TokenBank::missing(const std::array<rt::Token, 2> &waits) const {
  std::string text;
  for (const rt::Token &wait : waits)
    if (wait.valid && tokens[wait.semaphore] < wait.count)
      text += fmt::format("{}semaphore {} ({} of {} tokens)", text.empty() ? "" : " and ", wait.semaphore,
                          tokens[wait.semaphore], wait.count);
  return text;
}

std::string describe(const Machine &machine, const LaunchStart *launch, uint32_t index, const rt::InsnInfo &info) {
  std::string text = fmt::format("instruction {} `{}`", index, info.mnemonic);
  if (!launch)
    return text;
  text = fmt::format("launch {}, kernel `{}`, ", launch->launch->number, launch->kernel->name) + text;
  const rt::Program *program = machine.image.program.get();
  if (!program || launch->launch->kernel >= program->kernels.size())
    return text;
  for (const auto &entry : program->kernels[launch->launch->kernel]->debug)
    if (index >= entry->first && index < entry->first + entry->count && entry->location < program->locations.size()) {
      const auto &location = *program->locations[entry->location];
      text += fmt::format(", of {} {} {}", location.op, location.node, location.source);
    }
  return text;
}

EngineUnit::EngineUnit(sc_core::sc_module_name name, const UnitPlace &place, rt::Engine engine)
    : Unit(name, place.kernel), machine(place.machine), engine(engine), die(place.die), core(place.core) {
  account.counters.core = core;
  account.counters.engine = engine;
  addInput("commandIn", kCommand);
  addInput("tokenIn", kToken);
  addInput("startIn", kStart);
  addInput("runDoneIn", kRunDone);
  takenOut = addOutput("takenOut");
  drainedOut = addOutput("drainedOut");
  signalOut = addOutput("signalOut");
  runOut = addOutput("runOut");
}

void EngineUnit::take(const Message &message) {
  switch (message.port) {
  case kCommand:
    queue.push_back(message.as<Issued>());
    ++arrived;
    return;
  case kToken:
    return bank.add(machine, kernel.cycle(), name(), core, SignalWord::unpack(message.payload), launchNumber);
  case kStart:
    starting = message.as<LaunchStart>();
    return;
  case kWake:
    return;
  case kRunDone:
    --runsOut;
    runDone(int(message.payload & 0xff), int64_t(message.payload >> 8 & 0xfffffff), int64_t(message.payload >> 36));
    return;
  default:
    takeOwn(message);
  }
}

void EngineUnit::runDone(int, int64_t operand, int64_t output) {
  operandSlips += operand;
  outputSlips += output;
  reportedSlips = true;
}

void EngineUnit::accountActive(int64_t cycle) {
  // C2: while the L1 plays a run, only it knows which cycles slipped; it says so when a run ends.
  if (runsOut && !reportedSlips)
    return;
  account.stall(rt::Stall::OperandL1, account.accounted() + operandSlips);
  account.stall(rt::Stall::OutputL1, account.accounted() + outputSlips);
  account.busy(cycle);
  operandSlips = outputSlips = 0;
  reportedSlips = false;
}

void EngineUnit::accountTo(int64_t cycle) {
  switch (state) {
  case State::Empty:
    return account.empty(cycle);
  case State::Waiting:
    return account.stall(rt::Stall::WaitSemaphore, cycle);
  case State::Active:
    return accountActive(cycle);
  }
}

void EngineUnit::decide(int64_t cycle) {
  if (starting) {
    accountTo(starting->begin);
    account.stall(rt::Stall::Launch, starting->fetch);
    account.stall(rt::Stall::Fetch, starting->start);
    launchNumber = starting->launch->number;
    bank.reset(*starting->kernel, engine);
    completed = reported = 0;
    starting = nullptr;
  } else {
    accountTo(cycle);
  }
  for (; arrived; --arrived)
    account.instruction();
  work(cycle);
  state = active() ? State::Active : queue.empty() ? State::Empty : State::Waiting;
  if (state == State::Empty && completed != reported) {
    drainedOut->send(cycle + 1, uint64_t(completed));
    reported = completed;
  }
}

Issued *EngineUnit::takeHead(int64_t cycle) {
  Issued *issued = queue.front();
  queue.pop_front();
  bank.take(machine, cycle, core, issued->insn->waits);
  takenOut->send(cycle + 1, 0);
  return issued;
}

void EngineUnit::fire(const rt::Token &token, int64_t cycle, int64_t peer, rt::ActionCounts &actions) {
  if (token.remote)
    machine.ways.count(machine.ways.between(core, int(peer)).there, 1, actions);
  signalOut->send(
      cycle, SignalWord{token.semaphore, token.count, token.remote, uint16_t(peer), uint16_t(launchNumber)}.pack());
}

void EngineUnit::complete(Issued *issued, int64_t start, int64_t cycle, rt::ActionCounts actions, int64_t peer,
                          uint64_t targets) {
  const int64_t base = int64_t(die) * machine.chip.topology.coresPerDie;
  for (rt::Token token : issued->insn->signals) {
    if (!token.valid)
      continue;
    if (token.remote && (peer < 0 || peer >= machine.chip.cores()))
      fail(*issued, rt::Error(rt::ErrorKind::Undefined, "remote signal", fmt::format("no core {}", peer),
                              fmt::format("cores 0 to {}", machine.chip.cores() - 1)));
    if (!targets) {
      fire(token, cycle, peer, actions);
      continue;
    }
    for (int64_t i = 0; i < machine.chip.topology.coresPerDie; ++i)
      if (targets >> i & 1) {
        token.remote = base + i != core;
        fire(token, cycle, base + i, actions);
      }
  }
  if (machine.keepRecords)
    machine.records.push_back({machine.launch->launch->number, machine.launch->launch->kernel, uint16_t(core), engine,
                               issued->index, issued->issue, start, cycle});
  if (machine.timed())
    machine.energy.instruction(machine.launch->launch->number, issued->index, start, cycle, actions);
  ++completed;
  machine.issued.give(issued);
}

void EngineUnit::fail(const Issued &issued, const rt::Error &error) const {
  throw rt::Error(error.kind,
                  fmt::format("cycle {}, {}, {}", kernel.cycle(), name(),
                              describe(machine, machine.launch, issued.index, *issued.info)),
                  error.what());
}

void EngineUnit::finish(int64_t cycle) {
  accountTo(cycle);
  account.finish(cycle);
}

std::string EngineUnit::waitingFor() const {
  if (active())
    return activity();
  if (queue.empty())
    return {};
  const Issued &head = *queue.front();
  return fmt::format("{} waits for {}", describe(machine, machine.launch, head.index, *head.info),
                     bank.missing(head.insn->waits));
}

} // namespace garam::sim
