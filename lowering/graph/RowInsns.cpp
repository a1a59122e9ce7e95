// One line for each: groups of rows, their cost and what is emitted follow from it.
#include "lowering/graph/RowInsns.h"

#include "dialects/tile/Tile.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace garam::lowering {

template <class Tile> static void create(OpBuilder &builder, Location loc, Value x, Value out) {
  Tile::create(builder, loc, x, out);
}

std::optional<RowInsn> rowInsnOf(Operation *op) {
  return llvm::TypeSwitch<Operation *, std::optional<RowInsn>>(op)
      .Case<graph::CumsumOp>([](auto) { return RowInsn{rt::Opcode::VecScan, Extent::Full, create<tile::ScanOp>}; })
      .Case<graph::ArgmaxOp>(
          [](auto) { return RowInsn{rt::Opcode::VecArgmax, Extent::Column, create<tile::ArgmaxOp>}; })
      .Default([](Operation *) { return std::nullopt; });
}

bool givesColumn(Operation *op) {
  std::optional<RowInsn> insn = op ? rowInsnOf(op) : std::nullopt;
  return insn && insn->result == Extent::Column;
}

} // namespace garam::lowering
