#include "runtime/energy/Actions.h"

#include "runtime/timing/Timing.h"

namespace garam::rt {
namespace {

int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// Bytes at a local address: of acc or of L1.
Action memoryOf(int64_t address) { return address >= kAccBase ? Action::AccBytes : Action::L1Bytes; }

/// Rule P2.
ActionCounts mma(const MatrixParams &matrix, const MmaArgs &args) {
  ActionCounts out;
  if (!args.m || !args.k || !args.n)
    return out;
  const auto a = DType(args.types & 15), w = DType(args.types >> 4 & 15);
  const int64_t widest = std::max(byteSize(a), byteSize(w)), products = args.m * args.k * args.n;
  out[widest == 4      ? Action::MacF32
      : widest == 2    ? Action::Mac16
      : a == DType::I8 ? Action::MacI8
                       : Action::MacF8] = products;
  const int64_t kPasses = ceilDiv(args.k, matrix.rows), nPasses = ceilDiv(args.n, matrix.columns);
  out[memoryOf(args.w)] += args.k * args.n * byteSize(w);
  out[memoryOf(args.a)] += nPasses * args.m * args.k * byteSize(a);
  const int64_t sums = args.m * args.n * 4, reads = kPasses - (args.accumulate ? 0 : 1);
  out[Action::AccBytes] += sums * (kPasses + reads);
  return out;
}

/// Rows × columns elements once, or one for each row.
void panel(ActionCounts &out, int64_t address, int64_t rows, int64_t cols, int64_t bytes) {
  out[memoryOf(address)] += rows * cols * bytes;
}

ActionCounts map(const VecMapArgs &args, const Chain &chain) {
  ActionCounts out;
  int64_t cycles = chain.reduction != Reduction::None;
  for (const Step &step : chain.steps)
    cycles += stepCost(step.op);
  out[Action::VectorCycles] = args.rows * args.cols * std::max<int64_t>(1, cycles);
  const int64_t bases[] = {args.s0, args.s1, args.s2};
  for (size_t i = 0; i < 3; ++i)
    if (const ChainOperand &own = chain.sources[i]; own.present)
      panel(out, bases[i], args.rows, own.perRow ? 1 : args.cols, byteSize(own.type));
  if (chain.dst.present)
    panel(out, args.dst, args.rows, chain.dst.perRow ? 1 : args.cols, byteSize(chain.dst.type));
  if (chain.reduction != Reduction::None)
    panel(out, args.dst2, chain.reduceRows ? 1 : args.rows, chain.reduceRows ? args.cols : 1, 4);
  return out;
}

ActionCounts rotate(const VecRotateArgs &args) {
  ActionCounts out;
  const int64_t cols = args.heads * args.dim;
  out[Action::VectorCycles] = 3 * args.rows * cols;
  panel(out, args.src, args.rows, cols, byteSize(DType(args.types & 15)));
  panel(out, args.cos, args.rows, args.dim, 4);
  panel(out, args.sin, args.rows, args.dim, 4);
  panel(out, args.dst, args.rows, cols, byteSize(DType(args.types >> 4 & 15)));
  return out;
}

/// Instructions from rows to rows: rows, columns, source, its stride, result, its stride, types.
ActionCounts rowsToRows(const VectorParams &vector, Opcode opcode, RowsResult result, const SlotValues &v) {
  ActionCounts out;
  const timing::VectorWork work = timing::vectorWork(vector, opcode, v);
  if (!work.beats)
    return out;
  const int64_t each = std::max<int64_t>(1, (work.cycles() - 1 - vector.latencyCycles) / work.beats);
  out[Action::VectorCycles] = v[0] * v[1] * each;
  panel(out, v[2], v[0], v[1], byteSize(DType(v[6] & 15)));
  panel(out, v[4], v[0], result == RowsResult::Column ? 1 : v[1], byteSize(DType(v[6] >> 4 & 15)));
  return out;
}

} // namespace

std::string_view name(Action action) {
  static constexpr std::array<std::string_view, kActions> kNames{
      "mac_f32", "mac_16bit", "mac_f8",     "mac_i8",        "acc",       "l1",         "vector",
      "shared",  "noc",       "die_to_die", "dram_activate", "dram_read", "dram_write", "dram_refresh"};
  return kNames[size_t(action)];
}

double energyOf(const EnergyParams &e, Action action) {
  const double each[kActions] = {e.macF32, e.mac16, e.macF8,    e.macI8,        e.acc,      e.l1,        e.vector,
                                 e.shared, e.noc,   e.dieToDie, e.dramActivate, e.dramRead, e.dramWrite, e.dramRefresh};
  return each[size_t(action)];
}

double standingWatts(const Chip &chip) {
  const double channels = double(chip.dram.channels());
  return double(chip.topology.dies) * (chip.energy.staticPower + channels * chip.energy.dramBackground) * 1e-3;
}

ActionCounts engineActions(const Chip &chip, Opcode opcode, const SlotValues &values, const Chain *chain) {
  switch (opcode) {
  case Opcode::Mma:
    return mma(chip.matrix, MmaArgs::from(values));
  case Opcode::VecMap:
    return map(VecMapArgs::from(values), *chain);
  case Opcode::VecRotate:
    return rotate(VecRotateArgs::from(values));
#define GARAM_ISA_ROWS(name, insn, result, integers)                                                                   \
  case Opcode::insn:                                                                                                   \
    return rowsToRows(chip.vector, opcode, RowsResult::result, values);
#include "runtime/isa/Isa.inc"
#undef GARAM_ISA_ROWS
  default:
    return {};
  }
}

} // namespace garam::rt
