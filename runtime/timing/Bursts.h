// How a transfer is cut into bursts: rule D2 of docs/hardware/machine.md. In the contract because compiler (cost, bytes
// counted) and simulator must agree.
#pragma once

#include "runtime/chip/Chip.h"
#include "runtime/isa/Descriptor.h"

#include <cstdint>
#include <functional>
#include <span>

namespace garam::rt {

struct Burst {
  int64_t src;    ///< address, in the space of the instruction's source
  int64_t dst;
  int64_t bytes;
};

/// A transfer with its registers sampled. `indices` is empty, or holds one entry per step of dimension 4, applied to the
/// source (gather) or the destination (scatter).
struct Transfer {
  DmaShape shape;
  int64_t src = 0, dst = 0;
  std::span<const int64_t> indices;
  bool scatter = false;
};

/// Yields the bursts of a transfer one by one, without storing them.
class BurstCursor {
public:
  BurstCursor(const Chip &chip, const Transfer &transfer);
  /// False when there is none left.
  bool next(Burst &burst);
  /// Bursts left without advancing costs as much as walking them: ask only for totals in the compiler.
private:
  const int64_t limit, interleave;
  Transfer transfer;
  std::array<int64_t, 5> index{};
  int64_t pieceSrc = 0, pieceDst = 0, pieceLeft = 0;
  bool done = false;
  void loadPiece();
  bool advance();
};

/// Number of bursts and bytes of a transfer.
struct BurstTotals {
  int64_t bursts, bytes;
};
BurstTotals countBursts(const Chip &chip, const Transfer &transfer);

}  // namespace garam::rt
