#include "sim/kernel/L1Stream.h"

#include <algorithm>
#include <bit>

namespace garam::sim {

BankMap::BankMap(const rt::L1Params &l1)
    : banks(l1.banks), beatBytes(l1.beatBytes), used(size_t(banks + 63) / 64),
      beatShift(std::has_single_bit(uint64_t(beatBytes)) ? std::countr_zero(uint64_t(beatBytes)) : -1),
      bankShift(std::has_single_bit(uint64_t(banks)) ? std::countr_zero(uint64_t(banks)) : -1),
      all(banks >= 64 ? ~uint64_t(0) : (uint64_t(1) << banks) - 1) {}

void BankMap::addMany(int64_t first, int64_t last, BankMask &mask) const {
  // More beats than banks touch them all: one turn is enough.
  for (int64_t beat = std::max(first, last - banks + 1); beat <= last; ++beat) {
    auto bank = size_t(beat % banks);
    mask.words[bank / 64] |= uint64_t(1) << (bank % 64);
  }
}

void addAccess(const BankMap &map, const L1Stream &stream, int64_t i, BankMask &mask) {
  const int64_t outer = stream.inner > 1 ? i / stream.inner : i, inner = i - outer * stream.inner;
  const int64_t rows = std::min(stream.rows, stream.totalRows - outer * stream.rows);
  const int64_t bytes = std::min(stream.bytes, stream.rowBytes - inner * stream.innerStride);
  int64_t address = stream.base + outer * stream.outerStride + inner * stream.innerStride;
  for (int64_t row = 0; row < rows; ++row, address += stream.rowStride)
    map.add(address, bytes, mask);
}

} // namespace garam::sim
