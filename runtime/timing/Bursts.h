// How a transfer is cut into bursts: rule D2 of docs/hardware/machine.md. In the contract because compiler (cost, bytes
// counted) and simulator must agree.
#pragma once

#include "runtime/chip/Chip.h"
#include "runtime/isa/Descriptor.h"

#include <array>
#include <cstdint>
#include <span>

namespace garam::rt {

struct Burst {
  int64_t src; ///< address, in the space of the instruction's source
  int64_t dst;
  int64_t bytes;
};

/// A transfer with its registers sampled. `indices` is empty, or holds one entry per step of dimension 4, applied to
/// the global side: the source of a gather, the destination of a scatter.
struct Transfer {
  DmaShape shape;
  int64_t src = 0, dst = 0;
  bool toGlobal = false; ///< a store: `dst` is the global address, else `src` is
  std::span<const int64_t> indices;
};

/// Yields the bursts of a transfer one by one, without storing them.
class BurstCursor {
public:
  BurstCursor(const Chip &chip, const Transfer &transfer);
  /// False when there is none left.
  bool next(Burst &burst);

private:
  Transfer transfer;
  int64_t grain;                  ///< no burst crosses a multiple of it on the global side
  std::array<int64_t, 5> index{}; ///< of the current piece, dimension 0 unused
  int64_t src = 0, dst = 0, left = 0;
  bool done = false;

  void startPiece();
  void nextPiece();
};

/// Largest burst of a chip, and the alignment that no burst crosses: the smaller of channel interleave and burst size.
int64_t burstGrain(const Chip &chip);

/// Number of bursts and bytes of a transfer.
struct BurstTotals {
  int64_t bursts, bytes;
};
BurstTotals countBursts(const Chip &chip, const Transfer &transfer);

} // namespace garam::rt
