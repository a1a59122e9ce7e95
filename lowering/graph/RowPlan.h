// What the vector engine does to one tile of rows: a group's elementwise and row-wise ops as chains over buffers,
// before any size of a tile is chosen. Conversion emits it, the cost model prices it.
#pragma once

#include "dialects/graph/Graph.h"
#include "runtime/chip/Chip.h"
#include "runtime/isa/Descriptor.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"

#include <optional>
#include <vector>

namespace garam::lowering {

/// What of rows × columns a buffer holds.
enum class Extent { Full, Row, Column, Scalar };

struct PlanBuffer {
  Extent extent;
  mlir::Type type;
  mlir::Value leaf;     ///< loaded from this value; null: written by a step of the plan
  bool acc = false;     ///< the product of a group's root, in the accumulator
  bool indices = false; ///< one integer per row, for a gather
  bool stored = false;  ///< a result of the group
};

enum class PlanKind { Map, Rotate, Insn, Gather };

struct PlanStep {
  PlanKind kind;
  llvm::SmallVector<int, 3> sources; ///< buffers; Rotate: x, cos, sin; Gather: indices
  int target = -1, reduced = -1;     ///< buffers; -1: none
  rt::Chain chain;                   ///< Map: steps, constants, reduction; the types follow from the buffers
  mlir::Operation *op = nullptr;     ///< where it comes from
};

struct RowPlan {
  std::vector<PlanBuffer> buffers;
  std::vector<PlanStep> steps;
  llvm::SmallVector<int> results; ///< buffer of each value asked for

  /// Bytes of one tile with `rows` × `columns`: loaded, written and stored buffers, each `depth` times where it moves.
  int64_t bytes(int64_t rows, int64_t columns, int64_t loadDepth, int64_t storeDepth) const;
  /// Cycles of the vector engine for one tile.
  int64_t cycles(const rt::VectorParams &vector, int64_t rows, int64_t columns) const;
};

/// Builds the plan for `results`, computed by `members` (in order). `extents` gives what each leaf covers; `root`, if
/// not null, is a value that stands in the accumulator. Reports on the op it cannot express.
mlir::FailureOr<RowPlan> planRows(llvm::ArrayRef<mlir::Operation *> members, mlir::ValueRange results, mlir::Value root,
                                  const llvm::DenseMap<mlir::Value, Extent> &extents, int64_t columns);

} // namespace garam::lowering
