// vec.rotate, vec.transpose, vec.scan and vec.argmax by their definitions.
#include "sim/insns/Kernels.h"
#include "sim/insns/plain/Convert.h"

#include <cmath>
#include <cstring>

namespace garam::sim::insns::plain {

void rotate(const RotateRows &rows) {
  const int64_t dim = rows.dim, half = dim / 2;
  const int outSize = rt::byteSize(rows.outType);
  for (int64_t r = 0; r < rows.rows; ++r)
    for (int64_t c = 0; c < rows.heads * dim; ++c) {
      const int64_t i = c % dim;
      const bool first = rows.interleaved ? i % 2 == 0 : i < half;
      const int64_t distance = rows.interleaved ? 1 : half;
      const float x = loadFloat(rows.src.type, rows.src.at(r, c));
      const float y = loadFloat(rows.src.type, rows.src.at(r, first ? c + distance : c - distance));
      const float cosine = loadFloat(rt::DType::F32, rows.cos.at(r, i)),
                  sine = loadFloat(rt::DType::F32, rows.sin.at(r, i));
      const float result = std::fma(first ? -y : y, sine, x * cosine);
      storeFloat(rows.outType, result, rows.out + (r * rows.heads * dim + c) * outSize);
    }
}

void transpose(const PlainRows &rows) {
  const int size = rt::byteSize(rows.src.type), outSize = rt::byteSize(rows.outType);
  const bool integers = !rt::isFloat(rows.src.type) && !rt::isFloat(rows.outType);
  for (int64_t c = 0; c < rows.cols; ++c)
    for (int64_t r = 0; r < rows.rows; ++r) {
      const uint8_t *from = rows.src.at(r, c);
      uint8_t *to = rows.out + (c * rows.rows + r) * outSize;
      if (rows.src.type == rows.outType)
        std::memcpy(to, from, size_t(size));
      else if (integers)
        storeInt(rows.outType, loadInt(rows.src.type, from), to);
      else
        storeFloat(rows.outType, loadFloat(rows.src.type, from), to);
    }
}

void scan(const PlainRows &rows) {
  const int outSize = rt::byteSize(rows.outType);
  for (int64_t r = 0; r < rows.rows; ++r) {
    float sum = 0;
    for (int64_t c = 0; c < rows.cols; ++c) {
      sum += loadFloat(rows.src.type, rows.src.at(r, c));
      storeFloat(rows.outType, sum, rows.out + (r * rows.cols + c) * outSize);
    }
  }
}

void argmax(const PlainRows &rows) {
  const int outSize = rt::byteSize(rows.outType);
  for (int64_t r = 0; r < rows.rows; ++r) {
    int64_t best = 0;
    for (int64_t c = 1; c < rows.cols; ++c) {
      const uint8_t *x = rows.src.at(r, c), *y = rows.src.at(r, best);
      bool larger;
      if (rt::isFloat(rows.src.type)) {
        const float a = loadFloat(rows.src.type, x), b = loadFloat(rows.src.type, y);
        larger = !std::isnan(b) && (std::isnan(a) || a > b);
      } else {
        larger = loadInt(rows.src.type, x) > loadInt(rows.src.type, y);
      }
      if (larger)
        best = c;
    }
    storeInt(rows.outType, best, rows.out + r * outSize);
  }
}

} // namespace garam::sim::insns::plain
