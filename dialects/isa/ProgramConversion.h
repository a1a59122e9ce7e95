// The isa level and the program container: the same content, as text and as a file.
#pragma once

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "runtime/program/Program.h"

namespace garam::isa {

/// A module with one isa.program that holds all of `program`. Throws rt::Error (Input) for what the isa level cannot
/// say.
mlir::OwningOpRef<mlir::ModuleOp> fromProgram(const rt::Program &program, mlir::MLIRContext *context);

/// Keys of a chip as isa.program has them; none where there are none.
mlir::DictionaryAttr chipKeysAttr(mlir::MLIRContext *context, llvm::ArrayRef<std::unique_ptr<rt::fb::ChipKeyT>> keys);

/// The program of a verified module; fails with a diagnostic if it does not hold exactly one isa.program.
/// toProgram(fromProgram(p)) serializes to the bytes of p.
llvm::FailureOr<rt::Program> toProgram(mlir::ModuleOp module);

} // namespace garam::isa
