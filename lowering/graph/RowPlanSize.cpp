// What one tile of a row plan takes: bytes of L1 and cycles of the vector engine.
#include "lowering/graph/RowInsns.h"

#include "dialects/tile/Tile.h"
#include "runtime/timing/Timing.h"

namespace garam::lowering {

int64_t RowPlan::bytes(int64_t rows, int64_t columns, int64_t loadDepth, int64_t storeDepth) const {
  int64_t total = 0;
  for (const PlanBuffer &buffer : buffers) {
    if (buffer.acc)
      continue;
    int64_t r = buffer.extent == Extent::Full || buffer.extent == Extent::Column ? rows : 1;
    int64_t c = buffer.extent == Extent::Full || buffer.extent == Extent::Row ? columns : 1;
    bool moves = buffer.leaf && (buffer.extent == Extent::Full || buffer.extent == Extent::Column);
    int64_t bytes = (r * c * rt::byteSize(*tile::dtypeOf(buffer.type)) + 63) / 64 * 64;
    total += bytes * (moves ? loadDepth : buffer.stored && !buffer.leaf ? storeDepth : 1);
  }
  for (const PlanStep &step : steps) // a gather fills its target as a load does
    if (step.kind == PlanKind::Gather && !buffers[step.target].stored)
      total += rows * columns * rt::byteSize(*tile::dtypeOf(buffers[step.target].type)) * (loadDepth - 1);
  return total;
}

int64_t RowPlan::cycles(const rt::VectorParams &vector, int64_t rows, int64_t columns) const {
  auto cycles = [&](rt::Opcode opcode, const rt::SlotValues &values, const rt::Chain *chain = nullptr) {
    return rt::timing::vectorWork(vector, opcode, values, chain).cycles();
  };
  int64_t total = 0;
  for (const PlanStep &step : steps) {
    int shape = step.target >= 0 ? step.target : step.sources.front();
    int64_t c = buffers[shape].extent == Extent::Full || buffers[shape].extent == Extent::Row ? columns : 1;
    switch (step.kind) {
    case PlanKind::Map:
      total += cycles(rt::Opcode::VecMap, {0, rows, c}, &step.chain);
      break;
    case PlanKind::Rotate:
      total += cycles(rt::Opcode::VecRotate, {rows, 1, columns});
      break;
    case PlanKind::Insn:
      total += cycles(rowInsnOf(step.op)->opcode, {rows, columns});
      break;
    case PlanKind::Gather:
      break;
    }
  }
  return total;
}

} // namespace garam::lowering
