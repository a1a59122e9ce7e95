// The operands that vec.transpose, vec.scan and vec.argmax have in common.
#pragma once

#include "sim/insns/Kernels.h"
#include "sim/insns/Registry.h"
#include "sim/insns/Types.h"

namespace garam::sim::insns {

/// Checks the operands of an instruction with `plain_fields` and fills `rows`; `outRows` rows of `outCols` elements are
/// its result. False: there is nothing to compute.
template <class Args>
bool plainRows(std::string_view insn, const Call &call, const Args &args, int64_t outRows, int64_t outCols,
               Result &result, PlainRows &rows) {
  const rt::DType type = typeAt(insn, args.types, 0), outType = typeAt(insn, args.types, 4);
  checkCount(insn, "rows", args.rows);
  checkCount(insn, "cols", args.cols);
  if (args.rows == 0 || args.cols == 0)
    return false;
  const int size = rt::byteSize(type), outSize = rt::byteSize(outType);
  rows.rows = args.rows, rows.cols = args.cols;
  rows.src = {resolve(call.memory, {insn, "src", args.src, args.srcStride, args.rows, args.cols * size, size}),
              args.srcStride, type};
  result.add(call.memory, {insn, "dst", args.dst, args.dstStride, outRows, outCols * outSize, outSize});
  rows.outType = outType;
  rows.out = result.data(0);
  return call.path != Path::Check;
}

} // namespace garam::sim::insns
