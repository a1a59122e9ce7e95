// The tile dialect and what its users ask about buffers: memory space, element type of the machine.
#pragma once

#include "runtime/isa/Descriptor.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Attributes.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/Hashing.h"

namespace garam::rt {
inline llvm::hash_code hash_value(const Step &step) { return llvm::hash_combine(int(step.op), int(step.arg)); }
} // namespace garam::rt

#include "dialects/tile/TileDialect.h.inc"
#include "dialects/tile/TileEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/tile/TileAttributes.h.inc"

namespace garam::tile {

/// Attributes of functions and arguments, as docs/tile.md names them.
inline constexpr llvm::StringLiteral kKernelAttr = "tile.kernel";
inline constexpr llvm::StringLiteral kArgAttr = "tile.arg";
inline constexpr llvm::StringLiteral kNodeAttr = "tile.node";
inline constexpr llvm::StringLiteral kSplitAttr = "tile.split";

/// Memory space of a buffer; nothing if the type does not carry one.
std::optional<Mem> memOf(mlir::Type type);
inline std::optional<Mem> memOf(mlir::Value value) { return memOf(value.getType()); }

/// Element type of the machine; nothing if it has none of that kind. i1 is a byte.
std::optional<rt::DType> dtypeOf(mlir::Type element);
mlir::Type typeOf(mlir::MLIRContext *context, rt::DType dtype);

/// Mnemonic of a chain step, and back.
llvm::StringRef stepName(rt::StepOp op);
std::optional<rt::StepOp> stepFromName(llvm::StringRef name);

/// Collects the steps of a chain; equal constants share a place.
class ChainBuilder {
public:
  ChainBuilder &step(rt::StepOp op, rt::StepArg arg = rt::StepArg::None) {
    steps.push_back({op, arg});
    return *this;
  }
  ChainBuilder &step(rt::StepOp op, float constant);
  ChainBuilder &integer() {
    isInteger = true;
    return *this;
  }
  ChainBuilder &reduce(rt::Reduction kind, bool overRows = false) {
    reduction = kind, reduceRows = overRows;
    return *this;
  }
  ChainAttr get(mlir::MLIRContext *context) const;

private:
  llvm::SmallVector<rt::Step> steps;
  llvm::SmallVector<float> constants;
  bool isInteger = false, reduceRows = false;
  rt::Reduction reduction = rt::Reduction::None;
};

} // namespace garam::tile

#define GET_OP_CLASSES
#include "dialects/tile/TileOps.h.inc"
