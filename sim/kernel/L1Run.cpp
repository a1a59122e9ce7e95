#include "sim/kernel/L1Run.h"

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
  const int64_t rows = run.rowCycles, kTile = run.pass % shape.kTiles;
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
L1Stream panel(const rt::VectorParams &vector, const rt::timing::VectorWork &work, const rt::timing::VectorPanel &own) {
  L1Stream stream;
  stream.base = own.address;
  stream.every = work.cost;
  stream.phase = own.write ? work.cost - 1 : 0;
  stream.write = own.write;
  stream.rowStride = own.stride;
  stream.totalRows = work.rows;
  stream.count = work.beats;
  stream.rowBytes = own.perRow ? own.bytes : work.cols * own.bytes;
  if (work.cols <= vector.lanes) {
    stream.rows = vector.lanes / work.cols;
    stream.outerStride = stream.rows * own.stride;
    stream.bytes = stream.rowBytes;
  } else {
    stream.inner = ceilDiv(work.cols, vector.lanes);
    stream.innerStride = own.perRow ? 0 : vector.lanes * own.bytes;
    stream.outerStride = own.stride;
    stream.bytes = own.perRow ? own.bytes : vector.lanes * own.bytes;
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
  run.rowCycles = streamCycles(matrix, args, args.m);
  loadPass(matrix, run);
}

bool nextPass(const rt::MatrixParams &matrix, L1Run &run) {
  if (!run.isStream || ++run.pass >= run.passes)
    return false;
  loadPass(matrix, run);
  return true;
}

void beginVector(const rt::VectorParams &vector, const rt::timing::VectorWork &work, L1Run &run) {
  run.client = L1Client::Vector;
  run.isStream = false;
  run.piece.clear();
  run.position = 0;
  run.piece.steps = work.beats * work.cost;
  for (int i = 0; work.beats && i < work.panelCount; ++i)
    run.piece.add(panel(vector, work, work.panels[size_t(i)]));
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
