// The isa dialect in C++.
#pragma once

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"

#include "runtime/isa/Descriptor.h"
#include "runtime/isa/Isa.h"

#include <optional>

namespace garam::rt {
llvm::hash_code hash_value(const Chain &chain);
}

#include "dialects/isa/IsaDialect.h.inc"
#include "dialects/isa/IsaEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/isa/IsaAttributes.h.inc"

namespace garam::isa {

/// Whether the op is an instruction (and not an entry of a table).
bool isInsn(mlir::Operation *op);
/// The instruction that an op encodes; nothing if its attributes have the wrong sizes. Fields are not checked.
std::optional<rt::Insn> insnOf(mlir::Operation *op);
/// The op of an instruction. Fields are not checked.
mlir::Operation *createInsn(mlir::OpBuilder &builder, mlir::Location loc, const rt::Insn &insn);

/// Attributes of an instruction's op.
void fill(mlir::OperationState &state, const rt::Insn &insn);
mlir::ParseResult parseInsn(mlir::OpAsmParser &parser, mlir::OperationState &result);
void printInsn(mlir::OpAsmPrinter &printer, mlir::Operation *op);
llvm::LogicalResult verifyInsn(mlir::Operation *op);

/// MLIR's type of an element type, and back; nothing for what the machine does not have.
mlir::Type typeOf(mlir::MLIRContext *context, rt::DType dtype);
std::optional<rt::DType> dtypeOf(mlir::Type type);

} // namespace garam::isa

#define GET_OP_CLASSES
#include "dialects/isa/IsaOps.h.inc"
