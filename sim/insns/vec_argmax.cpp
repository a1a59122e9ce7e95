// vec.argmax: the first column with the largest value of each row.
#include "sim/insns/Kernels.h"
#include "sim/insns/Registry.h"
#include "sim/insns/Types.h"

namespace garam::sim::insns {

namespace {
constexpr std::string_view kName = "vec.argmax";
}

GARAM_INSN(vec_argmax) {
  const auto args = rt::VecArgmaxArgs::from(call.values);
  const rt::DType type = typeAt(kName, args.types, 0), outType = typeAt(kName, args.types, 4);
  if (outType != rt::DType::I32 && outType != rt::DType::I64)
    throw rt::Error(rt::ErrorKind::Undefined, "vec.argmax.types", fmt::format("result of type {}", int(outType)),
                    "i32 (8) or i64 (9)");
  checkCount(kName, "rows", args.rows);
  checkCount(kName, "cols", args.cols);
  if (args.rows == 0 || args.cols == 0)
    return;
  const int size = rt::byteSize(type), outSize = rt::byteSize(outType);
  PlainRows rows{};
  rows.rows = args.rows, rows.cols = args.cols;
  rows.src = {resolve(call.memory, {kName, "src", args.src, args.srcStride, args.rows, args.cols * size, size}),
              args.srcStride, type};
  result.add(call.memory, {kName, "dst", args.dst, args.dstStride, args.rows, outSize, outSize});
  rows.outType = outType;
  rows.out = result.data(0);
  call.path == Path::Plain ? plain::argmax(rows) : fast::argmax(rows);
}

} // namespace garam::sim::insns
