// The matrix array of matrix_engine.sv as the matrix engine of a chip: a Verilated block behind the ports of the unit
// that it replaces.
//
// The L1 says when a step has been made; the block is clocked once for each, and once in each cycle of its drain. It
// has one instruction at a time, so it takes the next one when it rests, where the engine of the chip would preload
// under the stream of the one before.
#include "Matrices.h"
#include "runtime/timing/Timing.h"
#include "sim/kernel/EngineUnit.h"

namespace garam::test {
namespace {

class RtlMatrixEngine : public sim::EngineUnit {
public:
  RtlMatrixEngine(sc_core::sc_module_name name, const sim::UnitPlace &place)
      : EngineUnit(name, place, rt::Engine::Matrix) {
    const rt::MatrixParams &matrix = machine.chip.matrix;
    if (matrix.rows != Block::kRows || matrix.columns != Block::kColumns ||
        matrix.weightRowsPerCycle != Block::kWeightRows || matrix.i8RowsPerCycle != Block::kIntRows)
      throw rt::inputError(this->name(), fmt::format("an array of {} x {}", matrix.rows, matrix.columns),
                           fmt::format("needed: {} x {}, {} rows of weights and {} of i8 in a cycle", Block::kRows,
                                       Block::kColumns, Block::kWeightRows, Block::kIntRows));
  }

protected:
  bool active() const override { return running; }
  std::string activity() const override { return "multiplies"; }

  void runDone(int tag, int64_t operand, int64_t output) override {
    EngineUnit::runDone(tag, operand, output);
    playing = false;
    for (int64_t step = tag == kPreload ? steps.preload : steps.stream; step > 0; --step)
      block.clock(tile);
    if (tag == kPreload)
      play(kStream, kernel.cycle());
  }

  void work(int64_t cycle) override {
    if (running && !playing && cycle > start) {
      if (block.busy()) {
        block.clock(tile);
        wake(cycle + 1);
      } else {
        finishProduct(cycle);
      }
    }
    if (!running && ready())
      begin(takeHead(cycle), cycle);
  }

private:
  using Block = Rtl16x16;
  enum Tag { kPreload, kStream };

  void begin(sim::Issued *issued, int64_t cycle) {
    running = issued;
    start = cycle;
    args = rt::MmaArgs::from(issued->values);
    product = issued->insn->opcode == rt::Opcode::Mma && args.m > 0 && args.k > 0 && args.n > 0;
    if (!product)
      return wake(cycle + 1);
    sample();
    steps = rt::timing::mma(machine.chip.matrix, rt::DType(args.types & 15), rt::DType(args.types >> 4 & 15), args.m,
                            args.k, args.n);
    block.begin(tile);
    play(kPreload, cycle);
  }

  /// The operands as the block asks for them: dense. What it cannot do ends the run.
  void sample() {
    const auto type = rt::DType(args.types & 15);
    const bool again = args.accumulate && args.acc == lastAcc && args.m == tile.m && args.n == tile.n;
    if ((type != rt::DType::BF16 && type != rt::DType::I8) || args.types != (int(type) | int(type) << 4) ||
        (args.accumulate && !again))
      fail(*running, rt::Error(rt::ErrorKind::Unimplemented, "the block", "such a product",
                               "bf16 or i8, not transposed, added to its own last result or to nothing"));
    tile.integers = type == rt::DType::I8, tile.accumulate = args.accumulate;
    tile.m = int(args.m), tile.k = int(args.k), tile.n = int(args.n);
    lastAcc = args.acc;
    const auto l1 = machine.storage.local(core).l1;
    auto dense = [&](std::vector<uint8_t> &to, int64_t from, int64_t stride, int64_t rows, int64_t bytes) {
      to.clear();
      for (int64_t row = 0; row < rows; ++row) {
        const auto piece = l1.subspan(size_t(from + row * stride), size_t(bytes));
        to.insert(to.end(), piece.begin(), piece.end());
      }
    };
    dense(tile.a, args.a, args.aStride, args.m, args.k * tile.bytes());
    dense(tile.w, args.w, args.wStride, args.k, args.n * tile.bytes());
  }

  void play(Tag tag, int64_t cycle) {
    sim::L1Run *run = machine.runs.take();
    tag == kPreload ? beginPreload(machine.chip.matrix, args, *run) : beginStream(machine.chip.matrix, args, *run);
    run->tag = tag;
    run->start = cycle;
    playing = true;
    announce(run, cycle);
  }

  void finishProduct(int64_t cycle) {
    if (product) {
      const std::vector<uint32_t> sums = block.results(tile);
      const auto acc = machine.storage.local(core).acc;
      for (int64_t row = 0; row < args.m; ++row)
        std::memcpy(acc.data() + (args.acc - rt::kAccBase) + row * args.accStride, &sums[size_t(row * args.n)],
                    size_t(args.n) * 4);
    }
    complete(running, start, cycle, rt::engineActions(machine.chip, running->insn->opcode, running->values, nullptr));
    running = nullptr;
  }

  Block block;
  Tile tile;
  sim::Issued *running = nullptr;
  int64_t start = 0, lastAcc = -1;
  bool product = false;
  bool playing = false; ///< the L1 says when the steps are made
  rt::MmaArgs args{};
  rt::timing::MmaCycles steps{};
};

GARAM_UNIT(RtlMatrixEngine, "matrix_rtl");

} // namespace
} // namespace garam::test
