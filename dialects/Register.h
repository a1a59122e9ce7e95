// The list of dialects.
#pragma once

namespace mlir {
class DialectRegistry;
}

namespace garam {

/// The project's dialects and the upstream ones that its levels contain.
void registerDialects(mlir::DialectRegistry &registry);

} // namespace garam
