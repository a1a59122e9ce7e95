// From text of any level to a program: the one entry that tools and bindings use.
#pragma once

#include "runtime/chip/Chip.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace garam {

/// What `--emit` prints. `Mapping` is the JSON of the mapping used, the others are MLIR.
enum class Level { Graph, Mapping, Tile, Task, Isa };
std::optional<Level> levelFromName(std::string_view name);

struct CompileOptions {
  std::string chip;                    ///< name or path
  std::vector<rt::Override> overrides; ///< `--set`
  int64_t dies = 0;                    ///< the first so many only; 0: all
  std::string mappingFile;             ///< JSON; empty: heuristic
  std::vector<std::string> disabled;   ///< optimisations switched off, by the names of optimisations()
  std::optional<Level> emit;           ///< stop there and print

  // What the program file records about the model; empty or zero: what the text says.
  std::string model, dtype, phase;
  std::vector<std::string> weightFiles; ///< by the numbers that `graph.file` gives
  int64_t batch = 0, sequenceLength = 0, kvCapacity = 0;
  uint64_t flops = 0, compulsoryBytes = 0;

  bool timing = false;        ///< time of each pass on standard error
  bool printAfterAll = false; ///< IR after each pass on standard error
  std::string reproducer;     ///< file that a failing pass writes; empty: none
};

struct CompileResult {
  std::vector<uint8_t> program; ///< bytes of a .garam; empty where `emit` stopped before
  std::string emitted;          ///< what `emit` asked for
  std::string mapping;          ///< JSON of the mapping used
};

/// Compiles MLIR text of any level; the level is recognised by its ops. `where` names it in errors. Throws rt::Error.
CompileResult compile(std::string_view mlir, const std::string &where, const CompileOptions &options);

/// Names of the optimisations that `disabled` accepts (`--no-NAME`).
std::vector<std::string> optimisations();

} // namespace garam
