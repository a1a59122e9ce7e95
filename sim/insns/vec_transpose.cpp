// vec.transpose: dst[c][r] = src[r][c]. One type: bits are copied. Two types: converted as by the store of a chain.
#include "sim/insns/RowsForm.h"
#include "sim/insns/Shadow.h"
#include "sim/insns/plain/Convert.h"

#include <algorithm>
#include <cstring>

namespace garam::sim::insns {

namespace {

void transposePlain(const RowsForm &rows) {
  const int size = rt::byteSize(rows.src.type), outSize = rt::byteSize(rows.outType);
  const bool integers = !rt::isFloat(rows.src.type) && !rt::isFloat(rows.outType);
  for (int64_t c = 0; c < rows.cols; ++c)
    for (int64_t r = 0; r < rows.rows; ++r) {
      const uint8_t *from = rows.src.at(r, c);
      uint8_t *to = rows.out + (c * rows.rows + r) * outSize;
      if (rows.src.type == rows.outType)
        std::memcpy(to, from, size_t(size));
      else if (integers)
        plain::storeInt(rows.outType, plain::loadInt(rows.src.type, from), to);
      else
        plain::storeFloat(rows.outType, plain::loadFloat(rows.src.type, from), to);
    }
}

constexpr int64_t kTile = 16;

template <class T> void transposeAs(const RowsForm &rows) {
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

void transposeFast(const RowsForm &rows) {
  if (rows.src.type != rows.outType)
    return transposePlain(rows);
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

void transposeShadow(const RowsForm &rows) {
  const int outSize = rt::byteSize(rows.outType);
  for (int64_t c = 0; c < rows.cols; ++c)
    for (int64_t r = 0; r < rows.rows; ++r)
      setMark(rows.out, c * rows.rows + r, outSize, markAt(rows.src, r, c));
}

} // namespace

GARAM_INSN(vec_transpose) {
  if (const auto rows = rowsForm<rt::VecTransposeArgs>("vec.transpose", call, rt::RowsResult::Transposed, result))
    compute(call.path, *rows, transposePlain, transposeFast, transposeShadow);
}

} // namespace garam::sim::insns
