#include "tests/twin/units/Machine.h"

#include "runtime/timing/Timing.h"

namespace garam::twin {
namespace {

/// A matrix in local memory that the engine walks in beats (V2).
struct Panel {
  int64_t address, stride, elementBytes;
  bool perRow = false;    ///< one element for each row
  int64_t wholeBytes = 0; ///< cosines and sines: so many bytes with each beat of a row
};

struct Work {
  int64_t rows = 0, cols = 0, cost = 1, cycles = 1;
  std::vector<Panel> reads, writes;
};

/// V3: a result of the shape of the source is written beat by beat, others after the last.
bool writesInBeats(rt::Opcode opcode) {
  switch (opcode) {
#define GARAM_ISA_ROWS(name, insn, result, integers)                                                                   \
  case rt::Opcode::insn:                                                                                               \
    return rt::RowsResult::result == rt::RowsResult::Same;
#include "runtime/isa/Isa.inc"
#undef GARAM_ISA_ROWS
  default:
    return false;
  }
}

Work workOf(const rt::Chip &chip, const Op &op, const rt::Descriptor *descriptor) {
  using rt::Opcode;
  const rt::VectorParams &vector = chip.vector;
  Work work;
  if (op.insn->opcode == Opcode::VecMap) {
    auto a = rt::VecMapArgs::from(op.values);
    const rt::Chain &chain = std::get<rt::Chain>(*descriptor);
    work.rows = a.rows, work.cols = a.cols;
    int64_t cost = chain.reduction != rt::Reduction::None;
    for (const rt::Step &step : chain.steps)
      cost += rt::stepCost(step.op);
    work.cost = std::max<int64_t>(1, cost);
    work.cycles = rt::timing::vectorWork(vector, op.insn->opcode, op.values, &chain).cycles();
    const int64_t addresses[] = {a.s0, a.s1, a.s2}, strides[] = {a.s0Stride, a.s1Stride, a.s2Stride};
    for (size_t i = 0; i < 3; ++i)
      if (chain.sources[i].present)
        work.reads.push_back({addresses[i], strides[i], byteSize(chain.sources[i].type), chain.sources[i].perRow});
    if (chain.dst.present)
      work.writes.push_back({a.dst, a.dstStride, byteSize(chain.dst.type)});
    return work;
  }
  if (op.insn->opcode == Opcode::VecRotate) {
    auto a = rt::VecRotateArgs::from(op.values);
    work.rows = a.rows, work.cols = a.heads * a.dim, work.cost = 3;
    work.cycles = rt::timing::vectorWork(vector, op.insn->opcode, op.values).cycles();
    work.reads = {{a.src, a.srcStride, byteSize(rt::DType(a.types & 15))},
                  {a.cos, a.cosStride, 4, true, a.dim * 4},
                  {a.sin, a.sinStride, 4, true, a.dim * 4}};
    work.writes = {{a.dst, a.dstStride, byteSize(rt::DType(a.types >> 4 & 15))}};
    return work;
  }
  if (op.insn->opcode == Opcode::VectorSync)
    return work;
  auto a = rt::VecScanArgs::from(op.values); // all from rows to rows have the same fields
  work.rows = a.rows, work.cols = a.cols;
  work.reads = {{a.src, a.srcStride, byteSize(rt::DType(a.types & 15))}};
  // V2: the cost of a beat is in rt::timing; what an instruction of many beats takes longer than one of none shows it.
  int64_t beats = rt::timing::vectorBeats(vector, a.rows, a.cols),
          none = rt::timing::vectorWork(vector, op.insn->opcode, {}).cycles();
  work.cycles = rt::timing::vectorWork(vector, op.insn->opcode, op.values).cycles();
  work.cost = beats ? (work.cycles - none) / beats : 1;
  if (writesInBeats(op.insn->opcode))
    work.writes = {{a.dst, a.dstStride, byteSize(rt::DType(a.types >> 4 & 15))}};
  return work;
}

/// The banks of one beat: rows [r0, r1), columns [c0, c1).
void touchBeat(const rt::Chip &chip, std::vector<int> &banks, const Panel &panel, int64_t r0, int64_t r1, int64_t c0,
               int64_t c1) {
  for (int64_t r = r0; r < r1; ++r) {
    int64_t row = panel.address + r * panel.stride;
    if (panel.wholeBytes)
      touch(chip, banks, row, panel.wholeBytes);
    else if (panel.perRow)
      touch(chip, banks, row, panel.elementBytes);
    else
      touch(chip, banks, row + c0 * panel.elementBytes, (c1 - c0) * panel.elementBytes);
  }
}

/// V2, V3.
Steps stepsOf(const rt::Chip &chip, const Work &work) {
  Steps steps;
  if (work.rows <= 0 || work.cols <= 0)
    return steps;
  int64_t lanes = chip.vector.lanes;
  auto beat = [&](int64_t r0, int64_t r1, int64_t c0, int64_t c1) {
    cite(Rule::V2);
    size_t first = steps.size();
    steps.resize(first + size_t(work.cost));
    for (const Panel &panel : work.reads)
      touchBeat(chip, steps[first].reads, panel, r0, r1, c0, c1);
    for (const Panel &panel : work.writes)
      touchBeat(chip, steps.back().writes, panel, r0, r1, c0, c1);
  };
  if (work.cols <= lanes) {
    int64_t together = lanes / work.cols;
    for (int64_t r = 0; r < work.rows; r += together)
      beat(r, std::min(work.rows, r + together), 0, work.cols);
    return steps;
  }
  for (int64_t r = 0; r < work.rows; ++r)
    for (int64_t c = 0; c < work.cols; c += lanes)
      beat(r, r + 1, c, std::min(work.cols, c + lanes));
  return steps;
}

} // namespace

void VectorEngine::begin(int64_t t) {
  const rt::Descriptor *descriptor = nullptr;
  if (current->insn->opcode == rt::Opcode::VecMap)
    descriptor = &machine.descriptor(current->values[0]);
  Work work = workOf(machine.chip, *current, descriptor);
  steps = stepsOf(machine.chip, work);
  next = 0;
  rest = work.cycles - int64_t(steps.size()); // V1
  endAt = steps.empty() ? t + work.cycles : -1;
  cite(current->insn->opcode == rt::Opcode::VectorSync ? Rule::E3 : Rule::V1);
  if (current->insn->opcode != rt::Opcode::VectorSync) {
    sim::insns::Memory memory = machine.local(core.id);
    const rt::Chain *chain = descriptor ? &std::get<rt::Chain>(*descriptor) : nullptr;
    sim::insns::execute(current->insn->opcode, {memory, current->values, chain, machine.chip.matrix.rows, machine.path},
                        result);
  } else {
    result.clear();
  }
}

void VectorEngine::tick(int64_t t) {
  refused.reset();
  if (current && endAt == t) {
    cite(Rule::E2);
    result.commit(machine.local(core.id));
    current = nullptr;
    complete(t);
  }
  if (!current && (current = take(t)))
    begin(t);
}

void VectorEngine::access(TakenBanks &taken, int64_t t) {
  if (!current || next == steps.size())
    return;
  const Step &step = steps[next];
  bool read = taken.any(step.reads);
  if (read || taken.any(step.writes)) {
    cite(Rule::A3), cite(Rule::C2);
    refused = read ? rt::Stall::OperandL1 : rt::Stall::OutputL1;
    return;
  }
  cite(Rule::A2);
  if (!step.reads.empty() || !step.writes.empty())
    cite(Rule::V3);
  taken.take(step.reads), taken.take(step.writes);
  if (++next == steps.size())
    endAt = t + 1 + rest;
}

uint8_t VectorEngine::causeNow(int64_t) const { return refused ? uint8_t(*refused) : kBusy; }

} // namespace garam::twin
