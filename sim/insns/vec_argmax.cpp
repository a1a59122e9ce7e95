// vec.argmax: the first column with the largest value of each row.
#include "sim/insns/RowsForm.h"
#include "sim/insns/Shadow.h"
#include "sim/insns/fast/Convert.h"
#include "sim/insns/fast/Steps.h"
#include "sim/insns/plain/Convert.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace garam::sim::insns {

namespace {

void argmaxPlain(const RowsForm &rows) {
  const int outSize = rt::byteSize(rows.outType);
  for (int64_t r = 0; r < rows.rows; ++r) {
    int64_t best = 0;
    for (int64_t c = 1; c < rows.cols; ++c) {
      const uint8_t *x = rows.src.at(r, c), *y = rows.src.at(r, best);
      bool larger;
      if (rt::isFloat(rows.src.type)) {
        const float a = plain::loadFloat(rows.src.type, x), b = plain::loadFloat(rows.src.type, y);
        larger = !std::isnan(b) && (std::isnan(a) || a > b);
      } else {
        larger = plain::loadInt(rows.src.type, x) > plain::loadInt(rows.src.type, y);
      }
      if (larger)
        best = c;
    }
    plain::storeInt(rows.outType, best, rows.out + r * outSize);
  }
}

void argmaxFast(const RowsForm &rows) {
  if (!rt::isFloat(rows.src.type))
    return argmaxPlain(rows);
  alignas(64) float buffer[fast::kBlock];
  for (int64_t r = 0; r < rows.rows; ++r) {
    int64_t best = 0;
    float largest = 0;
    for (int64_t c = 0; c < rows.cols; c += fast::kBlock) {
      const int64_t count = std::min(fast::kBlock, rows.cols - c);
      fast::loadFloats(rows.src.type, rows.src.at(r, c), count, buffer);
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

/// The largest of a row is known when all of it is.
void argmaxShadow(const RowsForm &rows) {
  for (int64_t r = 0; r < rows.rows; ++r)
    setMark(rows.out, r, rt::byteSize(rows.outType),
            leastMark(rows.src.row(r), rows.cols * rt::byteSize(rows.src.type)));
}

} // namespace

GARAM_INSN(vec_argmax) {
  const auto args = rt::VecArgmaxArgs::from(call.values);
  const rt::DType outType = typeAt("vec.argmax", args.types, 4);
  if (outType != rt::DType::I32 && outType != rt::DType::I64)
    throw rt::Error(rt::ErrorKind::Undefined, "vec.argmax.types", fmt::format("result of type {}", int(outType)),
                    "i32 (8) or i64 (9)");
  checkElements("vec.argmax", call.memory, args.rows, args.cols);
  if (const auto rows = rowsForm<rt::VecArgmaxArgs>("vec.argmax", call, rt::RowsResult::Column, result))
    compute(call.path, *rows, argmaxPlain, argmaxFast, argmaxShadow);
}

} // namespace garam::sim::insns
