// Text of f32 constants that keeps every bit.
#pragma once

#include "mlir/IR/OpImplementation.h"

namespace garam {

/// `1.5`, `-2.0`; the bits `0x7F800000` where no decimal says the value.
void printFloat(mlir::AsmPrinter &printer, float value);
mlir::ParseResult parseFloat(mlir::AsmParser &parser, float &value);

} // namespace garam
