// Marks of a product: a sum depends on its row of a, its column of w and what it is added to. A zero discards nothing,
// since 0 · NaN is NaN.
#include "sim/insns/Shadow.h"

#include <vector>

namespace garam::sim::insns::shadow {

namespace {

/// The least mark of each column of w.
std::vector<Mark> columnMarks(const MmaTile &t) {
  const int size = rt::byteSize(t.w.type);
  std::vector<Mark> columns(size_t(t.n), kWritten);
  if (t.transposed) {
    for (int64_t j = 0; j < t.n; ++j)
      columns[size_t(j)] = leastMark(t.w.row(j), t.k * size);
    return columns;
  }
  std::vector<Mark> bytes(size_t(t.n * size), kWritten);
  for (int64_t k = 0; k < t.k; ++k) {
    const uint8_t *row = t.w.row(k);
    for (size_t b = 0; b < bytes.size(); ++b)
      bytes[b] = std::min(bytes[b], row[b]);
  }
  for (int64_t j = 0; j < t.n; ++j)
    columns[size_t(j)] = leastMark(bytes.data() + j * size, size);
  return columns;
}

} // namespace

void mma(const MmaTile &t) {
  constexpr int kSum = 4;
  const std::vector<Mark> columns = columnMarks(t);
  for (int64_t i = 0; i < t.m; ++i) {
    const Mark row = leastMark(t.a.row(i), t.k * rt::byteSize(t.a.type));
    uint8_t *out = t.out + i * t.n * kSum;
    for (int64_t j = 0; j < t.n; ++j) {
      const Mark before = t.acc.data ? leastMark(t.acc.row(i) + j * kSum, kSum) : kWritten;
      setMark(out, j, kSum, std::min({row, columns[size_t(j)], before}));
    }
  }
}

} // namespace garam::sim::insns::shadow
