// The banks of an L1 and the steps of a run on them: rule A1 and the shape that rules A4 and A5 give to every access.
#pragma once

#include "runtime/chip/Chip.h"
#include "runtime/isa/Isa.h"

#include <array>
#include <cstdint>

namespace garam::sim {

/// Accesses at steps phase, phase + every, …: access i touches, for each of `rows` rows, `bytes` bytes at
/// base + (i / inner) · outerStride + (i mod inner) · innerStride + row · rowStride.
struct L1Stream {
  int64_t base = 0;
  int64_t every = 1, phase = 0, count = 0; ///< count: accesses
  int64_t inner = 1, innerStride = 0, outerStride = 0;
  int64_t rows = 1, rowStride = 0,
          totalRows = 0;           ///< of the last access, only rows below totalRows - (i / inner) · rows
  int64_t bytes = 0, rowBytes = 0; ///< an access ends at rowBytes of its row
  bool write = false;
};

/// Steps with fixed streams.
struct L1Piece {
  static constexpr int64_t kUnknown = -1;
  int64_t steps = 0;
  int64_t period = kUnknown; ///< L1Place::period of it, once asked for
  int streams = 0;
  std::array<L1Stream, 6> stream;
  void clear() {
    steps = streams = 0;
    period = kUnknown;
  }
  void add(const L1Stream &own) {
    period = kUnknown;
    if (own.base < rt::kAccBase && own.count > 0 && own.bytes > 0)
      stream[size_t(streams++)] = own;
  }
};

/// A set of banks.
struct BankMask {
  std::array<uint64_t, 16> words;
  void clear(size_t used) {
    words[0] = 0;
    for (size_t w = 1; w < used; ++w)
      words[w] = 0;
  }
};

/// Which banks an address range lies in: rule A1.
class BankMap {
public:
  explicit BankMap(const rt::L1Params &l1);
  size_t words() const { return used; }
  void add(int64_t address, int64_t bytes, BankMask &mask) const {
    const int64_t first = beatOf(address), last = beatOf(address + bytes - 1);
    if (banks > 64)
      return addMany(first, last, mask);
    if (last - first >= banks - 1) {
      mask.words[0] |= all;
      return;
    }
    // A run of ones, turned within the banks.
    const uint64_t ones = (uint64_t(2) << (last - first)) - 1;
    const int64_t at = bankShift >= 0 ? first & (banks - 1) : first % banks;
    mask.words[0] |= (ones << at | (at ? ones >> (banks - at) : 0)) & all;
  }

  /// Bytes of one turn through all banks.
  int64_t turnBytes() const { return banks * beatBytes; }
  /// Banks by which an address that lies `stride` further lies further, the same for all addresses; -1: it differs.
  int64_t turnOf(int64_t stride) const {
    if (beatShift >= 0 && bankShift >= 0)
      return stride & (beatBytes - 1) ? -1 : (stride >> beatShift) & (banks - 1);
    return stride % beatBytes ? -1 : ((stride / beatBytes) % banks + banks) % banks;
  }
  /// A set of at most 64 banks, each moved by `turn`, below `banks`.
  uint64_t turned(uint64_t set, int64_t turn) const { return turn ? (set << turn | set >> (banks - turn)) & all : set; }

private:
  int64_t beatOf(int64_t address) const { return beatShift >= 0 ? address >> beatShift : address / beatBytes; }
  void addMany(int64_t first, int64_t last, BankMask &mask) const;
  int64_t banks, beatBytes;
  size_t used;              ///< words of a mask
  int beatShift, bankShift; ///< -1: no power of two
  uint64_t all;
};

/// Adds the banks of the i-th access of a stream.
void addAccess(const BankMap &map, const L1Stream &stream, int64_t i, BankMask &mask);

} // namespace garam::sim
