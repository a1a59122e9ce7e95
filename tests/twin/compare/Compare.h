// One program on both models.
#pragma once

#include "runtime/chip/Chip.h"
#include "runtime/program/Program.h"
#include "tests/rules/Rules.h"

#include <optional>
#include <string>
#include <vector>

namespace garam::twin {

/// A cycle that differs.
struct Apart {
  int core = -1;
  std::string engine, instruction, what; ///< `what`: issue, start, end, command, stall, …
  int64_t index = -1, simulator = -1, twin = -1;
};

struct Comparison {
  int64_t instructions = 0, cyclesApart = 0, bitsApart = 0, cycles = 0;
  std::optional<Apart> first;
  std::string error;        ///< what one of the models threw
  test::RuleCounts rules{}; ///< of the twin
  bool same() const { return !cyclesApart && !bitsApart && error.empty(); }
};

/// The chip that each model is of. They differ where a test wants a difference.
struct Models {
  const rt::Chip &simulator, &twin;
  Models(const rt::Chip &chip) : Models(chip, chip) {}
  Models(const rt::Chip &simulator, const rt::Chip &twin) : simulator(simulator), twin(twin) {}
};

/// Instructions, semaphores, DRAM commands, causes and bytes of both models in mode *both*; with `modes` also what the
/// simulator says in mode *values* (bytes) and, if the program reads nothing from memory that decides what it does, in
/// mode *cycles* (all but bytes).
Comparison compare(const Models &models, const rt::Program &program, bool modes);

} // namespace garam::twin
