#include "tests/twin/units/Machine.h"

#include "runtime/timing/Timing.h"

namespace garam::twin {
namespace {

int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// ⌈m · rate⌉ of X2: the slower of both operands.
int64_t streamSteps(const rt::MatrixParams &matrix, rt::DType a, rt::DType w, int64_t m) {
  auto of = [&](rt::DType type) {
    switch (byteSize(type)) {
    case 4:
      return m * matrix.f32CyclesPerRow;
    case 2:
      return m;
    default:
      return ceilDiv(m, type == rt::DType::I8 ? matrix.i8RowsPerCycle : matrix.f8RowsPerCycle);
    }
  };
  return std::max(of(a), of(w));
}

/// Rows of an operand over so many steps (A4).
void spread(const rt::Chip &chip, Steps &steps, size_t first, int64_t count, int64_t rows, int64_t address,
            int64_t stride, int64_t bytes) {
  for (int64_t row = 0; row < rows; ++row) {
    int64_t at = rows > count ? row / ceilDiv(rows, count) : row * (count / rows);
    touch(chip, steps[first + size_t(at)].reads, address + row * stride, bytes);
  }
}

struct Tile {
  int64_t k0, depth, n0, columns;
};

} // namespace

void MatrixEngine::begin() {
  const rt::Chip &chip = machine.chip;
  preload.steps.clear(), streamNext.clear();
  preload.next = 0;
  if (preload.op->insn->opcode == rt::Opcode::MatrixSync) {
    cite(Rule::E3);
    streamNext.resize(1); // X1
    drainNext = 0;
    return;
  }
  auto args = rt::MmaArgs::from(preload.op->values);
  sim::insns::Memory memory = machine.local(core.id);
  sim::insns::execute(rt::Opcode::Mma, {memory, preload.op->values, nullptr, chip.matrix.rows, machine.path}, result);
  result.commit(memory); // E2: in engine order; nothing else may look before the product has completed
  rt::DType a = rt::DType(args.types & 15), w = rt::DType(args.types >> 4 & 15);
  bool transposed = args.types >> 8 & 1;
  drainNext = rt::timing::mma(chip.matrix, a, w, args.m, args.k, args.n).drain;
  if (args.m <= 0 || args.k <= 0 || args.n <= 0) {
    streamNext.resize(1);
    return;
  }
  std::vector<Tile> tiles; // X2: n outer, k inner
  for (int64_t n = 0; n < args.n; n += chip.matrix.columns)
    for (int64_t k = 0; k < args.k; k += chip.matrix.rows)
      tiles.push_back({k, std::min(chip.matrix.rows, args.k - k), n, std::min(chip.matrix.columns, args.n - n)});
  auto loadSteps = [&](const Tile &tile) {
    return std::max<int64_t>(1, ceilDiv(tile.depth * byteSize(w), 2 * chip.matrix.weightRowsPerCycle));
  };
  auto load = [&](Steps &steps, size_t first, const Tile &tile) {
    int64_t rows = transposed ? tile.columns : tile.depth, row0 = transposed ? tile.n0 : tile.k0;
    int64_t columns = transposed ? tile.depth : tile.columns, column0 = transposed ? tile.k0 : tile.n0;
    spread(chip, steps, first, loadSteps(tile), rows, args.w + row0 * args.wStride + column0 * byteSize(w),
           args.wStride, columns * byteSize(w));
  };
  preload.steps.resize(size_t(loadSteps(tiles[0])));
  load(preload.steps, 0, tiles[0]);
  int64_t moving = streamSteps(chip.matrix, a, w, args.m);
  cite(Rule::E2);
  for (size_t i = 0; i < tiles.size(); ++i) {
    cite(Rule::X2);
    bool last = i + 1 == tiles.size();
    size_t first = streamNext.size();
    streamNext.resize(first + size_t(last ? moving : std::max(moving, loadSteps(tiles[i + 1]))));
    spread(chip, streamNext, first, moving, args.m, args.a + tiles[i].k0 * byteSize(a), args.aStride,
           tiles[i].depth * byteSize(a));
    if (!last)
      load(streamNext, first, tiles[i + 1]);
  }
}

/// X1: from preload to stream, in the cycle in which the one is over and the other free.
void MatrixEngine::move() {
  if (!preload.op || !preload.over() || stream.op)
    return;
  cite(Rule::X1);
  if (!draining.empty())
    cite(Rule::X3);
  stream = {preload.op, streamNext, 0};
  drain = drainNext;
  preload = {};
}

void MatrixEngine::tick(int64_t t) {
  refused = false;
  if (stream.op && stream.over()) {
    int64_t end = t + drain;
    draining.push_back({stream.op, draining.empty() ? end : std::max(end, draining.back().until)});
    stream = {};
  }
  move();
  while (!draining.empty() && draining.front().until <= t) {
    draining.pop_front();
    complete(t);
  }
  if (!preload.op && (preload.op = take(t))) {
    begin();
    move();
  }
}

void MatrixEngine::access(TakenBanks &taken, int64_t) {
  // A4: both stages belong to one engine, the step of either is refused if a bank of either is.
  std::vector<int> banks;
  for (Stage *stage : {&preload, &stream})
    if (stage->op && !stage->over())
      banks.insert(banks.end(), stage->steps[stage->next].reads.begin(), stage->steps[stage->next].reads.end());
  if (preload.op && !preload.over() && stream.op && !stream.over())
    cite(Rule::A4);
  refused = taken.any(banks);
  if (refused) {
    cite(Rule::A3), cite(Rule::X4), cite(Rule::C2);
    if (stream.op && !stream.over() && drain == 0) // X4: it reads nothing
      ++stream.next;
    return;
  }
  if (!banks.empty())
    cite(Rule::A2);
  taken.take(banks);
  for (Stage *stage : {&preload, &stream})
    if (stage->op && !stage->over())
      ++stage->next;
}

uint8_t MatrixEngine::causeNow(int64_t) const { return refused ? uint8_t(rt::Stall::OperandL1) : kBusy; }

} // namespace garam::twin
