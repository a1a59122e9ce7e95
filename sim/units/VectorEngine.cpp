// Rules V1 to V3: one instruction at a time, from taking to completion.
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
      if (machine.shadow)
        machine.shadow->commit(marks, core);
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
      const insns::Memory memory = machine.storage.local(core);
      const insns::Call call{memory, issued.values, chainOf(issued), 0, path};
      insns::execute(issued.insn->opcode, call, result);
      if (machine.shadow)
        machine.shadow->execute(call, core, machine, issued, marks);
    } catch (const rt::Error &error) {
      fail(issued, error);
    }
    rt::timing::VectorWork work;
    if (machine.timed())
      work = rt::timing::vectorWork(machine.chip.vector, issued.insn->opcode, issued.values, chainOf(issued));
    end = cycle + work.cycles();
    if (machine.timed()) {
      L1Run *run = machine.runs.take();
      beginVector(machine.chip.vector, work, *run);
      if (run->piece.steps) {
        rest = work.after;
        run->start = cycle;
        playing = true;
        announce(run, cycle);
        return;
      }
      machine.runs.give(run);
    }
    wake(end);
  }

  Issued *running = nullptr;
  int64_t start = 0, end = 0;
  int64_t rest = 0;     ///< cycles after the last beat
  bool playing = false; ///< the L1 says when the last beat is made
  insns::Result result, marks;
};

GARAM_UNIT(VectorEngine, "vector");

} // namespace
} // namespace garam::sim
