// vec.scan: inclusive prefix sum of each row in f32, columns ascending.
#include "sim/insns/RowsForm.h"
#include "sim/insns/Shadow.h"
#include "sim/insns/fast/Convert.h"
#include "sim/insns/fast/Steps.h"
#include "sim/insns/plain/Convert.h"

#include <algorithm>

namespace garam::sim::insns {

namespace {

void scanPlain(const RowsForm &rows) {
  const int outSize = rt::byteSize(rows.outType);
  for (int64_t r = 0; r < rows.rows; ++r) {
    float sum = 0;
    for (int64_t c = 0; c < rows.cols; ++c) {
      sum += plain::loadFloat(rows.src.type, rows.src.at(r, c));
      plain::storeFloat(rows.outType, sum, rows.out + (r * rows.cols + c) * outSize);
    }
  }
}

void scanFast(const RowsForm &rows) {
  alignas(64) float buffer[fast::kBlock];
  const int outSize = rt::byteSize(rows.outType);
  for (int64_t r = 0; r < rows.rows; ++r) {
    float sum = 0;
    for (int64_t c = 0; c < rows.cols; c += fast::kBlock) {
      const int64_t count = std::min(fast::kBlock, rows.cols - c);
      fast::loadFloats(rows.src.type, rows.src.at(r, c), count, buffer);
      for (int64_t i = 0; i < count; ++i)
        buffer[i] = sum += buffer[i];
      fast::storeFloats(rows.outType, buffer, count, rows.out + (r * rows.cols + c) * outSize);
    }
  }
}

void scanShadow(const RowsForm &rows) {
  const int outSize = rt::byteSize(rows.outType);
  for (int64_t r = 0; r < rows.rows; ++r) {
    Mark sum = kWritten;
    for (int64_t c = 0; c < rows.cols; ++c) {
      sum = std::min(sum, markAt(rows.src, r, c));
      setMark(rows.out, r * rows.cols + c, outSize, sum);
    }
  }
}

} // namespace

GARAM_INSN(vec_scan) {
  if (const auto rows = rowsForm<rt::VecScanArgs>("vec.scan", call, rt::RowsResult::Same, result))
    compute(call.path, *rows, scanPlain, scanFast, scanShadow);
}

} // namespace garam::sim::insns
