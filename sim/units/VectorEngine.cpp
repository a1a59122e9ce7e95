// Rule V1: one instruction at a time, from taking to completion.
#include "runtime/timing/Timing.h"
#include "sim/insns/Insns.h"
#include "sim/kernel/EngineUnit.h"

namespace garam::sim {
namespace {

class VectorEngine : public EngineUnit {
public:
  VectorEngine(sc_core::sc_module_name name, const UnitPlace &place) : EngineUnit(name, place, rt::Engine::Vector) {}

protected:
  void runDone(int tag, int64_t operand, int64_t output) override {
    EngineUnit::runDone(tag, operand, output);
    playing = false;
    end = kernel.cycle() + rest;
    wake(end);
  }

  bool active() const override { return running; }

  void work(int64_t cycle) override {
    if (running && !playing && end <= cycle) {
      if (machine.functional())
        result.commit(machine.storage.local(core));
      complete(running, start, cycle,
               rt::engineActions(machine.chip, running->insn->opcode, running->values, chainOf(*running)));
      running = nullptr;
    }
    if (!running && ready()) {
      running = takeHead(cycle);
      start = cycle;
      begin(*running, cycle);
    }
  }

  std::string activity() const override { return "computes"; }

private:
  const rt::Chain *chainOf(const Issued &issued) const {
    if (issued.insn->opcode != rt::Opcode::VecMap)
      return nullptr;
    return &std::get<rt::Chain>(issued.kernel->descriptors[size_t(issued.values[0])]);
  }

  /// Computes the results; the L1 plays the beats, the rest follows.
  void begin(const Issued &issued, int64_t cycle) {
    try {
      insns::Path path = machine.functional() ? insns::Path::Fast : insns::Path::Check;
      insns::execute(issued.insn->opcode, {machine.storage.local(core), issued.values, chainOf(issued), 0, path},
                     result);
    } catch (const rt::Error &error) {
      fail(issued, error);
    }
    const int64_t cycles = machine.timed() ? cyclesOf(issued) : 1;
    end = cycle + cycles;
    if (machine.timed()) {
      L1Run *run = machine.runs.take();
      beginVector(machine.chip.vector, issued.insn->opcode, issued.values, chainOf(issued), *run);
      if (run->piece.steps) {
        rest = cycles - run->piece.steps;
        run->start = cycle;
        playing = true;
        announce(run, cycle);
        return;
      }
      machine.runs.give(run);
    }
    wake(end);
  }

  int64_t cyclesOf(const Issued &issued) const {
    const rt::VectorParams &vector = machine.chip.vector;
    const rt::SlotValues &v = issued.values;
    switch (issued.insn->opcode) {
    case rt::Opcode::VecMap: {
      auto args = rt::VecMapArgs::from(v);
      return rt::timing::vecMap(vector, *chainOf(issued), args.rows, args.cols);
    }
    case rt::Opcode::VecRotate: {
      auto args = rt::VecRotateArgs::from(v);
      return rt::timing::vecRotate(vector, args.rows, args.heads, args.dim);
    }
    case rt::Opcode::VecTranspose:
      return rt::timing::vecTranspose(vector, v[0], v[1]);
    case rt::Opcode::VecScan:
      return rt::timing::vecScan(vector, v[0], v[1]);
    case rt::Opcode::VecArgmax:
      return rt::timing::vecArgmax(vector, v[0], v[1]);
    default:
      return 1; // vector.sync
    }
  }

  Issued *running = nullptr;
  int64_t start = 0, end = 0;
  int64_t rest = 0;     ///< cycles after the last beat
  bool playing = false; ///< the L1 says when the last beat is made
  insns::Result result;
};

GARAM_UNIT(VectorEngine, "vector");

} // namespace
} // namespace garam::sim
