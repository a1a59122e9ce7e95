// mma: a tile product accumulated in acc.
#include "sim/insns/Arithmetic.h"
#include "sim/insns/Kernels.h"
#include "sim/insns/Registry.h"
#include "sim/insns/Types.h"

namespace garam::sim::insns {

namespace {

constexpr std::string_view kName = "mma";

void checkTypes(rt::DType a, rt::DType w) {
  const bool floats = rt::isFloat(a) && rt::isFloat(w);
  if (!floats && !(a == rt::DType::I8 && w == rt::DType::I8))
    throw rt::Error(rt::ErrorKind::Undefined, "mma.types", fmt::format("{} and {}", int(a), int(w)),
                    "two floating-point types, or i8 and i8 (5)");
}

} // namespace

GARAM_INSN(mma) {
  const auto args = rt::MmaArgs::from(call.values);
  const rt::DType aType = typeAt(kName, args.types, 0), wType = typeAt(kName, args.types, 4);
  const bool transposed = args.types >> 8 & 1;
  checkTypes(aType, wType);
  for (auto [name, count] : {std::pair("m", args.m), {"k", args.k}, {"n", args.n}})
    checkCount(kName, name, count);
  if (call.arrayRows <= 0)
    throw rt::Error(rt::ErrorKind::Internal, kName, fmt::format("an array of {} rows", call.arrayRows), "one or more");
  if (args.m == 0 || args.k == 0 || args.n == 0)
    return;

  const int aSize = rt::byteSize(aType), wSize = rt::byteSize(wType);
  const int64_t wRows = transposed ? args.n : args.k, wCols = transposed ? args.k : args.n;
  const Operand acc{kName, "acc", args.acc, args.accStride, args.m, args.n * 4, 4, true};
  MmaTile tile{};
  tile.a = {resolve(call.memory, {kName, "a", args.a, args.aStride, args.m, args.k * aSize, aSize}), args.aStride,
            aType};
  tile.w = {resolve(call.memory, {kName, "w", args.w, args.wStride, wRows, wCols * wSize, wSize}), args.wStride, wType};
  if (args.accumulate)
    tile.acc = {resolve(call.memory, acc), args.accStride, rt::DType::F32};
  result.add(call.memory, acc);
  tile.transposed = transposed;
  tile.m = args.m, tile.k = args.k, tile.n = args.n;
  tile.arrayRows = call.arrayRows;
  tile.out = result.data(0);
  compute(call.path, tile, plain::mma, fast::mma, shadow::mma);
}

} // namespace garam::sim::insns
