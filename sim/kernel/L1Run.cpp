#include "sim/kernel/L1Run.h"

#include "runtime/timing/Timing.h"

#include <algorithm>

namespace garam::sim {
namespace {

int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

struct MmaShape {
  rt::DType a, w;
  int64_t kTiles, nTiles;
  bool transposed;

  MmaShape(const rt::MatrixParams &matrix, const rt::MmaArgs &args)
      : a(rt::DType(args.types & 15)), w(rt::DType(args.types >> 4 & 15)), kTiles(ceilDiv(args.k, matrix.rows)),
        nTiles(ceilDiv(args.n, matrix.columns)), transposed(args.types >> 8 & 1) {}
};

/// Rule A4: the weights of a pass, rows of k in order; of a transposed operand, rows of n.
L1Stream weights(const rt::MatrixParams &matrix, const rt::MmaArgs &args, int64_t pass, int64_t &cycles) {
  MmaShape shape(matrix, args);
  const int64_t kTile = pass % shape.kTiles, nTile = pass / shape.kTiles, bytes = rt::byteSize(shape.w);
  const int64_t k = std::min(matrix.rows, args.k - kTile * matrix.rows),
                n = std::min(matrix.columns, args.n - nTile * matrix.columns);
  cycles = std::max<int64_t>(1, ceilDiv(k * bytes, 2 * matrix.weightRowsPerCycle));
  L1Stream stream;
  const int64_t major = shape.transposed ? n : k, minor = shape.transposed ? k : n;
  const int64_t first = shape.transposed ? nTile * matrix.columns : kTile * matrix.rows;
  const int64_t second = shape.transposed ? kTile * matrix.rows : nTile * matrix.columns;
  stream.base = args.w + first * args.wStride + second * bytes;
  stream.rows = ceilDiv(major, cycles);
  stream.every = std::max<int64_t>(1, cycles / ceilDiv(major, stream.rows));
  stream.count = ceilDiv(major, stream.rows);
  stream.totalRows = major;
  stream.rowStride = args.wStride;
  stream.outerStride = stream.rows * args.wStride;
  stream.bytes = stream.rowBytes = minor * bytes;
  return stream;
}

int64_t streamCycles(const rt::MatrixParams &matrix, const rt::MmaArgs &args, int64_t m) {
  MmaShape shape(matrix, args);
  return rt::timing::mma(matrix, shape.a, shape.w, m, 1, 1).stream;
}

void loadPass(const rt::MatrixParams &matrix, L1Run &run) {
  const rt::MmaArgs &args = run.mma;
  MmaShape shape(matrix, args);
  const int64_t rows = streamCycles(matrix, args, args.m), kTile = run.pass % shape.kTiles;
  L1Stream moving;
  moving.base = args.a + kTile * matrix.rows * rt::byteSize(shape.a);
  moving.rows = std::max<int64_t>(1, ceilDiv(args.m, rows));
  moving.every = std::max<int64_t>(1, rows / args.m);
  moving.count = ceilDiv(args.m, moving.rows);
  moving.totalRows = args.m;
  moving.rowStride = args.aStride;
  moving.outerStride = moving.rows * args.aStride;
  moving.bytes = moving.rowBytes = std::min(matrix.rows, args.k - kTile * matrix.rows) * rt::byteSize(shape.a);
  run.piece.clear();
  run.piece.steps = rows;
  run.piece.add(moving);
  if (run.pass + 1 < run.passes) {
    int64_t cycles;
    L1Stream next = weights(matrix, args, run.pass + 1, cycles);
    run.piece.add(next);
    run.piece.steps = std::max(rows, cycles);
  }
  run.position = 0;
}

/// Rows × columns in beats: rule V2.
L1Stream panel(const rt::VectorParams &vector, int64_t base, int64_t stride, int64_t rows, int64_t cols, int64_t bytes,
               bool perRow, int64_t cost, bool write) {
  L1Stream stream;
  stream.base = base;
  stream.every = cost;
  stream.phase = write ? cost - 1 : 0;
  stream.write = write;
  stream.rowStride = stride;
  stream.totalRows = rows;
  stream.count = rt::timing::vectorBeats(vector, rows, cols);
  stream.rowBytes = perRow ? bytes : cols * bytes;
  if (cols <= vector.lanes) {
    stream.rows = vector.lanes / cols;
    stream.outerStride = stream.rows * stride;
    stream.bytes = stream.rowBytes;
  } else {
    stream.inner = ceilDiv(cols, vector.lanes);
    stream.innerStride = perRow ? 0 : vector.lanes * bytes;
    stream.outerStride = stride;
    stream.bytes = perRow ? bytes : vector.lanes * bytes;
  }
  return stream;
}

} // namespace

void beginPreload(const rt::MatrixParams &matrix, const rt::MmaArgs &args, L1Run &run) {
  run.client = L1Client::Matrix;
  run.isStream = false;
  run.passes = 1;
  run.piece.clear();
  run.piece.add(weights(matrix, args, 0, run.piece.steps));
  run.position = 0;
}

void beginStream(const rt::MatrixParams &matrix, const rt::MmaArgs &args, L1Run &run) {
  run.client = L1Client::Matrix;
  run.isStream = true;
  run.mma = args;
  MmaShape shape(matrix, args);
  run.pass = 0;
  run.passes = shape.kTiles * shape.nTiles;
  loadPass(matrix, run);
}

bool nextPass(const rt::MatrixParams &matrix, L1Run &run) {
  if (!run.isStream || ++run.pass >= run.passes)
    return false;
  loadPass(matrix, run);
  return true;
}

void beginVector(const rt::VectorParams &vector, rt::Opcode opcode, const rt::SlotValues &v, const rt::Chain *chain,
                 L1Run &run) {
  run.client = L1Client::Vector;
  run.isStream = false;
  run.piece.clear();
  run.position = 0;
  auto bytes = [](int64_t type) { return int64_t(rt::byteSize(rt::DType(type & 15))); };
  int64_t beats = 0, cost = 1;
  auto finish = [&] { run.piece.steps = beats * cost; };
  switch (opcode) {
  case rt::Opcode::VecMap: {
    auto args = rt::VecMapArgs::from(v);
    beats = rt::timing::vectorBeats(vector, args.rows, args.cols);
    cost = chain->reduction != rt::Reduction::None;
    for (const rt::Step &step : chain->steps)
      cost += rt::stepCost(step.op);
    cost = std::max<int64_t>(1, cost);
    const int64_t bases[] = {args.s0, args.s1, args.s2}, strides[] = {args.s0Stride, args.s1Stride, args.s2Stride};
    for (size_t i = 0; beats && i < 3; ++i)
      if (const rt::ChainOperand &own = chain->sources[i]; own.present)
        run.piece.add(
            panel(vector, bases[i], strides[i], args.rows, args.cols, rt::byteSize(own.type), own.perRow, cost, false));
    if (beats && chain->dst.present)
      run.piece.add(panel(vector, args.dst, args.dstStride, args.rows, args.cols, rt::byteSize(chain->dst.type),
                          chain->dst.perRow, cost, true));
    return finish();
  }
  case rt::Opcode::VecRotate: {
    auto args = rt::VecRotateArgs::from(v);
    const int64_t cols = args.heads * args.dim;
    beats = rt::timing::vectorBeats(vector, args.rows, cols);
    cost = 3;
    if (!beats)
      return finish();
    run.piece.add(panel(vector, args.src, args.srcStride, args.rows, cols, bytes(args.types), false, cost, false));
    for (auto [base, stride] : {std::pair(args.cos, args.cosStride), std::pair(args.sin, args.sinStride)})
      run.piece.add(panel(vector, base, stride, args.rows, cols, args.dim * 4, true, cost, false));
    run.piece.add(panel(vector, args.dst, args.dstStride, args.rows, cols, bytes(args.types >> 4), false, cost, true));
    return finish();
  }
  case rt::Opcode::VecTranspose:
  case rt::Opcode::VecScan:
  case rt::Opcode::VecArgmax: {
    const int64_t rows = v[0], cols = v[1];
    beats = rt::timing::vectorBeats(vector, rows, cols);
    if (!beats)
      return finish();
    const int64_t total = opcode == rt::Opcode::VecTranspose ? rt::timing::vecTranspose(vector, rows, cols)
                          : opcode == rt::Opcode::VecScan    ? rt::timing::vecScan(vector, rows, cols)
                                                             : rt::timing::vecArgmax(vector, rows, cols);
    // What an instruction of no beats takes, the fold of vec.argmax among it, comes after the last beat.
    const int64_t after = opcode == rt::Opcode::VecArgmax ? rt::timing::vecArgmax(vector, 0, 0) : 1 + vector.latencyCycles;
    cost = std::max<int64_t>(1, (total - after) / beats);
    run.piece.add(panel(vector, v[2], v[3], rows, cols, bytes(v[6]), false, cost, false));
    if (opcode == rt::Opcode::VecScan)
      run.piece.add(panel(vector, v[4], v[5], rows, cols, bytes(v[6] >> 4), false, cost, true));
    return finish();
  }
  default:
    return;
  }
}

void beginLinear(int64_t address, int64_t bytes, int64_t width, bool write, L1Run &run) {
  run.isStream = false;
  run.piece.clear();
  run.position = 0;
  L1Stream stream;
  stream.base = address;
  stream.inner = stream.count = run.piece.steps = ceilDiv(bytes, width);
  stream.innerStride = stream.bytes = width;
  stream.rowBytes = bytes;
  stream.totalRows = 1;
  stream.write = write;
  run.piece.add(stream);
}

} // namespace garam::sim
