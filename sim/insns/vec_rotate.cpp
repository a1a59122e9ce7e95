// vec.rotate: rotary embedding of lane pairs.
#include "sim/insns/Arithmetic.h"
#include "sim/insns/Kernels.h"
#include "sim/insns/Registry.h"
#include "sim/insns/Shadow.h"
#include "sim/insns/Types.h"
#include "sim/insns/fast/Convert.h"
#include "sim/insns/fast/Steps.h"
#include "sim/insns/plain/Convert.h"

#include <cmath>

namespace garam::sim::insns {

namespace {

constexpr std::string_view kName = "vec.rotate";

struct RotateRows {
  int64_t rows, heads, dim;
  Rows src, cos, sin;
  bool interleaved; ///< pairs (2i, 2i + 1)
  rt::DType outType;
  uint8_t *out;
};

/// Elements from one of a vector to the other of its pair.
int64_t partnerOf(const RotateRows &rows, int64_t i) {
  const bool first = rows.interleaved ? i % 2 == 0 : i < rows.dim / 2;
  const int64_t distance = rows.interleaved ? 1 : rows.dim / 2;
  return first ? distance : -distance;
}

void rotatePlain(const RotateRows &rows) {
  const int64_t dim = rows.dim;
  const int outSize = rt::byteSize(rows.outType);
  for (int64_t r = 0; r < rows.rows; ++r)
    for (int64_t c = 0; c < rows.heads * dim; ++c) {
      const int64_t i = c % dim;
      const int64_t partner = partnerOf(rows, i);
      const float x = plain::loadFloat(rows.src.type, rows.src.at(r, c));
      const float y = plain::loadFloat(rows.src.type, rows.src.at(r, c + partner));
      const float cosine = plain::loadFloat(rt::DType::F32, rows.cos.at(r, i)),
                  sine = plain::loadFloat(rt::DType::F32, rows.sin.at(r, i));
      const float result = std::fma(partner > 0 ? -y : y, sine, x * cosine);
      plain::storeFloat(rows.outType, result, rows.out + (r * rows.heads * dim + c) * outSize);
    }
}

/// The partner of each element, the first of a pair negated second, for one vector of `dim` elements.
void partners(const float *x, int64_t dim, bool interleaved, float *to) {
  const int64_t half = dim / 2, step = interleaved ? 2 : 1, distance = interleaved ? 1 : half;
  for (int64_t i = 0; i < half; ++i) {
    to[i * step] = -x[i * step + distance];
    to[i * step + distance] = x[i * step];
  }
}

void rotateFast(const RotateRows &rows) {
  static thread_local struct {
    alignas(64) float x[fast::kBlock], y[fast::kBlock], cos[fast::kBlock], sin[fast::kBlock];
  } buffers;
  if (rows.dim > fast::kBlock)
    return rotatePlain(rows);
  const int size = rt::byteSize(rows.src.type), outSize = rt::byteSize(rows.outType);
  for (int64_t r = 0; r < rows.rows; ++r) {
    fast::loadFloats(rt::DType::F32, rows.cos.row(r), rows.dim, buffers.cos);
    fast::loadFloats(rt::DType::F32, rows.sin.row(r), rows.dim, buffers.sin);
    for (int64_t head = 0; head < rows.heads; ++head) {
      fast::loadFloats(rows.src.type, rows.src.row(r) + head * rows.dim * size, rows.dim, buffers.x);
      partners(buffers.x, rows.dim, rows.interleaved, buffers.y);
      fast::applyStep(rt::StepOp::Mul, buffers.x, buffers.cos, false, nullptr, rows.dim);
      fast::applyStep(rt::StepOp::Fma, buffers.y, buffers.x, false, buffers.sin, rows.dim);
      fast::storeFloats(rows.outType, buffers.y, rows.dim, rows.out + (r * rows.heads + head) * rows.dim * outSize);
    }
  }
}

void rotateShadow(const RotateRows &rows) {
  const int64_t dim = rows.dim;
  const int outSize = rt::byteSize(rows.outType);
  for (int64_t r = 0; r < rows.rows; ++r)
    for (int64_t c = 0; c < rows.heads * dim; ++c) {
      const int64_t i = c % dim;
      const Mark pair = std::min(markAt(rows.src, r, c), markAt(rows.src, r, c + partnerOf(rows, i)));
      setMark(rows.out, r * rows.heads * dim + c, outSize,
              std::min({pair, markAt(rows.cos, r, i), markAt(rows.sin, r, i)}));
    }
}

} // namespace

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
  compute(call.path, rows, rotatePlain, rotateFast, rotateShadow);
}

} // namespace garam::sim::insns
