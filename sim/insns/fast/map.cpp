// vec.map in blocks: a block is as many whole rows as fit, or a piece of one row, dense; each step runs over a whole
// block.
#include "sim/insns/Kernels.h"
#include "sim/insns/fast/Convert.h"
#include "sim/insns/fast/Steps.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace garam::sim::insns::fast {

namespace {

/// Running value, saved values and operand of the block at hand.
struct Buffers {
  alignas(64) float v[kBlock], t0[kBlock], t1[kBlock], x[kBlock];
};

/// Rows [row, row + rows) and columns [col, col + cols) of the panel.
struct Block {
  const MapPanel &panel;
  Buffers &buffers;
  int64_t row, rows, col, cols;

  int64_t count() const { return rows * cols; }
  const float *operand(rt::StepArg arg, bool &broadcast) const;
  void loadSource(size_t i, float *to) const;
  void runSteps() const;
  void store() const;
  void reduce(float *partials) const;
};

void Block::loadSource(size_t i, float *to) const {
  const rt::ChainOperand &operand = panel.chain->sources[i];
  const Rows &source = panel.sources[i];
  if (!operand.present) {
    std::fill_n(to, count(), 0.0f);
  } else if (operand.perRow) {
    for (int64_t r = 0; r < rows; ++r) {
      float value;
      loadFloats(operand.type, source.row(row + r), 1, &value);
      std::fill_n(to + r * cols, cols, value);
    }
  } else if (source.stride == cols * rt::byteSize(operand.type)) {
    loadFloats(operand.type, source.at(row, col), count(), to);
  } else {
    for (int64_t r = 0; r < rows; ++r)
      loadFloats(operand.type, source.at(row + r, col), cols, to + r * cols);
  }
}

const float *Block::operand(rt::StepArg arg, bool &broadcast) const {
  float *x = buffers.x;
  broadcast = false;
  float same;
  switch (arg) {
  case rt::StepArg::None:
  case rt::StepArg::S0:
  case rt::StepArg::S1:
  case rt::StepArg::S2:
    if (arg != rt::StepArg::None)
      loadSource(size_t(arg) - size_t(rt::StepArg::S0), x);
    return x;
  case rt::StepArg::T0:
    return buffers.t0;
  case rt::StepArg::T1:
    return buffers.t1;
  case rt::StepArg::Row:
    for (int64_t r = 0; r < rows; ++r)
      std::fill_n(x + r * cols, cols, float(row + r));
    return x;
  case rt::StepArg::Col:
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t c = 0; c < cols; ++c)
        x[r * cols + c] = float(col + c);
    return x;
  case rt::StepArg::Scalar:
    same = float(panel.scalar);
    break;
  default:
    same = panel.chain->constants[size_t(arg) - size_t(rt::StepArg::Const0)];
  }
  broadcast = true;
  std::fill_n(x, kPartials, same);
  return x;
}

void Block::runSteps() const {
  const auto &steps = panel.chain->steps;
  const size_t bytes = size_t(count()) * sizeof(float);
  loadSource(0, buffers.v);
  std::memset(buffers.t0, 0, bytes);
  std::memset(buffers.t1, 0, bytes);
  for (const rt::Step &step : steps) {
    if (step.op == rt::StepOp::SaveT0 || step.op == rt::StepOp::SaveT1) {
      std::memcpy(step.op == rt::StepOp::SaveT0 ? buffers.t0 : buffers.t1, buffers.v, bytes);
      continue;
    }
    bool broadcast = false;
    const float *x = rt::stepTakesOperand(step.op) ? operand(step.arg, broadcast) : buffers.x;
    if (step.op != rt::StepOp::Set)
      applyStep(step.op, buffers.v, x, broadcast, buffers.t0, count());
    else if (broadcast)
      std::fill_n(buffers.v, count(), x[0]);
    else
      std::memcpy(buffers.v, x, bytes);
  }
}

void Block::store() const {
  if (panel.dst) // a block of several rows is as wide as the panel, so its rows are dense there too
    storeFloats(panel.chain->dst.type, buffers.v, count(),
                panel.dst + (row * panel.cols + col) * rt::byteSize(panel.chain->dst.type));
}

void Block::reduce(float *partials) const {
  const rt::Reduction reduction = panel.chain->reduction;
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const float identity = reduction == rt::Reduction::Sum ? 0 : reduction == rt::Reduction::Max ? -kInfinity : kInfinity;
  for (int64_t r = 0; r < rows; ++r) {
    const float *v = buffers.v + r * cols;
    if (panel.chain->reduceRows) {
      if (row + r == 0)
        std::fill_n(panel.reduced + col, cols, identity);
      combineRow(reduction, panel.reduced + col, v, cols);
      continue;
    }
    if (col == 0)
      std::fill_n(partials, kPartials, identity);
    combinePartials(reduction, partials, v, cols);
    if (col + cols == panel.cols)
      panel.reduced[row + r] = foldPartials(reduction, partials);
  }
}

} // namespace

void map(const MapPanel &panel) {
  if (panel.chain->integer)
    return plain::map(panel);
  static thread_local Buffers buffers;
  alignas(64) float partials[kPartials];
  const int64_t cols = std::min(panel.cols, kBlock);
  const int64_t rows = std::max<int64_t>(1, cols == panel.cols ? kBlock / cols : 1);
  for (int64_t row = 0; row < panel.rows; row += rows)
    for (int64_t col = 0; col < panel.cols; col += cols) {
      const Block block{panel, buffers, row, std::min(rows, panel.rows - row), col, std::min(cols, panel.cols - col)};
      block.runSteps();
      block.store();
      if (panel.reduced)
        block.reduce(partials);
    }
  if (panel.reduced) // in place, to make NaN canonical
    storeFloats(rt::DType::F32, panel.reduced, panel.chain->reduceRows ? panel.cols : panel.rows,
                reinterpret_cast<uint8_t *>(panel.reduced));
}

} // namespace garam::sim::insns::fast
