// What an engine wants of its L1: a run, step by step. A step is a cycle of the engine in which nothing holds it.
// Rules A1 to A5 of docs/hardware/machine.md.
#pragma once

#include "runtime/chip/Chip.h"
#include "runtime/isa/Descriptor.h"
#include "runtime/isa/Isa.h"

#include <array>
#include <cstdint>
#include <vector>

namespace garam::sim {

/// Who asks, in order of priority. Dma stands for all that comes through the NoC or from dma_in: it is never refused.
enum class L1Client : uint8_t { Dma, Matrix, Vector, DmaOut };
inline constexpr int kL1Clients = 4;

/// Accesses at steps phase, phase + every, …: access i touches, for each of `rows` rows, `bytes` bytes at
/// base + (i / inner) · outerStride + (i mod inner) · innerStride + row · rowStride.
struct L1Stream {
  int64_t base = 0;
  int64_t every = 1, phase = 0, count = 0;  ///< count: accesses
  int64_t inner = 1, innerStride = 0, outerStride = 0;
  int64_t rows = 1, rowStride = 0, totalRows = 0;  ///< of the last access, only rows below totalRows - (i / inner) · rows
  int64_t bytes = 0, rowBytes = 0;                 ///< an access ends at rowBytes of its row
  bool write = false;
};

/// Steps with fixed streams.
struct L1Piece {
  int64_t steps = 0;
  int streams = 0;
  std::array<L1Stream, 6> stream;
  void clear() { steps = streams = 0; }
  void add(const L1Stream &own) {
    if (own.base < rt::kAccBase && own.count > 0 && own.bytes > 0)
      stream[size_t(streams++)] = own;
  }
};

/// A set of banks.
struct BankMask {
  std::array<uint64_t, 16> words;
};

/// Which banks an address range lies in: rule A1.
class BankMap {
public:
  explicit BankMap(const rt::L1Params &l1);
  size_t words() const { return size_t(banks + 63) / 64; }
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

private:
  int64_t beatOf(int64_t address) const { return beatShift >= 0 ? address >> beatShift : address / beatBytes; }
  void addMany(int64_t first, int64_t last, BankMask &mask) const;
  int64_t banks, beatBytes;
  int beatShift, bankShift;  ///< -1: no power of two
  uint64_t all;
};

struct L1Run {
  L1Client client = L1Client::Dma;
  int tag = 0;        ///< comes back with the completion
  int64_t start = 0;  ///< cycle of the first step
  // A matrix run has a piece for each pass; others have one.
  bool isStream = false;
  rt::MmaArgs mma{};
  int64_t pass = 0, passes = 1;
  L1Piece piece;

  // Where it is.
  int64_t position = 0;  ///< in the piece
};

/// Weights of the first pass of a product.
void beginPreload(const rt::MatrixParams &matrix, const rt::MmaArgs &args, L1Run &run);
/// All passes of a product, the weights of each next one beside them.
void beginStream(const rt::MatrixParams &matrix, const rt::MmaArgs &args, L1Run &run);
/// The next pass of a stream; false if there is none.
bool nextPass(const rt::MatrixParams &matrix, L1Run &run);
/// Beats of a vector instruction; no steps if it has none.
void beginVector(const rt::VectorParams &vector, rt::Opcode opcode, const rt::SlotValues &values, const rt::Chain *chain, L1Run &run);
/// `bytes` from `address`, `width` a cycle.
void beginLinear(int64_t address, int64_t bytes, int64_t width, bool write, L1Run &run);

/// Adds the banks that the run touches in its present step.
void addBanks(const BankMap &map, const L1Run &run, BankMask &reads, BankMask &writes);

}  // namespace garam::sim
