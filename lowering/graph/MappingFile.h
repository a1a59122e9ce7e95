// Mappings as JSON: written from a module, read back by name and kernel. docs/rationale/mapping.md shows the form.
#pragma once

#include "lowering/cost/Cost.h"

#include "mlir/IR/BuiltinOps.h"

#include <map>
#include <set>

namespace garam::lowering {

class MappingFile {
public:
  /// `place`: where diagnostics about the file are.
  explicit MappingFile(mlir::Location place) : place(place) {}
  /// The entry of a group; each is taken once per kernel.
  std::optional<Mapping> take(llvm::StringRef kernel, llvm::StringRef group);
  /// An entry that names no group of the model is an error.
  mlir::LogicalResult reportUnused() const;

  mlir::Location place;
  int64_t parts = 0; ///< dies that have a part of the batch each; 0: all dies work on the whole
  std::map<std::pair<std::string, std::string>, Mapping> entries;

private:
  std::set<std::pair<std::string, std::string>> taken;
};

/// Reports the file as the place, the entry and what is allowed.
mlir::FailureOr<MappingFile> readMappings(llvm::StringRef path, mlir::MLIRContext &context);
/// The mappings of a module's groups.
std::string writeMappings(mlir::ModuleOp module);

} // namespace garam::lowering
