// Rules X1 to X4: two stages, weights preload under the stream of the instruction before.
#include "runtime/isa/DType.h"
#include "runtime/timing/Timing.h"
#include "sim/insns/Insns.h"
#include "sim/kernel/EngineUnit.h"

#include <algorithm>

namespace garam::sim {
namespace {

class MatrixEngine : public EngineUnit {
public:
  MatrixEngine(sc_core::sc_module_name name, const UnitPlace &place) : EngineUnit(name, place, rt::Engine::Matrix) {}

protected:
  void runDone(int tag, int64_t operand, int64_t output) override {
    EngineUnit::runDone(tag, operand, output);
    Stage &stage = tag == kPreload ? preload : stream;
    stage.running = false;
    stage.end = kernel.cycle();
  }

  bool active() const override { return preload.issued || stream.issued || !draining.empty(); }

  void work(int64_t cycle) override {
    while (!draining.empty() && draining.front().end <= cycle) {
      finishProduct(draining.front().issued, draining.front().start, cycle);
      draining.pop_front();
    }
    if (stream.issued && !stream.running && stream.end <= cycle) {
      int64_t done = std::max(cycle + stream.drain, lastDone);
      lastDone = done;
      if (done == cycle) {
        finishProduct(stream.issued, stream.start, cycle);
      } else {
        draining.push_back({stream.issued, stream.start, done});
        wake(done);
      }
      stream.issued = nullptr;
    }
    advancePreload(cycle);
    if (!preload.issued && ready()) {
      begin(takeHead(cycle), cycle);
      advancePreload(cycle);
    }
  }

  std::string activity() const override { return "multiplies"; }

private:
  enum Tag { kPreload, kStream };
  struct Stage {
    Issued *issued = nullptr;
    int64_t start = 0, end = 0, stream = 0, drain = 0;
    bool running = false; ///< the L1 says when it ends
  };
  struct Draining {
    Issued *issued;
    int64_t start, end;
  };

  void finishProduct(Issued *issued, int64_t start, int64_t cycle) {
    complete(issued, start, cycle, rt::engineActions(machine.chip, issued->insn->opcode, issued->values, nullptr));
  }

  void advancePreload(int64_t cycle) {
    if (!preload.issued || preload.running || preload.end > cycle || stream.issued)
      return;
    stream = preload;
    stream.end = cycle + preload.stream;
    preload.issued = nullptr;
    if (stream.drain)
      announceStage(stream, kStream, cycle);
    else
      wake(stream.end);
  }

  void begin(Issued *issued, int64_t cycle) {
    rt::timing::MmaCycles cycles{0, 1, 0};
    if (issued->insn->opcode == rt::Opcode::Mma) {
      rt::MmaArgs args = rt::MmaArgs::from(issued->values);
      auto a = rt::DType(args.types & 15), w = rt::DType(args.types >> 4 & 15);
      if (!rt::timing::supportsMma(machine.chip.matrix, a, w))
        fail(*issued, rt::Error(rt::ErrorKind::Unimplemented, "mma",
                                fmt::format("no product of {} and {} on this array", rt::name(a), rt::name(w))));
      execute(*issued);
      if (machine.timed())
        cycles = rt::timing::mma(machine.chip.matrix, a, w, args.m, args.k, args.n);
    }
    preload = {issued, cycle, cycle + cycles.preload, cycles.stream, cycles.drain};
    if (cycles.preload)
      announceStage(preload, kPreload, cycle);
  }

  /// The stage ends when the L1 has made its last step.
  void announceStage(Stage &stage, int tag, int64_t cycle) {
    L1Run *run = machine.runs.take();
    const rt::MmaArgs args = rt::MmaArgs::from(stage.issued->values);
    if (tag == kPreload)
      beginPreload(machine.chip.matrix, args, *run);
    else
      beginStream(machine.chip.matrix, args, *run);
    run->tag = tag;
    run->start = cycle;
    stage.running = true;
    announce(run, cycle);
  }

  /// Rule E2: sums enter acc in engine order, so an instruction sees those of the ones before it.
  void execute(const Issued &issued) {
    try {
      insns::Memory memory = machine.storage.local(core);
      insns::Path path = machine.functional() ? insns::Path::Fast : insns::Path::Check;
      const insns::Call call{memory, issued.values, nullptr, machine.chip.matrix.rows, path};
      insns::execute(issued.insn->opcode, call, result);
      if (machine.shadow) {
        machine.shadow->execute(call, core, machine, issued, marks);
        machine.shadow->commit(marks, core);
      }
      if (machine.functional())
        result.commit(memory);
    } catch (const rt::Error &error) {
      fail(issued, error);
    }
  }

  Stage preload, stream;
  std::deque<Draining> draining;
  int64_t lastDone = 0;
  insns::Result result, marks;
};

GARAM_UNIT(MatrixEngine, "matrix");

} // namespace
} // namespace garam::sim
