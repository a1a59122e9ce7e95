// The sequencer of a core: rules S1 to S5.
#pragma once

#include "runtime/isa/Isa.h"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace garam::twin {

struct Core;
class Machine;

class Sequencer {
public:
  Sequencer(Machine &machine, Core &core) : machine(machine), core(core) {}
  void launch(int64_t firstCycle);
  void tick(int64_t t);
  bool done() const { return finished; }

private:
  struct Loop {
    size_t begin, end;
    int iv;
    int64_t upper, step;
  };
  Machine &machine;
  Core &core;
  std::array<std::optional<int64_t>, rt::kRegisters> registers;
  std::vector<Loop> loops;
  size_t pc = 0;
  int64_t freeAt = 0;
  bool finished = true;

  int64_t value(const rt::Insn &insn, int slot) const;
  bool wayBack();
  void scalar(const rt::Insn &insn);
  bool issue(const rt::Insn &insn, int64_t t);
};

} // namespace garam::twin
