// The cost model: cycles that a group takes under a mapping, from runtime/timing and the rates of the memories, and the
// mapping that takes fewest.
#pragma once

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

/// Rates of the memories, in bytes per core cycle.
struct Rates {
  double hbm;     ///< all cores together
  double shared;  ///< all cores together; HBM's where there is no shared memory
  double noc;     ///< all cores together, whatever the memories
  double core;    ///< one core's DMA in large bursts
  explicit Rates(const rt::Chip &chip);

  /// All cores together, of the memory that a value of the group's inside lies in.
  double of(const GroupInfo &info, mlir::Value base) const;
  /// Cycles that one core's DMA takes for `bytes` in contiguous pieces of `piece` bytes: short ones are bound by the number
  /// of bursts in flight.
  double move(double bytes, double piece) const;

private:
  bool hasShared;
  double cyclesPerBurst, burstBytes;
};
/// L1 that a mapping may fill; a little is left for alignment.
int64_t l1Budget(const rt::Chip &chip);

struct Choice {
  Mapping mapping;
  double cycles = 0;
};

/// The cheapest mapping, and what a given one holds. An error names the group and what does not fit at the smallest tiles.
mlir::FailureOr<Choice> chooseRows(const rt::Chip &chip, const GroupInfo &info);
mlir::FailureOr<Choice> chooseMatmul(const rt::Chip &chip, const GroupInfo &info);
mlir::FailureOr<Choice> chooseAttention(const rt::Chip &chip, const GroupInfo &info);
mlir::FailureOr<Choice> chooseReduceRows(const rt::Chip &chip, const GroupInfo &info);
mlir::FailureOr<Choice> chooseParts(const rt::Chip &chip, const GroupInfo &info);  ///< concat, update
mlir::FailureOr<Choice> choose(const rt::Chip &chip, const GroupInfo &info);

/// Keys that a mapping of this kind of group must have, as `tile.m`.
std::vector<std::string> requiredKeys(GroupKind kind);
mlir::FailureOr<Footprint> footprintOf(const rt::Chip &chip, const GroupInfo &info, const Mapping &mapping);

}  // namespace garam::lowering
