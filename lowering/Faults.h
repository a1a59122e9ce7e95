// Our own mistakes in a compile: told from the reader's, survived, and kept as a file that shows them again.
#pragma once

#include "runtime/Error.h"

#include "mlir/IR/Diagnostics.h"

#include "llvm/ADT/STLFunctionalExtras.h"

#include <optional>
#include <string>

namespace garam {

/// Marks an error of a pass that proves what we made as a limit that a reader can keep to: no mistake of ours.
mlir::InFlightDiagnostic asLimit(mlir::InFlightDiagnostic error);
bool isLimit(mlir::Diagnostic &error);

/// Runs `body`. What ended it before its end, if anything did: a signal, or an exception that is no rt::Error. What it
/// held is not freed then, and must not be used.
std::optional<std::string> endedBy(llvm::function_ref<void()> body);

/// Writes `text` behind a first line that says `what` to `path`, or to a file of its own in the folder for temporary
/// files if empty. The path, or nothing if it cannot be written.
std::optional<std::string> keepReproducer(std::string_view what, std::string_view text, const std::string &path);

/// Says that we made a mistake at `where`, and names the file that repeats it.
class Fault : public rt::Error {
public:
  Fault(std::string_view where, std::string_view what, std::optional<std::string> reproducer);

  const std::optional<std::string> reproducer;
};

} // namespace garam
