// Operands of the matrix and the vector engine.
#include "tests/twin/programs/Draw.h"

#include "runtime/timing/Timing.h"

#include <algorithm>
#include <cstdlib>

namespace garam::twin {

int64_t Draw::local(Task &task, bool inAcc, int64_t span, int64_t align, bool write, bool sums, int64_t &perTrip) {
  int64_t low = inAcc ? 0 : layout.l1Tables, high = inAcc ? layout.accBytes : layout.l1Bytes;
  int64_t base;
  perTrip = 0;
  if (scope.rotating) { // each trip has a slot of its own in one of the buffers
    int64_t slot = std::min<int64_t>(scope.localMost, inAcc ? layout.accBytes / 8 : scope.localMost);
    int64_t buffers = std::max<int64_t>(1, std::min<int64_t>(4, (high - low) / (slot * scope.trips)));
    base = low + pick(0, buffers - 1) * slot * scope.trips + pick(0, (slot - span) / align) * align;
    perTrip = slot;
  } else {
    base = low + pick(0, (high - low - span) / align) * align;
  }
  task.accesses.push_back(
      {inAcc ? Area::Acc : Area::L1, kThisCore, base, base + span + perTrip * (scope.trips - 1), 0, write, sums});
  return base + (inAcc ? rt::kAccBase : 0);
}

Draw::Panel Draw::panel(Task &task, int64_t rows, int64_t rowBytes, int64_t align, bool write, bool inAcc, bool sums) {
  Panel out{0, (rowBytes + align - 1) / align * align, 0};
  if (rows <= 0 || rowBytes <= 0)
    return out;
  if (inAcc && !sums && out.stride * rows > (scope.rotating ? layout.accBytes / 8 : layout.accBytes))
    inAcc = false;
  int64_t most = scope.rotating ? std::min(scope.localMost, inAcc ? layout.accBytes / 8 : scope.localMost)
                                : (inAcc ? layout.accBytes : scope.localMost * 2);
  int64_t stride = out.stride;
  if (chance(40))
    stride += align * pick(0, 64);
  if (!write && chance(15))
    stride = align * pick(0, 8);
  if (stride * (rows - 1) + rowBytes > most)
    stride = out.stride;
  int64_t span = stride * (rows - 1) + rowBytes;
  int64_t base = local(task, inAcc, span, align, write, sums, out.perTrip);
  out.stride = stride;
  if (chance(10)) { // from the last row up
    base += stride * (rows - 1);
    out.stride = -stride;
  }
  out.address = base;
  return out;
}

void Draw::place(Task &task, int addressSlot, int strideSlot, const Panel &panel) {
  task.fields.push_back({addressSlot, panel.address, 0, panel.perTrip, chance(15)});
  field(task, strideSlot, panel.stride);
}

rt::DType Draw::type(bool floats) {
  using rt::DType;
  static const std::vector<DType> kFloats{DType::F32, DType::F16, DType::BF16, DType::F8E4M3, DType::F8E5M2};
  static const std::vector<DType> kIntegers{DType::I8, DType::I1, DType::I32, DType::I64};
  return floats ? among(kFloats) : among(kIntegers);
}

Task Draw::product() {
  Task out;
  out.opcode = rt::Opcode::Mma;
  rt::DType a, w;
  do {
    a = chance(15) ? rt::DType::I8 : type(true);
    w = a == rt::DType::I8 ? a : type(true);
  } while (!rt::timing::supportsMma(chip.matrix, a, w));
  bool transposed = chance(40);
  int64_t aSize = byteSize(a), wSize = byteSize(w);
  int64_t accMost = scope.rotating ? layout.accBytes / 8 : layout.accBytes;
  int64_t k = count(2 * chip.matrix.rows + 8), n = count(std::min(2 * chip.matrix.columns + 8, accMost / 4));
  // Of what does not fit, k gives way.
  int64_t most = scope.rotating ? scope.localMost : 2 * scope.localMost;
  if (n > 0)
    k = std::min(k, most / (n * wSize));
  int64_t m = count(40);
  if (k > 0)
    m = std::min(m, most / (k * aSize));
  if (n > 0)
    m = std::min(m, accMost / (4 * n));
  bool nothing = m <= 0 || k <= 0 || n <= 0;
  place(out, 0, 1, panel(out, nothing ? 0 : m, k * aSize, aSize, false, chance(12)));
  const bool weightsInAcc = chance(6);
  place(out, 2, 3,
        transposed ? panel(out, nothing ? 0 : n, k * wSize, wSize, false, weightsInAcc)
                   : panel(out, nothing ? 0 : k, n * wSize, wSize, false, weightsInAcc));
  bool accumulate = chance(50);
  if (nothing)
    out.fields.push_back({4, rt::kAccBase}), field(out, 5, 4);
  else
    place(out, 4, 5, panel(out, m, n * 4, 4, true, true, true));
  field(out, 6, m), field(out, 7, k), field(out, 8, n);
  field(out, 9, accumulate);
  out.fields.push_back({10, int64_t(a) | int64_t(w) << 4 | int64_t(transposed) << 8});
  return out;
}

rt::Chain Draw::chain() {
  using rt::StepOp;
  static const std::vector<StepOp> kPlain{StepOp::Set,  StepOp::SaveT0, StepOp::SaveT1, StepOp::Add,   StepOp::Sub,
                                          StepOp::RSub, StepOp::Mul,    StepOp::Min,    StepOp::Max,   StepOp::Fma,
                                          StepOp::Lt,   StepOp::Le,     StepOp::Gt,     StepOp::Ge,    StepOp::Eq,
                                          StepOp::Ne,   StepOp::Select, StepOp::And,    StepOp::Or,    StepOp::Neg,
                                          StepOp::Abs,  StepOp::Div,    StepOp::RDiv,   StepOp::Floor, StepOp::Round};
  static const std::vector<StepOp> kFunctions{StepOp::Exp,  StepOp::Log,     StepOp::Recip, StepOp::Sqrt, StepOp::Rsqrt,
                                              StepOp::Tanh, StepOp::Sigmoid, StepOp::Erf,   StepOp::Sin,  StepOp::Cos};
  rt::Chain out;
  out.integer = chance(20);
  for (rt::ChainOperand &source : out.sources)
    source = {type(out.integer ? false : chance(80)), chance(60), chance(20)};
  out.dst = {type(chance(70)), chance(85), false};
  if (!out.dst.present || chance(35)) {
    out.reduction = rt::Reduction(pick(1, 3));
    out.reduceRows = chance(40);
  }
  out.constants = {0.5f, -3.0f, 7.25f};
  std::vector<rt::StepArg> args{rt::StepArg::T0,     rt::StepArg::T1, rt::StepArg::Row, rt::StepArg::Col,
                                rt::StepArg::Scalar, rt::StepArg(16), rt::StepArg(18)};
  for (int i = 0; i < 3; ++i)
    if (out.sources[size_t(i)].present)
      args.push_back(rt::StepArg(1 + i));
  for (int64_t i = pick(0, 6); i > 0; --i) {
    rt::Step step{!out.integer && chance(20) ? among(kFunctions) : among(kPlain), rt::StepArg::None};
    if (rt::stepTakesOperand(step.op))
      step.arg = among(args);
    out.steps.push_back(step);
  }
  return out;
}

Task Draw::map() {
  Task out;
  out.opcode = rt::Opcode::VecMap;
  rt::Chain chain = this->chain();
  int64_t most = scope.localMost / 8;
  int64_t cols = count(std::min<int64_t>(most, chance(70) ? 100 : 700)),
          rows = count(cols ? std::min<int64_t>(24, most / cols) : 24);
  for (int i = 0; i < 3; ++i) {
    const rt::ChainOperand &source = chain.sources[size_t(i)];
    int64_t size = byteSize(source.type);
    place(out, 3 + 2 * i, 4 + 2 * i,
          panel(out, source.present && cols ? rows : 0, source.perRow ? size : cols * size, size, false, chance(10)));
  }
  int64_t size = byteSize(chain.dst.type);
  place(out, 9, 10, panel(out, chain.dst.present ? rows : 0, cols * size, size, true, chance(10)));
  int64_t results = chain.reduction == rt::Reduction::None || !rows || !cols ? 0 : chain.reduceRows ? cols : rows;
  int64_t perTrip = 0, dst2 = results ? local(out, chance(10) && 4 * results <= layout.accBytes / 8, 4 * results, 4,
                                              true, false, perTrip)
                                      : 0;
  out.fields.push_back({11, dst2, 0, perTrip});
  field(out, 1, rows), field(out, 2, cols), field(out, 12, pick(-1000, 1000));
  out.descriptor = chain;
  return out;
}

Task Draw::rotate() {
  Task out;
  out.opcode = rt::Opcode::VecRotate;
  int64_t dim = 2 * pick(1, 24), heads = pick(1, 4);
  int64_t rows = std::min(count(8), scope.localMost / (4 * dim * heads));
  rt::DType from = type(true), to = type(true);
  field(out, 0, rows), field(out, 1, heads), field(out, 2, dim);
  place(out, 3, 4, panel(out, rows, heads * dim * byteSize(from), byteSize(from), false, chance(10)));
  place(out, 5, 6, panel(out, rows, dim * 4, 4, false));
  place(out, 7, 8, panel(out, rows, dim * 4, 4, false));
  place(out, 9, 10, panel(out, rows, heads * dim * byteSize(to), byteSize(to), true, chance(10)));
  out.fields.push_back({11, int64_t(from) | int64_t(to) << 4});
  out.fields.push_back({12, pick(0, 1)});
  return out;
}

Task Draw::plain() {
  Task out;
  struct Rows {
    rt::Opcode opcode;
    rt::RowsResult result;
    bool integers;
  };
  static const std::vector<Rows> kAll{
#define GARAM_ISA_ROWS(name, insn, result, integers) {rt::Opcode::insn, rt::RowsResult::result, integers},
#include "runtime/isa/Isa.inc"
#undef GARAM_ISA_ROWS
  };
  const Rows &drawn = among(kAll);
  const bool transposed = drawn.result == rt::RowsResult::Transposed;
  out.opcode = drawn.opcode;
  int64_t cols = count(100), rows = count(cols ? std::min<int64_t>(20, scope.localMost / 8 / cols) : 20);
  rt::DType from = type(chance(70)), to = type(chance(70));
  if (drawn.integers)
    to = chance(50) ? rt::DType::I32 : rt::DType::I64;
  bool nothing = !rows || !cols;
  place(out, 2, 3, panel(out, nothing ? 0 : rows, cols * byteSize(from), byteSize(from), false, chance(10)));
  int64_t size = byteSize(to);
  int64_t outRows = transposed ? cols : rows;
  int64_t outCols = transposed ? rows : drawn.result == rt::RowsResult::Same ? cols : 1;
  place(out, 4, 5, panel(out, nothing ? 0 : outRows, outCols * size, size, true, chance(10)));
  field(out, 0, rows), field(out, 1, cols);
  out.fields.push_back({6, int64_t(from) | int64_t(to) << 4});
  return out;
}

} // namespace garam::twin
