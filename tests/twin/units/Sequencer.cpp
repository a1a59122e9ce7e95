#include "tests/twin/units/Sequencer.h"

#include "runtime/Error.h"
#include "tests/twin/units/Machine.h"

#include <cstring>

namespace garam::twin {

void Sequencer::launch(int64_t firstCycle) {
  registers.fill(std::nullopt);
  loops.clear();
  pc = 0;
  freeAt = firstCycle;
  finished = false;
}

int64_t Sequencer::value(const rt::Insn &insn, int slot) const {
  if (!insn.isReg(slot))
    return insn.slots[size_t(slot)];
  const std::optional<int64_t> &reg = registers[size_t(insn.slots[size_t(slot)])];
  if (!reg) // S5
    throw rt::Error(rt::ErrorKind::Undefined, "twin", "a register is read that was not written");
  return *reg;
}

/// S1: true if this cycle goes into a way back; loops whose last trip is over are left in no time.
bool Sequencer::wayBack() {
  while (!loops.empty() && pc == loops.back().end) {
    cite(Rule::S1);
    Loop &loop = loops.back();
    int64_t next = *registers[size_t(loop.iv)] + loop.step;
    if (next < loop.upper) {
      registers[size_t(loop.iv)] = next;
      pc = loop.begin;
      return true;
    }
    loops.pop_back();
  }
  return false;
}

void Sequencer::scalar(const rt::Insn &insn) {
  using rt::Opcode;
  auto set = [&](int64_t to) { registers[size_t(insn.slots[0])] = to; };
  auto a = [&] { return value(insn, 1); };
  auto b = [&] { return value(insn, 2); };
  cite(Rule::S1);
  ++pc;
  switch (insn.opcode) {
  case Opcode::SeqSet:
    return set(int64_t(uint64_t(uint32_t(insn.slots[2])) << 32 | uint32_t(insn.slots[1])));
  case Opcode::SeqAdd:
    return set(int64_t(uint64_t(a()) + uint64_t(b())));
  case Opcode::SeqSub:
    return set(int64_t(uint64_t(a()) - uint64_t(b())));
  case Opcode::SeqMul:
    return set(int64_t(uint64_t(a()) * uint64_t(b())));
  case Opcode::SeqMin:
    return set(std::min(a(), b()));
  case Opcode::SeqMax:
    return set(std::max(a(), b()));
  case Opcode::SeqShl:
    return set(int64_t(uint64_t(a()) << (b() & 63)));
  case Opcode::SeqShr:
    return set(a() >> (b() & 63));
  case Opcode::SeqAnd:
    return set(a() & b());
  case Opcode::SeqLt:
    return set(a() < b());
  case Opcode::SeqEq:
    return set(a() == b());
  case Opcode::SeqCore:
    return set(core.id);
  case Opcode::SeqParam:
    return set(machine.parameters.at(size_t(insn.slots[1])));
  case Opcode::SeqSkip:
    if (value(insn, 0) == 0)
      pc += size_t(insn.slots[1]);
    return;
  case Opcode::SeqLoop: {
    int64_t lower = value(insn, 1), upper = value(insn, 2), step = value(insn, 3);
    size_t end = pc + size_t(insn.slots[4]);
    set(lower);
    if (lower < upper)
      loops.push_back({pc, end, insn.slots[0], upper, step});
    else
      pc = end;
    return;
  }
  default:
    throw rt::Error(rt::ErrorKind::Internal, "twin", "the sequencer does not know an instruction");
  }
}

bool Sequencer::issue(const rt::Insn &insn, int64_t t) {
  const rt::InsnInfo &info = rt::info(insn);
  Engine &engine = core.engine(info.engine);
  cite(Rule::S3);
  if (!engine.hasRoom())
    return false;
  auto op = std::make_shared<Op>();
  op->insn = &insn, op->info = &info;
  op->launch = machine.launchNumber(), op->kernel = machine.kernelNumber(), op->index = uint32_t(pc);
  for (int slot = 0; slot < int(info.fields.size()); ++slot)
    op->values[size_t(slot)] = value(insn, slot);
  op->issue = t;
  engine.enqueue(op);
  ++pc;
  return true;
}

void Sequencer::tick(int64_t t) {
  if (finished || t < freeAt || wayBack())
    return;
  const rt::Insn &insn = machine.code().at(pc);
  if (insn.opcode == rt::Opcode::SeqEnd) {
    // S4: it comes before the engines in a cycle, so it knows what they did a cycle earlier.
    cite(Rule::S4);
    finished = core.quiet();
  } else if (insn.opcode == rt::Opcode::SeqLoad) {
    if (!core.semaphores.take(insn.waits)) // S2
      return;
    cite(Rule::S2);
    uint8_t bytes[8] = {};
    bool wide = rt::DType(insn.slots[2]) == rt::DType::I64;
    machine.memory.readLocal(core.id, value(insn, 1), std::span(bytes, wide ? 8 : 4));
    int64_t loaded = 0;
    if (wide) {
      std::memcpy(&loaded, bytes, 8);
    } else {
      int32_t narrow;
      std::memcpy(&narrow, bytes, 4);
      loaded = narrow;
    }
    registers[size_t(insn.slots[0])] = loaded;
    ++pc;
    freeAt = t + machine.chip.sequencer.loadCycles;
  } else if (rt::info(insn).engine == rt::Engine::Seq) {
    scalar(insn);
  } else {
    issue(insn, t);
  }
}

} // namespace garam::twin
