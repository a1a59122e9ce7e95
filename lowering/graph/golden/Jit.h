// Runs a graph module on the CPU through its references: the golden.
#pragma once

#include "mlir/IR/BuiltinOps.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace garam::golden {

/// Bytes of dense row-major tensors by name; a run-time value is 8 bytes, little endian.
using Tensors = std::map<std::string, std::vector<uint8_t>>;

/// Runs `@main` of a graph module. Arguments and results go by their `graph.name`; without one they are called
/// `arg_<i>` and `output_<i>`. Throws rt::Error (Input) for a missing, unknown or wrongly sized input, a value outside
/// its range, and a module that cannot be lowered.
Tensors runGolden(mlir::ModuleOp module, const Tensors &inputs);
/// The same from text.
Tensors runGolden(std::string_view text, const Tensors &inputs);

} // namespace garam::golden
