// Operands of the instructions from rows to rows (RowsInsn of Isa.td), checked.
#pragma once

#include "sim/insns/Arithmetic.h"
#include "sim/insns/Kernels.h"
#include "sim/insns/Registry.h"
#include "sim/insns/Types.h"

#include <optional>

namespace garam::sim::insns {

struct RowsForm {
  int64_t rows, cols; ///< of the source
  Rows src;
  rt::DType outType;
  uint8_t *out; ///< dense, in the shape of the result
};

/// Checks the operands and adds the result; none: there is nothing to compute.
template <class Args>
std::optional<RowsForm> rowsForm(std::string_view insn, const Call &call, rt::RowsResult shape, Result &result) {
  const auto args = Args::from(call.values);
  const rt::DType type = typeAt(insn, args.types, 0), outType = typeAt(insn, args.types, 4);
  checkCount(insn, "rows", args.rows);
  checkCount(insn, "cols", args.cols);
  if (args.rows == 0 || args.cols == 0)
    return std::nullopt;
  const int size = rt::byteSize(type), outSize = rt::byteSize(outType);
  const int64_t outRows = shape == rt::RowsResult::Transposed ? args.cols : args.rows;
  const int64_t outCols = shape == rt::RowsResult::Transposed ? args.rows
                          : shape == rt::RowsResult::Column   ? 1
                                                              : args.cols;
  RowsForm rows{args.rows, args.cols, {}, outType, nullptr};
  rows.src = {resolve(call.memory, {insn, "src", args.src, args.srcStride, args.rows, args.cols * size, size}),
              args.srcStride, type};
  result.add(call.memory, {insn, "dst", args.dst, args.dstStride, outRows, outCols * outSize, outSize});
  rows.out = result.data(0);
  return rows;
}

} // namespace garam::sim::insns
