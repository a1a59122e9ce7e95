// vec.transpose: dst[c][r] = src[r][c]. One type: bits are copied. Two types: converted as by the store of a chain.
#include "sim/insns/Kernels.h"
#include "sim/insns/Registry.h"
#include "sim/insns/Types.h"

namespace garam::sim::insns {

namespace {
constexpr std::string_view kName = "vec.transpose";
}

GARAM_INSN(vec_transpose) {
  const auto args = rt::VecTransposeArgs::from(call.values);
  const rt::DType type = typeAt(kName, args.types, 0), outType = typeAt(kName, args.types, 4);
  checkCount(kName, "rows", args.rows);
  checkCount(kName, "cols", args.cols);
  if (args.rows == 0 || args.cols == 0)
    return;
  const int size = rt::byteSize(type), outSize = rt::byteSize(outType);
  PlainRows rows{};
  rows.rows = args.rows, rows.cols = args.cols;
  rows.src = {resolve(call.memory, {kName, "src", args.src, args.srcStride, args.rows, args.cols * size, size}),
              args.srcStride, type};
  result.add(call.memory, {kName, "dst", args.dst, args.dstStride, args.cols, args.rows * outSize, outSize});
  rows.outType = outType;
  rows.out = result.data(0);
  call.path == Path::Plain ? plain::transpose(rows) : fast::transpose(rows);
}

} // namespace garam::sim::insns
