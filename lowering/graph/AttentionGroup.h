// Attention as tiles: what conversion and cost model both read.
#pragma once

#include "lowering/graph/GroupInfo.h"
#include "runtime/chip/Chip.h"

namespace garam::lowering {

struct AttentionGroup {
  mutable graph::AttentionOp op; ///< MLIR's accessors are not const
  int64_t batch, heads, kvHeads, queries, keys, dim, valueDim;
  View q, k, v;                   ///< [B,H,S,D], [B,Hkv,T,D], [B,Hkv,T,Dv] of memory
  std::optional<View> mask, bias; ///< [B,T]; [B,H,S,T]
  View out;                       ///< [B,H,S,Dv] in the result
  mlir::Type qType, kType, vType, outType, maskType, biasType;
  /// Causal by the attribute or by a position.
  bool causal() const { return op.getCausal() || op.getPos(); }
  int64_t perKvHead() const { return heads / kvHeads; }
};
mlir::FailureOr<AttentionGroup> attentionGroup(const GroupInfo &info);

/// Key heads that are loaded together, queries and keys of a tile. Where all keys are one tile, softmax takes one pass,
/// else it keeps a running maximum and sum for one head at a time.
struct AttentionTiles {
  int64_t heads, q, kv;
};
/// Whether one tile holds all keys: never with a position, where the keys in use are known at run time only.
bool singlePass(const AttentionGroup &group, const AttentionTiles &tiles);
/// Rows of a score tile: queries, or the heads that share a key head where there is one query.
int64_t scoreRows(const AttentionGroup &group, const AttentionTiles &tiles);
struct AttentionFootprint {
  int64_t l1, acc;
};
AttentionFootprint footprint(const AttentionGroup &group, const AttentionTiles &tiles, int64_t depthLoads,
                             int64_t depthScores);

} // namespace garam::lowering
