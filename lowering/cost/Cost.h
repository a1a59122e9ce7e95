// The cost model: cycles that a group takes under a mapping, from runtime/timing and the rates of the memories, and the
// mapping that takes fewest.
#pragma once

#include "lowering/cost/Rates.h"
#include "lowering/graph/AttentionGroup.h"
#include "lowering/graph/GroupInfo.h"
#include "lowering/graph/MatmulGroup.h"

#include <map>
#include <string>
#include <vector>

namespace garam::lowering {

/// #graph.mapping as plain data.
struct Mapping {
  std::map<std::string, int64_t> tile, grid, depth;
  std::vector<std::string> order;
  std::map<std::string, std::string> place;

  graph::MappingAttr attr(mlir::MLIRContext *context) const;
  static Mapping from(graph::MappingAttr attr);
};

/// What one core holds at once, against what the chip has.
struct Footprint {
  int64_t l1 = 0, acc = 0, cores = 1;
};

/// L1 that a mapping may fill; a little is left for alignment.
int64_t l1Budget(const rt::Chip &chip);

struct Choice {
  Mapping mapping;
  double cycles = 0;
  double idle = 0; ///< of them the last ones, in which a core loads nothing
};

/// What the group before leaves to one: time at its end and L1, to load constants ahead (task-prefetch).
struct Before {
  double idle = 0;
  int64_t l1Bytes = 0;
};

/// The cheapest mapping, and what a given one holds. An error names the group and what does not fit at the smallest
/// tiles.
mlir::FailureOr<Choice> chooseRows(const rt::Chip &chip, const GroupInfo &info);
mlir::FailureOr<Choice> chooseMatmul(const rt::Chip &chip, const GroupInfo &info, const Before &before);
mlir::FailureOr<Choice> chooseAttention(const rt::Chip &chip, const GroupInfo &info);
mlir::FailureOr<Choice> chooseReduceRows(const rt::Chip &chip, const GroupInfo &info);
mlir::FailureOr<Choice> chooseParts(const rt::Chip &chip, const GroupInfo &info); ///< concat, update
mlir::FailureOr<Choice> choose(const rt::Chip &chip, const GroupInfo &info, const Before &before);

/// Keys that a mapping of this kind of group must have, as `tile.m`.
std::vector<std::string> requiredKeys(GroupKind kind);
mlir::FailureOr<Footprint> footprintOf(const rt::Chip &chip, const GroupInfo &info, const Mapping &mapping);

} // namespace garam::lowering
