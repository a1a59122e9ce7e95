// Instructions that one core, or all, run through; being written.
#pragma once

#include "runtime/isa/Isa.h"
#include "tests/twin/programs/Plan.h"

#include <optional>
#include <random>

namespace garam::twin {

class Chunk {
public:
  Chunk(int core, std::mt19937_64 &random) : core(core), random(random) {}
  const int core; ///< Block::kAll: all
  std::vector<rt::Insn> insns;

  struct Slot {
    int64_t value;
    bool reg = false;
  };
  size_t add(rt::Opcode opcode, const std::vector<Slot> &slots = {}) {
    rt::Insn insn;
    insn.opcode = opcode;
    for (size_t i = 0; i < slots.size(); ++i) {
      insn.slots[i] = int32_t(slots[i].value);
      insn.regs = uint16_t(insn.regs | (slots[i].reg ? 1 << i : 0));
    }
    insns.push_back(insn);
    return insns.size() - 1;
  }
  static Slot reg(int number) { return {number, true}; }

  /// Registers: 0 core, 1 induction variable, 2 launch parameter, 3 and 4 guards, 8 to 47 fields, 48 to 55 what was
  /// loaded.
  static constexpr int kCore = 0, kTrip = 1, kOwn = 2, kGuard = 3, kScratch = 5;
  /// A register with base + perCore · core + perTrip · trip (+ launch parameter).
  int registerFor(const Field &field, int64_t step);
  /// Waits or signals of an instruction; false if both places are taken.
  static bool addToken(std::array<rt::Token, 2> &tokens, const rt::Token &token);

private:
  std::mt19937_64 &random;
  int nextRegister = 0;
};

} // namespace garam::twin
