// Linear scan. A register that is set before a loop and used in it lives to the loop's end; there are no other back
// edges.
#include "lowering/isa/Code.h"

#include "runtime/Error.h"

#include <numeric>
#include <set>

using namespace mlir;

namespace garam::lowering {

namespace {
struct Interval {
  int begin = -1, end = -1;
};

/// First and one past the last instruction of each loop's body, with the loop itself.
std::vector<std::pair<int, int>> loopsOf(const Code &code) {
  std::vector<std::pair<int, int>> loops;
  for (auto [at, insn] : llvm::enumerate(code.insns))
    if (insn.opcode == rt::Opcode::SeqLoop)
      loops.push_back({int(at), int(at + insn.slots[4].value)});
  return loops;
}

std::vector<Interval> intervalsOf(const Code &code) {
  std::vector<Interval> intervals(code.registers);
  for (auto [at, insn] : llvm::enumerate(code.insns))
    for (const Slot &slot : insn.slots)
      if (slot.reg) {
        Interval &interval = intervals[slot.value];
        if (interval.begin < 0)
          interval.begin = int(at);
        interval.end = int(at);
      }
  // Inner loops first: an end that one moves may fall into another that the register was set before.
  auto loops = loopsOf(code);
  for (auto [first, last] : llvm::reverse(loops))
    for (Interval &interval : intervals)
      if (interval.begin <= first && interval.end >= first && interval.end <= last)
        interval.end = last;
  return intervals;
}
} // namespace

std::optional<Location> assignRegisters(Code &code) {
  std::vector<Interval> intervals = intervalsOf(code);
  std::vector<int> order(code.registers), assigned(code.registers, 0);
  std::iota(order.begin(), order.end(), 0);
  llvm::stable_sort(order, [&](int a, int b) { return intervals[a].begin < intervals[b].begin; });
  std::set<int> free;
  for (int i = 0; i < rt::kRegisters; ++i)
    free.insert(i);
  std::set<std::pair<int, int>> active; // end, machine register
  for (int reg : order) {
    if (intervals[reg].begin < 0)
      continue;
    while (!active.empty() && active.begin()->first < intervals[reg].begin) {
      free.insert(active.begin()->second);
      active.erase(active.begin());
    }
    if (free.empty())
      return code.insns[intervals[reg].begin].loc;
    assigned[reg] = *free.begin();
    free.erase(free.begin());
    active.insert({intervals[reg].end, assigned[reg]});
  }
  for (VirtualInsn &insn : code.insns)
    for (Slot &slot : insn.slots)
      if (slot.reg)
        slot.value = assigned[slot.value];
  code.registers = rt::kRegisters;
  return std::nullopt;
}

rt::Insn encoded(const VirtualInsn &insn) {
  rt::Insn result;
  result.opcode = insn.opcode;
  const std::vector<rt::FieldInfo> &fields = rt::info(result).fields;
  for (auto [i, slot] : llvm::enumerate(insn.slots)) {
    if (!slot.reg && slot.value != int32_t(slot.value))
      throw rt::inputError(fmt::format("{} {}", rt::info(result).mnemonic, fields[i].name),
                           fmt::format("{} does not fit an immediate", slot.value), "32 bits, signed");
    result.slots[i] = int32_t(slot.value);
    if (slot.reg && fields[i].kind != rt::FieldKind::Dest)
      result.regs |= uint16_t(1u << i);
  }
  auto tokens = [](ArrayRef<task::Token> from, std::array<rt::Token, 2> &to) {
    for (auto [i, token] : llvm::enumerate(from))
      to[i] = {true, false, uint8_t(token.semaphore), uint8_t(token.count)};
  };
  tokens(insn.waits, result.waits);
  tokens(insn.signals, result.signals);
  rt::verify(result);
  return result;
}

} // namespace garam::lowering
