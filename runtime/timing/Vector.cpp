// Vector instructions in time: rules V1 to V3 of docs/hardware/machine.md. One function for each says its beats, their
// cost, what follows, and its operands; the rest is the same for all.
#include "runtime/Error.h"
#include "runtime/timing/Timing.h"

#include <algorithm>

namespace garam::rt::timing {

namespace {

/// Levels of the fold of 64 partials.
constexpr int64_t kFoldCycles = 6;

int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// The type in four bits of a `types` field.
int64_t bytesAt(int64_t types, int shift) { return byteSize(DType(types >> shift & 15)); }

struct Builder {
  const VectorParams &vector;
  VectorWork work;

  /// rows × cols at `cost` steps a beat, `extra` cycles behind the latency.
  void shape(int64_t rows, int64_t cols, int64_t cost, int64_t extra = 0) {
    work.rows = rows, work.cols = cols, work.cost = cost;
    work.beats = vectorBeats(vector, rows, cols);
    work.after = 1 + vector.latencyCycles + extra;
  }
  void panel(const VectorPanel &panel) { work.panels[size_t(work.panelCount++)] = panel; }
};

void map(Builder &b, const VecMapArgs &args, const Chain &chain) {
  const bool reduces = chain.reduction != Reduction::None;
  int64_t cost = reduces;
  for (const Step &step : chain.steps)
    cost += stepCost(step.op);
  b.shape(args.rows, args.cols, std::max<int64_t>(1, cost), reduces ? kFoldCycles : 0);
  const int64_t addresses[] = {args.s0, args.s1, args.s2}, strides[] = {args.s0Stride, args.s1Stride, args.s2Stride};
  for (size_t i = 0; i < 3; ++i)
    if (const ChainOperand &source = chain.sources[i]; source.present)
      b.panel({addresses[i], strides[i], byteSize(source.type), source.perRow});
  if (chain.dst.present)
    b.panel({args.dst, args.dstStride, byteSize(chain.dst.type), chain.dst.perRow, true});
}

void rotate(Builder &b, const VecRotateArgs &args) {
  b.shape(args.rows, args.heads * args.dim, 3); // two products and a sum
  b.panel({args.src, args.srcStride, bytesAt(args.types, 0)});
  b.panel({args.cos, args.cosStride, args.dim * 4, true});
  b.panel({args.sin, args.sinStride, args.dim * 4, true});
  b.panel({args.dst, args.dstStride, bytesAt(args.types, 4), false, true});
}

void transpose(Builder &b, const VecTransposeArgs &args) {
  b.shape(args.rows, args.cols, 1);
  b.panel({args.src, args.srcStride, bytesAt(args.types, 0)});
}

void scan(Builder &b, const VecScanArgs &args) {
  // A step of the scan adds one distance of 1, 2, 4, … lanes, then the carry.
  int64_t levels = 1;
  while ((int64_t(1) << levels) < std::min(args.cols, b.vector.lanes))
    ++levels;
  b.shape(args.rows, args.cols, levels + 1);
  b.panel({args.src, args.srcStride, bytesAt(args.types, 0)});
  b.panel({args.dst, args.dstStride, bytesAt(args.types, 4), false, true});
}

void argmax(Builder &b, const VecArgmaxArgs &args) {
  b.shape(args.rows, args.cols, 2, 2 * kFoldCycles); // a compare and a select, then the folds of both
  b.panel({args.src, args.srcStride, bytesAt(args.types, 0)});
}

} // namespace

int64_t vectorBeats(const VectorParams &vector, int64_t rows, int64_t cols) {
  if (rows <= 0 || cols <= 0)
    return 0;
  if (cols <= vector.lanes)
    return ceilDiv(rows, vector.lanes / cols);
  return rows * ceilDiv(cols, vector.lanes);
}

VectorWork vectorWork(const VectorParams &vector, Opcode opcode, const SlotValues &values, const Chain *chain) {
  Builder b{vector, {}};
  switch (opcode) {
  case Opcode::VecMap:
    map(b, VecMapArgs::from(values), *chain);
    break;
  case Opcode::VecRotate:
    rotate(b, VecRotateArgs::from(values));
    break;
  case Opcode::VecTranspose:
    transpose(b, VecTransposeArgs::from(values));
    break;
  case Opcode::VecScan:
    scan(b, VecScanArgs::from(values));
    break;
  case Opcode::VecArgmax:
    argmax(b, VecArgmaxArgs::from(values));
    break;
  case Opcode::VectorSync:
    break;
  default:
    throw Error(ErrorKind::Internal, fmt::format("opcode {:#x}", int(opcode)), "has no time on the vector engine",
                "one of runtime/timing/Vector.cpp");
  }
  return b.work;
}

} // namespace garam::rt::timing
