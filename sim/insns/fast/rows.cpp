// vec.rotate, vec.transpose, vec.scan and vec.argmax: conversions in vectors, the rest in their order.
#include "sim/insns/Kernels.h"
#include "sim/insns/fast/Convert.h"
#include "sim/insns/fast/Steps.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace garam::sim::insns::fast {

namespace {

constexpr int64_t kTile = 16;

template <class T> void transposeAs(const PlainRows &rows) {
  T *out = reinterpret_cast<T *>(rows.out);
  // In tiles, so that a line of either side is used while it is in the host's cache.
  for (int64_t r0 = 0; r0 < rows.rows; r0 += kTile)
    for (int64_t c0 = 0; c0 < rows.cols; c0 += kTile)
      for (int64_t r = r0; r < std::min(r0 + kTile, rows.rows); ++r) {
        const uint8_t *from = rows.src.row(r);
        for (int64_t c = c0; c < std::min(c0 + kTile, rows.cols); ++c)
          std::memcpy(out + c * rows.rows + r, from + c * int64_t(sizeof(T)), sizeof(T));
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

} // namespace

void rotate(const RotateRows &rows) {
  static thread_local struct {
    alignas(64) float x[kBlock], y[kBlock], cos[kBlock], sin[kBlock];
  } buffers;
  if (rows.dim > kBlock)
    return plain::rotate(rows);
  const int size = rt::byteSize(rows.src.type), outSize = rt::byteSize(rows.outType);
  for (int64_t r = 0; r < rows.rows; ++r) {
    loadFloats(rt::DType::F32, rows.cos.row(r), rows.dim, buffers.cos);
    loadFloats(rt::DType::F32, rows.sin.row(r), rows.dim, buffers.sin);
    for (int64_t head = 0; head < rows.heads; ++head) {
      loadFloats(rows.src.type, rows.src.row(r) + head * rows.dim * size, rows.dim, buffers.x);
      partners(buffers.x, rows.dim, rows.interleaved, buffers.y);
      applyStep(rt::StepOp::Mul, buffers.x, buffers.cos, false, nullptr, rows.dim);
      applyStep(rt::StepOp::Fma, buffers.y, buffers.x, false, buffers.sin, rows.dim);
      storeFloats(rows.outType, buffers.y, rows.dim, rows.out + (r * rows.heads + head) * rows.dim * outSize);
    }
  }
}

void transpose(const PlainRows &rows) {
  if (rows.src.type != rows.outType)
    return plain::transpose(rows);
  switch (rt::byteSize(rows.outType)) {
  case 1:
    return transposeAs<uint8_t>(rows);
  case 2:
    return transposeAs<uint16_t>(rows);
  case 4:
    return transposeAs<uint32_t>(rows);
  default:
    return transposeAs<uint64_t>(rows);
  }
}

void scan(const PlainRows &rows) {
  alignas(64) float buffer[kBlock];
  const int outSize = rt::byteSize(rows.outType);
  for (int64_t r = 0; r < rows.rows; ++r) {
    float sum = 0;
    for (int64_t c = 0; c < rows.cols; c += kBlock) {
      const int64_t count = std::min(kBlock, rows.cols - c);
      loadFloats(rows.src.type, rows.src.at(r, c), count, buffer);
      for (int64_t i = 0; i < count; ++i)
        buffer[i] = sum += buffer[i];
      storeFloats(rows.outType, buffer, count, rows.out + (r * rows.cols + c) * outSize);
    }
  }
}

void argmax(const PlainRows &rows) {
  if (!rt::isFloat(rows.src.type))
    return plain::argmax(rows);
  alignas(64) float buffer[kBlock];
  for (int64_t r = 0; r < rows.rows; ++r) {
    int64_t best = 0;
    float largest = 0;
    for (int64_t c = 0; c < rows.cols; c += kBlock) {
      const int64_t count = std::min(kBlock, rows.cols - c);
      loadFloats(rows.src.type, rows.src.at(r, c), count, buffer);
      for (int64_t i = 0; i < count; ++i)
        if (c + i == 0 || (!std::isnan(largest) && !(buffer[i] <= largest))) {
          best = c + i;
          largest = buffer[i];
        }
    }
    const int32_t low = int32_t(best);
    if (rows.outType == rt::DType::I32)
      std::memcpy(rows.out + r * 4, &low, 4);
    else
      std::memcpy(rows.out + r * 8, &best, 8);
  }
}

} // namespace garam::sim::insns::fast
