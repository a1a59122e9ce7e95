// What one core holds at once under a mapping.
#include "lowering/cost/Cost.h"

using namespace mlir;

namespace garam::lowering {

FailureOr<Footprint> footprintOf(const rt::Chip &chip, const GroupInfo &info, const Mapping &mapping) {
  auto at = [](const std::map<std::string, int64_t> &entries, const char *name) {
    auto found = entries.find(name);
    return found == entries.end() ? int64_t(1) : found->second;
  };
  Footprint result;
  result.cores = at(mapping.grid, "cores");
  switch (info.kind) {
  case GroupKind::Rows:
  case GroupKind::Copy: {
    FailureOr<RowGroup> group = rowGroup(info);
    if (failed(group))
      return failure();
    RowTiling tiling = tileRows(group->space, at(mapping.tile, "rows"));
    int64_t width = std::min(at(mapping.tile, "columns"), group->space.columns);
    if (!group->elementwise && width < group->space.columns)
      return info.group.emitOpError() << "'" << info.group.getName() << "': tile.columns is " << width
                                      << "; an op that looks along the row needs all " << group->space.columns;
    result.l1 = group->plan.bytes(tiling.rows(), width, at(mapping.depth, "loads"), at(mapping.depth, "stores"));
    return result;
  }
  case GroupKind::Matmul: {
    auto groups = matmulGroups(info);
    if (failed(groups))
      return failure();
    const MatmulGroup &first = groups->front();
    MatmulTiles tiles{at(mapping.tile, "m"), at(mapping.tile, "n"), std::min(at(mapping.tile, "k"), first.depth), true};
    RowTiling tiling = tileRows(first.space, tiles.m, first.batched());
    MatmulFootprint bytes = footprint(chip, *groups, tiling, tiles, at(mapping.depth, "a"), at(mapping.depth, "b"),
                                      at(mapping.depth, "out"));
    result.l1 = bytes.l1, result.acc = bytes.acc, result.cores = at(mapping.grid, "m") * at(mapping.grid, "n");
    return result;
  }
  case GroupKind::Attention: {
    FailureOr<AttentionGroup> group = attentionGroup(info);
    if (failed(group))
      return failure();
    AttentionTiles tiles{at(mapping.tile, "heads"), at(mapping.tile, "q"), at(mapping.tile, "kv")};
    AttentionFootprint bytes = footprint(*group, tiles, at(mapping.depth, "loads"), at(mapping.depth, "scores"));
    result.l1 = bytes.l1, result.acc = bytes.acc;
    return result;
  }
  case GroupKind::ReduceRows:
  case GroupKind::Concat:
  case GroupKind::Update:
    // Two tiles of the widest type: one that moves, one that is summed.
    result.l1 = 2 * at(mapping.tile, "rows") * at(mapping.tile, "columns") * 8;
    return result;
  }
  return result;
}

} // namespace garam::lowering
