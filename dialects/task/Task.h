// The task dialect: instructions of engines on bytes, with tokens.
#pragma once

#include "dialects/tile/Tile.h"
#include "runtime/isa/Isa.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

namespace garam::task {

/// Tokens of one semaphore. Numbers are virtual until `task-assign-semaphores`.
struct Token {
  int64_t semaphore;
  int64_t count = 1;
  bool operator==(const Token &) const = default;
};
inline llvm::hash_code hash_value(const Token &token) { return llvm::hash_combine(token.semaphore, token.count); }

/// A count that is known (`value`) or in a register (`dynamic`), and the bytes between steps.
struct AccessDim {
  int64_t count;
  mlir::Value dynamic;
  int64_t stride;
};

/// Bytes of a buffer that an op reads or writes: offset plus a sum of steps, outermost first; the innermost step is a
/// byte.
struct Access {
  mlir::Value buffer, offset;
  bool reads, writes;
  llvm::SmallVector<AccessDim, 5> dims;
  /// The offset's place among the operands, so that passes can replace it.
  unsigned offsetOperand;
  /// Rows of unknown place along the outermost dimension (gather and scatter): only the table as a whole is known.
  bool indexed = false;
};

/// Attributes of functions and arguments of this level.
inline constexpr llvm::StringLiteral kKernelAttr = "task.kernel";
inline constexpr llvm::StringLiteral kArgAttr = "task.arg";   ///< as tile.arg
inline constexpr llvm::StringLiteral kTypeAttr = "task.type"; ///< memref type of a memory argument
inline constexpr llvm::StringLiteral kNodeAttr = "task.node";
inline constexpr llvm::StringLiteral kSplitAttr = "task.split"; ///< as tile.split
inline constexpr llvm::StringLiteral kRangeAttr = "task.range"; ///< array<i64: low, high> of a value argument
/// On arguments after task-allocate: launch parameter, and the offset from the address it holds.
inline constexpr llvm::StringLiteral kParamAttr = "task.param";
inline constexpr llvm::StringLiteral kOffsetAttr = "task.offset";
/// On kernels after task-assign-semaphores and task-allocate.
inline constexpr llvm::StringLiteral kInitialAttr = "task.initial_tokens";
inline constexpr llvm::StringLiteral kWorkspaceAttr = "task.workspace_bytes";
inline constexpr llvm::StringLiteral kSharedAttr = "task.shared_bytes";
inline constexpr llvm::StringLiteral kWeightsAttr = "task.weight_bytes";
inline constexpr llvm::StringLiteral kWorkspaceParamAttr = "task.workspace_param";
inline constexpr llvm::StringLiteral kWeightsParamAttr = "task.weights_param";
/// On kernels whose offsets are addresses (task-lower-addresses).
inline constexpr llvm::StringLiteral kLoweredAttr = "task.lowered";

/// Memory of a buffer: of its alloc or workspace; hbm for an argument.
tile::Mem memOf(mlir::Value buffer);
/// Whether the type is a memref of static shape and of an element type of the machine.
bool isTensor(mlir::Type type);
/// Bytes of such a type.
int64_t bytesOf(mlir::MemRefType type);

} // namespace garam::task

#include "dialects/task/TaskDialect.h.inc"
#include "dialects/task/TaskEnums.h.inc"
#define GET_TYPEDEF_CLASSES
#include "dialects/task/TaskTypes.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/task/TaskAttributes.h.inc"
#include "dialects/task/TaskInterfaces.h.inc"
#define GET_OP_CLASSES
#include "dialects/task/TaskOps.h.inc"
