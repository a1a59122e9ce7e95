#include "tests/twin/programs/Assemble.h"

#include "runtime/Error.h"
#include "tests/twin/programs/Chunk.h"
#include "tests/twin/programs/Order.h"

#include <algorithm>
#include <numeric>
#include <set>

namespace garam::twin {
namespace {

using rt::Engine;
using rt::Opcode;

// Semaphores: from each engine to each of its core's, then those between cores, by the engine that waits, then two
// more.
constexpr int kCross = 20, kInitial = 62, kTrailing = 63;
constexpr int kMostSignals = 30; ///< of one core to another's semaphore in a launch: fewer than it can hold
int ownSemaphore(Engine from, Engine to) { return (int(from) - 1) * kStreams + int(to); }

Opcode syncOf(Engine engine) {
  switch (engine) {
  case Engine::DmaIn:
    return Opcode::DmaInSync;
  case Engine::DmaOut:
    return Opcode::DmaOutSync;
  case Engine::Matrix:
    return Opcode::MatrixSync;
  default:
    return Opcode::VectorSync;
  }
}
/// Its signals would fire on other cores too.
bool manyTargets(const rt::Insn &insn) { return insn.opcode == Opcode::DmaLoad && (insn.slots[8] || insn.isReg(8)); }

constexpr std::array<Engine, 4> kEngines{Engine::DmaIn, Engine::DmaOut, Engine::Matrix, Engine::Vector};

class Writer {
public:
  Writer(const rt::Chip &chip, const KernelPlan &plan, uint64_t seed, bool loads)
      : chip(chip), plan(plan), loads(loads), random(seed), order(chip.cores()) {}

  std::unique_ptr<rt::Kernel> write() {
    Chunk start(Block::kAll, random);
    start.add(Opcode::SeqCore, {{Chunk::kCore}});
    start.add(Opcode::SeqParam, {{Chunk::kOwn}, {0}});
    splice(start);
    if (plan.initialTokens)
      takeInitial();
    for (const Block &block : plan.blocks)
      writeBlock(block);
    dumpAcc();
    for (int i = 0; i < plan.trailing; ++i)
      trailingSignal();
    Chunk end(Block::kAll, random);
    end.add(Opcode::SeqEnd);
    splice(end);
    return finish();
  }

private:
  const rt::Chip &chip;
  const KernelPlan &plan;
  const bool loads;
  std::mt19937_64 random;
  Order order;
  std::vector<rt::Insn> code;
  std::vector<rt::Descriptor> descriptors;
  std::map<std::tuple<int, int, int, int>, int>
      crossSemaphores;                             ///< (waiting core, engine, signalling core, engine) → semaphore
  std::map<int, std::set<int>> usedCross;          ///< by core
  std::map<std::pair<int, int>, int> crossSignals; ///< by core and semaphore
  // Of the chunk at hand.
  std::map<Engine, size_t> lastOf;               ///< last instruction of an engine in it
  std::map<int, size_t> lastSignal;              ///< last instruction in it that signals a semaphore
  std::map<int, std::vector<rt::Token>> pending; ///< waits that the next instruction of an engine must bring

  int64_t pick(int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(random); }
  std::vector<int> coresOf(int core) const {
    if (core != Block::kAll)
      return {core};
    std::vector<int> all(size_t(chip.cores()));
    std::iota(all.begin(), all.end(), 0);
    return all;
  }

  std::unique_ptr<rt::Kernel> finish() {
    auto kernel = std::make_unique<rt::Kernel>();
    kernel->name = "k";
    kernel->initial_tokens.assign(rt::kSemaphores, 0);
    kernel->waiters.assign(rt::kSemaphores, 255);
    for (const rt::Insn &insn : code) {
      rt::verify(insn);
      rt::Word word = rt::encode(insn);
      kernel->code.insert(kernel->code.end(), word.begin(), word.end());
    }
    for (const rt::Descriptor &descriptor : descriptors)
      kernel->descriptors.push_back(std::make_unique<rt::fb::DescriptorT>(rt::toTable(descriptor)));
    for (int s = 0; s < kInitial; ++s)
      kernel->waiters[size_t(s)] = uint8_t(s % kStreams);
    kernel->waiters[kInitial] = kernel->waiters[kTrailing] = uint8_t(Engine::Matrix);
    kernel->initial_tokens[kInitial] = uint8_t(plan.initialTokens);
    return kernel;
  }

  /// Puts a chunk into the code, behind a guard if it is one core's.
  void splice(const Chunk &chunk) {
    if (chunk.core != Block::kAll && !chunk.insns.empty()) {
      Chunk guard(Block::kAll, random);
      guard.add(Opcode::SeqEq, {{Chunk::kGuard}, Chunk::reg(Chunk::kCore), {chunk.core}});
      guard.add(Opcode::SeqSkip, {Chunk::reg(Chunk::kGuard), {int64_t(chunk.insns.size())}});
      code.insert(code.end(), guard.insns.begin(), guard.insns.end());
    }
    code.insert(code.end(), chunk.insns.begin(), chunk.insns.end());
    lastOf.clear(), lastSignal.clear();
    if (std::any_of(pending.begin(), pending.end(), [](const auto &waits) { return !waits.second.empty(); }))
      throw rt::Error(rt::ErrorKind::Internal, "twin", "a wait was left over");
    pending.clear();
  }

  void note(const Chunk &chunk, Engine engine, const std::vector<Access> &accesses) {
    for (int core : coresOf(chunk.core))
      order.add({core, engine}, accesses);
  }

  /// An instruction without operands.
  size_t sync(Chunk &chunk, Engine engine) {
    if (engine == Engine::Seq) { // a load that only waits
      size_t at = chunk.add(Opcode::SeqLoad, {{56}, {0}, {int64_t(rt::DType::I32)}});
      return at;
    }
    size_t at = engine == Engine::DmaOut ? chunk.add(Opcode::DmaOutSync, {{0}}) : chunk.add(syncOf(engine));
    lastOf[engine] = at;
    note(chunk, engine, {});
    return at;
  }

  /// Waits that do not fit the next instruction of an engine go into instructions of their own before it.
  void settle(Chunk &chunk, Engine engine, size_t room) {
    std::vector<rt::Token> &waits = pending[int(engine)];
    while (waits.size() > room) {
      size_t at = sync(chunk, engine);
      while (!waits.empty() && Chunk::addToken(chunk.insns[at].waits, waits.back()))
        waits.pop_back();
    }
  }
  void settleAll(Chunk &chunk) {
    for (Engine engine : {Engine::Seq, Engine::DmaIn, Engine::DmaOut, Engine::Matrix, Engine::Vector})
      settle(chunk, engine, 0);
  }
  void attach(Chunk &chunk, Engine engine, size_t at) {
    for (const rt::Token &wait : pending[int(engine)])
      Chunk::addToken(chunk.insns[at].waits, wait);
    pending[int(engine)].clear();
  }

  /// Engine `to` waits for what engine `from` of the same core has been given.
  void orderEngines(Chunk &chunk, Engine from, Engine to) {
    int semaphore = ownSemaphore(from, to);
    const bool inParts = !pick(0, 7);
    rt::Token token{true, false, uint8_t(semaphore), uint8_t(inParts ? 1 : pick(1, 3))};
    size_t at;
    auto last = lastOf.find(from);
    bool fits = last != lastOf.end() && !manyTargets(chunk.insns[last->second]) &&
                !chunk.insns[last->second].signals[1].valid &&
                !lastSignal.count(semaphore * 100000 + int(last->second));
    at = fits && pick(0, 3) ? last->second : sync(chunk, from);
    lastSignal[semaphore * 100000 + int(at)] = at;
    if (!Chunk::addToken(chunk.insns[at].signals, token)) {
      at = sync(chunk, from);
      Chunk::addToken(chunk.insns[at].signals, token);
    }
    addWait(to, token);
    if (inParts) { // the rest of the tokens comes later
      token.count = uint8_t(pick(1, 2));
      Chunk::addToken(chunk.insns[sync(chunk, from)].signals, token);
      addWait(to, token);
    }
    for (int core : coresOf(chunk.core))
      order.learn({core, to}, {core, from});
  }

  void addWait(Engine engine, const rt::Token &token) {
    std::vector<rt::Token> &waits = pending[int(engine)];
    for (rt::Token &wait : waits)
      if (wait.semaphore == token.semaphore) {
        wait.count = uint8_t(wait.count + token.count);
        return;
      }
    waits.push_back({true, false, token.semaphore, token.count});
  }

  /// All engines of each core have completed everything before `hub` goes on, and then none starts before that.
  void gather(Chunk &chunk, Engine hub) {
    for (Engine engine : kEngines)
      if (engine != hub)
        orderEngines(chunk, engine, hub);
    settle(chunk, hub, 2);
  }
  void scatter(Chunk &chunk, Engine hub) {
    for (Engine engine : {Engine::Seq, Engine::DmaIn, Engine::DmaOut, Engine::Matrix, Engine::Vector}) {
      // A sequencer that reads no memory may run ahead.
      if (engine == hub || (engine == Engine::Seq && !loads))
        continue;
      size_t from = sync(chunk, hub);
      rt::Token token{true, false, uint8_t(ownSemaphore(hub, engine)), 1};
      Chunk::addToken(chunk.insns[from].signals, token);
      size_t to = sync(chunk, engine);
      Chunk::addToken(chunk.insns[to].waits, token);
    }
  }

  void chipBarrier() {
    Chunk chunk(Block::kAll, random);
    gather(chunk, Engine::DmaOut);
    size_t at = chunk.add(Opcode::SyncBarrier, {{1}});
    attach(chunk, Engine::DmaOut, at);
    lastOf[Engine::DmaOut] = at;
    scatter(chunk, Engine::DmaOut);
    splice(chunk);
    order.learnAll();
    // All tokens between cores were taken.
    crossSemaphores.clear(), usedCross.clear(), crossSignals.clear();
  }

  void fence(Chunk &chunk) {
    Engine hub = kEngines[size_t(pick(0, 3))];
    gather(chunk, hub);
    attach(chunk, hub, sync(chunk, hub));
    scatter(chunk, hub);
    for (int core : coresOf(chunk.core))
      for (Engine a : kEngines) {
        order.learn({core, Engine::Seq}, {core, a});
        for (Engine b : kEngines)
          if (a != hub || b != hub) // its own next instruction may start before its last one has completed
            order.learn({core, a}, {core, b});
      }
  }

  /// A semaphore of core `to` for signals of another core's engine; -1 if there is none left, or it would hold too
  /// much.
  int crossSemaphore(int to, Engine waiter, int from, Engine signaller) {
    auto [found, fresh] = crossSemaphores.try_emplace({to, int(waiter), from, int(signaller)}, -1);
    if (fresh)
      for (int s = kCross; s < kInitial && found->second < 0; ++s)
        if (s % kStreams == int(waiter) && usedCross[to].insert(s).second)
          found->second = s;
    if (found->second < 0 || crossSignals[{to, found->second}] >= kMostSignals)
      return -1;
    return found->second;
  }

  /// Another core tells this one that it has come so far. False if there is no way but a barrier.
  bool tell(const Stream &from, const Stream &to) {
    int semaphore = crossSemaphore(to.core, to.engine, from.core, Engine::DmaOut);
    if (semaphore < 0)
      return false;
    auto kept = std::move(pending);
    pending.clear();
    Chunk chunk(from.core, random);
    lastOf.clear();
    if (from.engine != Engine::DmaOut && from.engine != Engine::Seq)
      orderEngines(chunk, from.engine, Engine::DmaOut);
    settle(chunk, Engine::DmaOut, 2);
    size_t at = chunk.add(Opcode::DmaOutSync, {{to.core}});
    attach(chunk, Engine::DmaOut, at);
    note(chunk, Engine::DmaOut, {});
    rt::Token token{true, true, uint8_t(semaphore), uint8_t(pick(1, 2))};
    Chunk::addToken(chunk.insns[at].signals, token);
    crossSignals[{to.core, semaphore}] += token.count;
    splice(chunk);
    pending = std::move(kept);
    addWait(to.engine, token);
    order.learn(to, from);
    order.learn(to, {from.core, Engine::DmaOut});
    return true;
  }

  /// What tasks of a block need from other cores, before the block. False if only a barrier helps.
  bool orderCores(const Block &block) {
    auto allCores = coresOf(block.core);
    for (const Task &task : block.tasks)
      for (int core : allCores)
        for (const Stream &from : order.needs({core, rt::find(task.opcode)->engine}, task.accesses)) {
          if (from.core == core)
            continue;
          if (block.core != Block::kAll && tell(from, {core, rt::find(task.opcode)->engine}))
            continue;
          return false;
        }
    return true;
  }

  void writeTask(Chunk &chunk, const Block &block, const Task &task) {
    const rt::InsnInfo &info = *rt::find(task.opcode);
    for (int core : coresOf(chunk.core))
      for (const Stream &from : order.needs({core, info.engine}, task.accesses))
        orderEngines(chunk, from.engine, info.engine);
    // The same conflict on several cores was settled by the first.
    rt::Insn insn;
    insn.opcode = task.opcode;
    if (task.descriptor) {
      insn.slots[size_t(task.descriptorSlot)] = int32_t(descriptors.size());
      descriptors.push_back(*task.descriptor);
    }
    settle(chunk, info.engine, 2);
    for (const Field &field : task.fields) {
      bool mayReg = info.fields[size_t(field.slot)].reg;
      bool needs = field.perCore || field.perTrip || field.own || field.base != int32_t(field.base);
      if (needs || (field.reg && mayReg)) {
        insn.slots[size_t(field.slot)] = chunk.registerFor(field, block.step);
        insn.regs = uint16_t(insn.regs | 1 << field.slot);
      } else {
        insn.slots[size_t(field.slot)] = int32_t(field.base);
      }
    }
    chunk.insns.push_back(insn);
    size_t at = chunk.insns.size() - 1;
    attach(chunk, info.engine, at);
    if (info.engine != Engine::Seq)
      lastOf[info.engine] = at;
    note(chunk, info.engine, task.accesses);
  }

  /// A signal of a multicast, or of a store to its peer, and the waits for it on every target.
  void announce(Chunk &chunk, const Task &task, Engine waiter) {
    const bool remote = task.opcode == Opcode::DmaStore;
    for (int s = kCross; s < kInitial; ++s) {
      if (s % kStreams != int(waiter) ||
          std::any_of(task.targets.begin(), task.targets.end(), [&](int t) { return usedCross[t].count(s); }))
        continue;
      for (int target : task.targets)
        usedCross[target].insert(s);
      int count = int(pick(1, 3));
      Chunk::addToken(chunk.insns.back().signals, {true, remote, uint8_t(s), uint8_t(count)});
      announced.push_back({s, count, waiter, task.targets});
      return;
    }
  }
  struct Announced {
    int semaphore, count;
    Engine waiter;
    std::vector<int> targets;
  };
  std::vector<Announced> announced;

  void writeBlock(const Block &block) {
    if (block.kind == BlockKind::ChipBarrier)
      return chipBarrier();
    Chunk chunk(block.core, random);
    if (block.kind == BlockKind::DieBarrier) {
      if (block.die != Block::kAll) {
        // 1 on the cores of the die: below its end, less those below its begin.
        const int64_t begin = block.die * chip.topology.coresPerDie;
        chunk.add(Opcode::SeqLt, {{Chunk::kGuard}, Chunk::reg(Chunk::kCore), {begin + chip.topology.coresPerDie}});
        chunk.add(Opcode::SeqLt, {{Chunk::kGuard + 1}, Chunk::reg(Chunk::kCore), {begin}});
        chunk.add(Opcode::SeqSub, {{Chunk::kGuard}, Chunk::reg(Chunk::kGuard), Chunk::reg(Chunk::kGuard + 1)});
        chunk.add(Opcode::SeqSkip, {Chunk::reg(Chunk::kGuard), {1}});
      }
      chunk.add(Opcode::SyncBarrier, {{0}});
      for (int core : coresOf(Block::kAll))
        if (block.die == Block::kAll || core / chip.topology.coresPerDie == block.die)
          order.add({core, Engine::DmaOut}, {});
      return splice(chunk);
    }
    if (block.kind == BlockKind::Scalars) {
      scalars(chunk, block.seed);
      return splice(chunk);
    }
    if (!orderCores(block)) {
      Chunk waits(block.core, random); // for what was told already
      settleAll(waits);
      splice(waits);
      chipBarrier();
    }
    Order::Knowledge before = order.knowledge();
    // Waits for other cores are not repeated in each trip.
    if (block.loop)
      settleAll(chunk);
    size_t head = chunk.insns.size();
    lastOf.clear();
    if (block.loop)
      chunk.add(Opcode::SeqLoop, {{Chunk::kTrip}, {0}, {block.trips * block.step}, {block.step}, {0}});
    for (const Task &task : block.tasks) {
      writeTask(chunk, block, task);
      if (!block.loop)
        for (Engine waiter : task.waiters)
          announce(chunk, task, waiter);
    }
    if (block.loop && !block.rotating)
      fence(chunk);
    settleAll(chunk);
    if (block.loop)
      chunk.insns[head].slots[4] = int32_t(chunk.insns.size() - head - 1);
    if (block.loop && block.trips == 0)
      order.forgetTo(before);
    splice(chunk);
    for (const Announced &each : announced)
      for (int target : each.targets) {
        Chunk wait(target, random);
        size_t at = sync(wait, each.waiter);
        wait.insns[at].waits[0] = {true, false, uint8_t(each.semaphore), uint8_t(each.count)};
        splice(wait);
      }
    announced.clear();
  }

  /// S1: scalar instructions, skips that skip and that do not, loops without trips.
  void scalars(Chunk &chunk, uint64_t seed) {
    std::mt19937_64 own(seed);
    static const std::vector<Opcode> kAlu{Opcode::SeqAdd, Opcode::SeqSub, Opcode::SeqMul, Opcode::SeqMin,
                                          Opcode::SeqMax, Opcode::SeqShl, Opcode::SeqShr, Opcode::SeqAnd,
                                          Opcode::SeqLt,  Opcode::SeqEq};
    for (uint64_t i = own() % 10; i > 0; --i)
      chunk.add(kAlu[own() % kAlu.size()], {{57}, {int64_t(own() % 1000) - 500}, Chunk::reg(Chunk::kCore)});
    chunk.add(Opcode::SeqSkip, {{int64_t(own() % 2)}, {2}});
    chunk.add(Opcode::SeqLoop, {{58}, {0}, {int64_t(own() % 3)}, {1}, {1}});
    chunk.add(Opcode::SeqLoop, {{59}, {5}, {int64_t(own() % 12)}, {3}, {0}});
  }

  void takeInitial() {
    Chunk chunk(Block::kAll, random);
    for (int left = plan.initialTokens; left > 0;) {
      int count = int(pick(1, left));
      left -= count;
      size_t at = sync(chunk, Engine::Matrix);
      chunk.insns[at].waits[0] = {true, false, kInitial, uint8_t(count)};
    }
    splice(chunk);
  }

  /// acc has no global address: what is in it goes to memory at the end.
  void dumpAcc() {
    chipBarrier();
    Layout layout(chip);
    std::vector<Segment> segments = layout.segments(chip);
    Task task;
    task.opcode = Opcode::DmaStore;
    task.descriptor = rt::DmaShape{{layout.accBytes, 1, 1, 1, 1}, {1, 0, 0, 0, 0}, {1, 0, 0, 0, 0}};
    task.fields = {{1, rt::kAccBase}, {2, segments.back().address, layout.accBytes}};
    for (int slot = 3; slot < 9; ++slot)
      task.fields.push_back({slot, 0});
    Block block;
    block.tasks.push_back(task);
    writeBlock(block);
  }

  /// Still on its way when the launch ends, perhaps (L3).
  void trailingSignal() {
    Chunk chunk(Block::kAll, random);
    size_t at = chunk.add(Opcode::DmaOutSync, {{pick(0, chip.cores() - 1)}});
    chunk.insns[at].signals[0] = {true, bool(pick(0, 1)) && chip.cores() < 16, kTrailing, 1};
    note(chunk, Engine::DmaOut, {});
    splice(chunk);
  }
};

} // namespace

rt::Program assemble(const rt::Chip &chip, const Plan &plan) {
  rt::Program program;
  program.version = rt::kProgramVersion;
  program.chip = chip.name;
  program.dies = uint32_t(chip.topology.dies);
  program.model = fmt::format("random {}", plan.seed);
  for (const Segment &segment : plan.layout.segments(chip)) {
    auto entry = std::make_unique<rt::Segment>();
    entry->name = segment.name;
    entry->kind = rt::fb::SegmentKind::Workspace;
    entry->address = segment.address;
    entry->bytes = uint64_t(segment.bytes);
    if (segment.name == "tables")
      entry->data = tables::bytes(plan.seed);
    program.segments.push_back(std::move(entry));
  }
  for (size_t i = 0; i < plan.kernels.size(); ++i)
    program.kernels.push_back(Writer(chip, plan.kernels[i], plan.seed + i, plan.loads).write());
  for (const Plan::Launch &launch : plan.launches) {
    auto entry = std::make_unique<rt::fb::LaunchT>();
    entry->kernel = launch.kernel;
    auto parameter = std::make_unique<rt::fb::ParameterT>();
    parameter->segment = 2 + launch.own; // behind tables and data
    entry->parameters.push_back(std::move(parameter));
    program.launches.push_back(std::move(entry));
  }
  return program;
}

} // namespace garam::twin
