// Matmuls of one operand and their epilogues as rows × columns: what conversion and cost model both read.
#pragma once

#include "lowering/graph/GroupInfo.h"
#include "runtime/chip/Chip.h"

namespace garam::lowering {

struct MatmulGroup {
  RowSpace space;                             ///< rows: leading dimensions and m; columns: n
  int64_t depth = 1;                          ///< k
  Access a;                                   ///< column stride: along k
  Access b;                                   ///< row strides: of the leading dimensions, zero if shared
  int64_t bColumn = 1, bDepth = 1;            ///< strides along n and k
  mlir::Type aType, bType;                    ///< as they lie in memory
  bool transposed = false;                    ///< the tile of b in L1 is [n, k]
  llvm::MapVector<mlir::Value, Access> loads; ///< leaves of the epilogue
  std::vector<Access> stores;
  llvm::SmallVector<int> outputs; ///< which results of the group the stores are
  RowPlan plan;

  bool batched() const {
    return llvm::any_of(b.rows, [](int64_t stride) { return stride != 0; });
  }
};
/// One for each product of the group, all of the same operand a and on the same rows.
mlir::FailureOr<std::vector<MatmulGroup>> matmulGroups(const GroupInfo &info);

/// Type in which the array takes an operand: its own where the chip multiplies it, else one that holds it exactly.
/// Nothing where there is none.
std::optional<std::pair<mlir::Type, mlir::Type>> arrayTypes(const rt::Chip &chip, mlir::Type a, mlir::Type b);

/// Tiles of a matmul: rows of m, columns of n, depth of k, and what stays while the other loops.
struct MatmulTiles {
  int64_t m, n, k;
  bool rowsOutside; ///< m outside n: a tile of a stays while b streams past it
};
/// Elements from a row of a's tile in L1 to the next. The array reads one row after the other: where they would all
/// begin in the same few banks, which then nobody else gets for a whole pass, a row is one beat longer.
int64_t pitchOf(const rt::Chip &chip, int64_t columns, mlir::Type type);
/// Bytes of L1 and of the accumulator that one core needs.
struct MatmulFootprint {
  int64_t l1, acc;
};
MatmulFootprint footprint(const rt::Chip &chip, llvm::ArrayRef<MatmulGroup> groups, const RowTiling &tiling,
                          const MatmulTiles &tiles, int64_t depthA, int64_t depthB, int64_t depthOut);

} // namespace garam::lowering
