// Rules S1 to S5: executes scalar instructions and issues the others into the queues of the engines.
//
// It runs ahead of time as far as nothing can interfere: an entry that is free stays free until the sequencer fills it,
// so an issue may be published with its later cycle. It stops where it depends on others: a full queue, a load, the
// end.
#include "sim/kernel/EngineUnit.h"

#include <algorithm>
#include <cstring>

namespace garam::sim {
namespace {

/// Instructions executed in one go; a longer stretch goes on at its own cycle.
constexpr int kBatch = 4096;

class Sequencer : public Unit {
public:
  Sequencer(sc_core::sc_module_name name, const UnitPlace &place)
      : Unit(name, place.kernel), machine(place.machine), core(place.core) {
    addInput("startIn", kStart);
    addInput("takenIn", kTaken);     // lane: engine
    addInput("drainedIn", kDrained); // lane: engine; payload: instructions completed in this launch
    addInput("tokenIn", kToken);
    for (int e = 1; e < rt::kEngines; ++e)
      commandOut[size_t(e)] = addOutput(fmt::format("{}Out", rt::name(rt::Engine(e))));
    doneOut = addOutput("doneOut");
  }

  void take(const Message &message) override {
    switch (message.port) {
    case kStart:
      starting = message.as<LaunchStart>();
      return;
    case kTaken:
      ++entries[message.lane];
      return;
    case kDrained:
      completed[message.lane] = int64_t(message.payload);
      return;
    case kToken: // there is a launch before there are signals
      return bank.add(machine, kernel.cycle(), name(), core, SignalWord::unpack(message.payload),
                      launch->launch->number);
    }
  }

  void decide(int64_t cycle) override {
    if (starting) {
      launch = starting;
      starting = nullptr;
      bank.reset(*launch->kernel, rt::Engine::Seq);
      entries.fill(machine.chip.sequencer.queueDepth);
      issued.fill(0);
      completed.fill(0);
      loops.clear();
      pc = 0;
      written = 0;
      local = cycle;
      blocked = Blocked::No;
    }
    if (!launch)
      return;
    run(cycle);
  }

  std::string waitingFor() const override {
    if (!launch)
      return {};
    std::string where = describe(machine, launch, pc, *launch->kernel->infos[pc]);
    switch (blocked) {
    case Blocked::Queue:
      return where + " waits for an entry in the engine's queue";
    case Blocked::Load:
      return where + " waits for " + bank.missing(launch->kernel->insns[pc].waits);
    case Blocked::End:
      return where + " waits for the engines";
    case Blocked::No:
      return {};
    }
    return {};
  }

private:
  enum Port : uint16_t { kStart, kTaken, kDrained, kToken, kWake };
  enum class Blocked : uint8_t { No, Queue, Load, End };
  struct Loop {
    int iv;
    int64_t value, upper, step;
    uint32_t first, end;
  };

  [[noreturn]] void fail(std::string_view what, std::string_view allowed = {}) const {
    throw rt::Error(
        rt::ErrorKind::Undefined,
        fmt::format("cycle {}, {}, {}", local, name(), describe(machine, launch, pc, *launch->kernel->infos[pc])), what,
        allowed);
  }

  int64_t value(const rt::Insn &insn, int slot) const {
    if (!insn.isReg(slot))
      return insn.slots[size_t(slot)];
    int reg = insn.slots[size_t(slot)] & (rt::kRegisters - 1);
    if (!(written >> reg & 1))
      fail(fmt::format("register r{} is read before it is written", reg));
    return regs[size_t(reg)];
  }

  void set(const rt::Insn &insn, int64_t result) {
    size_t reg = size_t(insn.slots[0] & (rt::kRegisters - 1));
    regs[reg] = result;
    written |= uint64_t(1) << reg;
  }

  void run(int64_t cycle) {
    local = std::max(local, cycle);
    for (int n = 0; n < kBatch; ++n) {
      leaveLoops();
      const rt::Insn &insn = launch->kernel->insns[pc];
      const rt::InsnInfo &info = *launch->kernel->infos[pc];
      if (info.engine != rt::Engine::Seq) {
        if (!issue(insn, info))
          return;
        ++pc;
        ++local;
        continue;
      }
      if (insn.opcode == rt::Opcode::SeqEnd)
        return end(cycle);
      if (insn.opcode == rt::Opcode::SeqLoad) {
        if (!load(insn, cycle))
          return;
        continue;
      }
      scalar(insn);
      ++local;
    }
    wakeAt(risingTick(local), kWake);
  }

  /// Where a body ends, the loop goes back (a cycle) or is left (no cycle).
  void leaveLoops() {
    while (!loops.empty() && pc == loops.back().end) {
      Loop &loop = loops.back();
      // A value beyond 64 bits is beyond any bound.
      if (!__builtin_add_overflow(loop.value, loop.step, &loop.value) && loop.value < loop.upper) {
        regs[size_t(loop.iv)] = loop.value;
        pc = loop.first;
        ++local;
      } else {
        loops.pop_back();
      }
    }
  }

  bool issue(const rt::Insn &insn, const rt::InsnInfo &info) {
    auto engine = size_t(info.engine);
    if (entries[engine] == 0) {
      blocked = Blocked::Queue;
      return false;
    }
    blocked = Blocked::No;
    --entries[engine];
    ++issued[engine];
    Issued *command = machine.issued.take();
    *command = {launch->kernel, &insn, &info, pc, local, {}};
    for (size_t slot = 0; slot < info.fields.size(); ++slot)
      command->values[slot] = value(insn, int(slot));
    commandOut[engine]->send(local + 1, payloadOf(command));
    return true;
  }

  bool load(const rt::Insn &insn, int64_t cycle) {
    blocked = Blocked::Load;
    if (local > cycle) {
      wakeAt(risingTick(local), kWake);
      return false;
    }
    if (!bank.holds(insn.waits))
      return false;
    bank.take(machine, cycle, core, insn.waits);
    if (!machine.functional())
      throw rt::Error(
          rt::ErrorKind::Unimplemented,
          fmt::format("cycle {}, {}, {}", cycle, name(), describe(machine, launch, pc, *launch->kernel->infos[pc])),
          "a load has no value where no tensor data is kept", "allowed: modes both and values");
    auto type = rt::DType(insn.slots[2]);
    int64_t address = value(insn, 1), bytes = rt::byteSize(type), size = machine.chip.l1.sizeBytes;
    if (address < 0 || address > size - bytes || address % bytes)
      fail(fmt::format("load of {} bytes at {:#x}", bytes, address), fmt::format("aligned, within {} bytes", size));
    try {
      if (machine.shadow)
        machine.shadow->checkLocal(core, address, bytes);
    } catch (const rt::Error &error) {
      fail(error.what());
    }
    const uint8_t *data = machine.storage.local(core).l1.data() + address;
    int64_t result = 0;
    if (type == rt::DType::I64) {
      std::memcpy(&result, data, 8);
    } else {
      int32_t narrow;
      std::memcpy(&narrow, data, 4);
      result = narrow;
    }
    set(insn, result);
    for (const rt::Token &token : insn.signals)
      if (token.valid)
        fail("a load cannot signal");
    local += machine.timed() ? machine.chip.sequencer.loadCycles : 1;
    ++pc;
    blocked = Blocked::No;
    return true;
  }

  void scalar(const rt::Insn &insn) {
    using rt::Opcode;
    auto a = [&] { return value(insn, 1); };
    auto b = [&] { return value(insn, 2); };
    auto wrap = [](uint64_t v) { return int64_t(v); };
    switch (insn.opcode) {
    case Opcode::SeqSet:
      set(insn, int64_t(uint64_t(uint32_t(insn.slots[1])) | uint64_t(uint32_t(insn.slots[2])) << 32));
      break;
    case Opcode::SeqAdd:
      set(insn, wrap(uint64_t(a()) + uint64_t(b())));
      break;
    case Opcode::SeqSub:
      set(insn, wrap(uint64_t(a()) - uint64_t(b())));
      break;
    case Opcode::SeqMul:
      set(insn, wrap(uint64_t(a()) * uint64_t(b())));
      break;
    case Opcode::SeqMin:
      set(insn, std::min(a(), b()));
      break;
    case Opcode::SeqMax:
      set(insn, std::max(a(), b()));
      break;
    case Opcode::SeqShl:
      set(insn, wrap(uint64_t(a()) << (b() & 63)));
      break;
    case Opcode::SeqShr:
      set(insn, a() >> (b() & 63));
      break;
    case Opcode::SeqAnd:
      set(insn, a() & b());
      break;
    case Opcode::SeqLt:
      set(insn, a() < b());
      break;
    case Opcode::SeqEq:
      set(insn, a() == b());
      break;
    case Opcode::SeqCore:
      set(insn, core);
      break;
    case Opcode::SeqParam:
      set(insn, launch->launch->parameters[size_t(insn.slots[1])]);
      break;
    case Opcode::SeqLoop:
      return enterLoop(insn);
    case Opcode::SeqSkip:
      pc += value(insn, 0) == 0 ? uint32_t(insn.slots[1]) : 0;
      break;
    default:
      fail("not a scalar instruction");
    }
    ++pc;
  }

  void enterLoop(const rt::Insn &insn) {
    Loop loop{insn.slots[0] & (rt::kRegisters - 1), value(insn, 1), value(insn, 2), value(insn, 3), pc + 1,
              pc + 1 + uint32_t(insn.slots[4])};
    if (loop.step <= 0)
      fail(fmt::format("step of {}", loop.step), "above zero");
    if (loop.value >= loop.upper) {
      pc = loop.end;
      return;
    }
    if (loops.size() == rt::kLoopDepth)
      fail("loops nest too deep", fmt::format("at most {}", rt::kLoopDepth));
    regs[size_t(loop.iv)] = loop.value;
    written |= uint64_t(1) << loop.iv;
    loops.push_back(loop);
    ++pc;
  }

  void end(int64_t cycle) {
    blocked = Blocked::End;
    if (issued != completed)
      return;
    if (local > cycle) {
      wakeAt(risingTick(local), kWake);
      return;
    }
    doneOut->send(cycle + 1, uint64_t(cycle));
    blocked = Blocked::No;
    launch = nullptr;
  }

  Machine &machine;
  const int core;
  const LaunchStart *launch = nullptr, *starting = nullptr;
  TokenBank bank;
  std::array<int64_t, rt::kEngines> entries{}, issued{}, completed{};
  std::array<int64_t, rt::kRegisters> regs{};
  uint64_t written = 0;
  std::vector<Loop> loops;
  uint32_t pc = 0;
  int64_t local = 0; ///< the cycle of the instruction at pc
  Blocked blocked = Blocked::No;
  std::array<OutPort *, rt::kEngines> commandOut{};
  OutPort *doneOut;
};

GARAM_UNIT(Sequencer, "sequencer");

} // namespace
} // namespace garam::sim
