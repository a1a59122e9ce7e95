// Graph ops that one instruction from rows to rows computes.
#pragma once

#include "lowering/graph/RowPlan.h"
#include "runtime/isa/Isa.h"

#include <optional>

namespace garam::lowering {

struct RowInsn {
  rt::Opcode opcode;
  Extent result; ///< Full: a row for each row; Column: one element for each row
  void (*create)(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x, mlir::Value out);
};

/// The instruction that computes `op` from its only operand; nothing for ops that become something else.
std::optional<RowInsn> rowInsnOf(mlir::Operation *op);
/// Whether that instruction gives one element for each row. Null has none.
bool givesColumn(mlir::Operation *op);

} // namespace garam::lowering
