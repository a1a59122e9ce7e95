#include "runtime/timing/Bursts.h"

#include <algorithm>

namespace garam::rt {

int64_t burstGrain(const Chip &chip) { return std::min(chip.dram.interleaveBytes, chip.dma.burstBytes); }

/// Folds dimensions that continue dimension 0 on both sides into it, so that a dense tile is one contiguous piece.
static void mergeContiguous(DmaShape &shape, bool indexed) {
  int last = indexed ? 3 : 4;
  for (int d = 1; d <= last; ++d) {
    if (shape.counts[d] == 1)
      continue;
    if (shape.srcStrides[d] != shape.counts[0] || shape.dstStrides[d] != shape.counts[0])
      return;
    shape.counts[0] *= shape.counts[d];
    shape.counts[d] = 1;
  }
}

BurstCursor::BurstCursor(const Chip &chip, const Transfer &asked) : transfer(asked), grain(burstGrain(chip)) {
  mergeContiguous(transfer.shape, !transfer.indices.empty());
  done = transfer.shape.bytes() <= 0;
  if (!done)
    startPiece();
}

void BurstCursor::startPiece() {
  const DmaShape &shape = transfer.shape;
  src = transfer.src;
  dst = transfer.dst;
  for (int d = 1; d < 5; ++d) {
    bool indexed = d == 4 && !transfer.indices.empty();
    int64_t global = indexed ? transfer.indices[index[d]] : index[d];
    src += (transfer.toGlobal ? index[d] : global) * shape.srcStrides[d];
    dst += (transfer.toGlobal ? global : index[d]) * shape.dstStrides[d];
  }
  left = shape.counts[0];
}

void BurstCursor::nextPiece() {
  for (int d = 1; d < 5; ++d) {
    if (++index[d] < transfer.shape.counts[d])
      return startPiece();
    index[d] = 0;
  }
  done = true;
}

bool BurstCursor::next(Burst &burst) {
  if (done)
    return false;
  int64_t global = transfer.toGlobal ? dst : src;
  int64_t bytes = std::min(left, grain - global % grain);
  burst = {src, dst, bytes};
  src += bytes;
  dst += bytes;
  left -= bytes;
  if (left == 0)
    nextPiece();
  return true;
}

BurstTotals countBursts(const Chip &chip, const Transfer &transfer) {
  BurstTotals totals{0, 0};
  BurstCursor cursor(chip, transfer);
  for (Burst burst; cursor.next(burst);) {
    ++totals.bursts;
    totals.bytes += burst.bytes;
  }
  return totals;
}

} // namespace garam::rt
