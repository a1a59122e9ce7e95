// vec.rotate: rotary embedding of lane pairs.
#include "sim/insns/Kernels.h"
#include "sim/insns/Registry.h"
#include "sim/insns/Types.h"

namespace garam::sim::insns {

namespace {
constexpr std::string_view kName = "vec.rotate";
}

GARAM_INSN(vec_rotate) {
  const auto args = rt::VecRotateArgs::from(call.values);
  const rt::DType type = typeAt(kName, args.types, 0), outType = typeAt(kName, args.types, 4);
  if (!rt::isFloat(type) || !rt::isFloat(outType))
    throw rt::Error(rt::ErrorKind::Undefined, "vec.rotate.types", fmt::format("{} and {}", int(type), int(outType)),
                    "floating-point types");
  if (args.mode != 0 && args.mode != 1)
    throw rt::Error(rt::ErrorKind::Undefined, "vec.rotate.mode", fmt::format("{}", args.mode), "0 or 1");
  for (auto [name, count] : {std::pair("rows", args.rows), {"heads", args.heads}, {"dim", args.dim}})
    checkCount(kName, name, count);
  if (args.dim % 2)
    throw rt::Error(rt::ErrorKind::Undefined, "vec.rotate.dim", fmt::format("{}", args.dim), "an even number");
  if (args.rows == 0 || args.heads == 0 || args.dim == 0)
    return;
  int64_t cols;
  if (__builtin_mul_overflow(args.heads, args.dim, &cols))
    cols = -1;
  checkCount(kName, "heads", cols);

  const int size = rt::byteSize(type), outSize = rt::byteSize(outType);
  const Memory &memory = call.memory;
  RotateRows rows{};
  rows.rows = args.rows, rows.heads = args.heads, rows.dim = args.dim;
  rows.src = {resolve(memory, {kName, "src", args.src, args.srcStride, args.rows, cols * size, size}), args.srcStride,
              type};
  rows.cos = {resolve(memory, {kName, "cos", args.cos, args.cosStride, args.rows, args.dim * 4, 4}), args.cosStride,
              rt::DType::F32};
  rows.sin = {resolve(memory, {kName, "sin", args.sin, args.sinStride, args.rows, args.dim * 4, 4}), args.sinStride,
              rt::DType::F32};
  result.add(memory, {kName, "dst", args.dst, args.dstStride, args.rows, cols * outSize, outSize});
  rows.interleaved = args.mode == 1;
  rows.outType = outType;
  rows.out = result.data(0);
  if (call.path == Path::Check)
    return;
  call.path == Path::Plain ? plain::rotate(rows) : fast::rotate(rows);
}

} // namespace garam::sim::insns
