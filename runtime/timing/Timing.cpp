#include "runtime/timing/Timing.h"

#include <algorithm>

namespace garam::rt::timing {

static int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// `cycles` for `rows` rows; zero rows: not supported.
struct Rate {
  int64_t cycles, rows;
};
static Rate rateOf(const MatrixParams &matrix, DType type) {
  switch (type) {
  case DType::F32:
    return {matrix.f32CyclesPerRow, 1};
  case DType::F16:
  case DType::BF16:
    return {1, 1};
  case DType::I8:
    return {1, matrix.i8RowsPerCycle};
  case DType::F8E4M3:
  case DType::F8E5M2:
    return {1, matrix.f8RowsPerCycle};
  default:
    return {0, 0};
  }
}

bool supportsMma(const MatrixParams &matrix, DType a, DType w) {
  if ((a == DType::I8) != (w == DType::I8))
    return false;
  return rateOf(matrix, a).rows > 0 && rateOf(matrix, w).rows > 0;
}

MmaCycles mma(const MatrixParams &matrix, DType a, DType w, int64_t m, int64_t k, int64_t n) {
  if (m <= 0 || k <= 0 || n <= 0)
    return {0, 1, 0};
  // The slower of the two types sets the rate of the rows.
  Rate rateA = rateOf(matrix, a), rateW = rateOf(matrix, w);
  Rate rate = rateA.cycles * rateW.rows >= rateW.cycles * rateA.rows ? rateA : rateW;
  int64_t rows = ceilDiv(m * rate.cycles, rate.rows);
  // Weights load by bytes: a 4-byte row takes two of 16 bits, two 8-bit rows take one.
  auto load = [&](int64_t depth) {
    return std::max<int64_t>(1, ceilDiv(depth * byteSize(w), 2 * matrix.weightRowsPerCycle));
  };
  int64_t fullPasses = k / matrix.rows, rest = k % matrix.rows;
  int64_t columnTiles = ceilDiv(n, matrix.columns);
  int64_t first = load(std::min(k, matrix.rows));
  // Each pass hides the load of the next one; the last hides none.
  int64_t full = load(matrix.rows), part = rest ? load(rest) : 0;
  int64_t loadsFull = columnTiles * fullPasses, loadsPart = rest ? columnTiles : 0;
  (fullPasses ? loadsFull : loadsPart) -= 1;
  int64_t stream = loadsFull * std::max(rows, full) + loadsPart * std::max(rows, part) + rows;
  return {first, stream, matrix.rows + matrix.columns - 1};
}

} // namespace garam::rt::timing
