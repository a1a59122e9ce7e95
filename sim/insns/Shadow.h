// Marks: a byte beside each byte of memory that says whether anybody wrote it, or where what it holds came from.
//
// An element that is computed has the least mark of what it depends on: unwritten bytes show through, of two origins
// one stays. Instructions compute marks with the operands they are given for values (Path::Shadow): memory is then that
// of marks, of the same layout.
#pragma once

#include "sim/insns/Kernels.h"

#include <algorithm>
#include <cstring>

namespace garam::sim::insns {

using Mark = uint8_t;
inline constexpr Mark kUnwritten = 0, kWritten = 255; ///< between them: numbers of origins

/// The least mark of a stretch.
inline Mark leastMark(const uint8_t *marks, int64_t bytes) {
  Mark least = kWritten;
  for (int64_t i = 0; i < bytes; ++i)
    least = std::min(least, marks[i]);
  return least;
}

/// The mark of an element.
inline Mark markAt(const Rows &rows, int64_t r, int64_t c) { return leastMark(rows.at(r, c), rt::byteSize(rows.type)); }

/// Marks elements of `bytes` bytes, dense from `to`: element i.
inline void setMark(uint8_t *to, int64_t i, int bytes, Mark mark) { std::memset(to + i * bytes, mark, size_t(bytes)); }

} // namespace garam::sim::insns
