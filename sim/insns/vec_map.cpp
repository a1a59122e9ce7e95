// vec.map: a chain of elementwise steps, and a reduction.
#include "sim/insns/Arithmetic.h"
#include "sim/insns/Kernels.h"
#include "sim/insns/Registry.h"
#include "sim/insns/Types.h"

namespace garam::sim::insns {

namespace {

constexpr std::string_view kName = "vec.map";

[[noreturn]] void fail(const std::string &what, std::string_view allowed) {
  throw rt::Error(rt::ErrorKind::Undefined, "vec.map.chain", what, allowed);
}

void checkStep(const rt::Chain &chain, size_t i) {
  const rt::Step &step = chain.steps[i];
  const rt::StepInfo *info = rt::find(step.op);
  if (!info)
    fail(fmt::format("step {} has operation {}", i, int(step.op)), "an operation of rt::StepOp");
  if (chain.integer && !info->onIntegers)
    fail(fmt::format("step {} is transcendental in an integer chain", i), "arithmetic, comparison and rounding");
  if (!info->takesOperand)
    return;
  const int arg = int(step.arg), constant = arg - int(rt::StepArg::Const0);
  if (arg >= int(rt::StepArg::S0) && arg <= int(rt::StepArg::S2)) {
    if (!chain.sources[size_t(arg - int(rt::StepArg::S0))].present)
      fail(fmt::format("step {} reads source {}", i, arg - int(rt::StepArg::S0)), "sources that the chain has");
  } else if (constant >= 0 ? constant >= int(chain.constants.size()) : arg < 1 || arg > int(rt::StepArg::Scalar)) {
    fail(fmt::format("step {} has operand {}", i, arg), "an operand of rt::StepArg, a constant that the chain has");
  }
}

void checkChain(const rt::Chain &chain) {
  if (chain.steps.size() > size_t(rt::Chain::kMaxSteps))
    fail(fmt::format("{} steps", chain.steps.size()), fmt::format("at most {}", rt::Chain::kMaxSteps));
  if (chain.constants.size() > size_t(rt::Chain::kMaxConstants))
    fail(fmt::format("{} constants", chain.constants.size()), fmt::format("at most {}", rt::Chain::kMaxConstants));
  if (int(chain.reduction) > int(rt::Reduction::Min))
    fail(fmt::format("reduction {}", int(chain.reduction)), "0 to 3");
  for (const rt::ChainOperand *operand : {&chain.sources[0], &chain.sources[1], &chain.sources[2], &chain.dst})
    if (operand->present && rt::byteSize(operand->type) == 0)
      fail(fmt::format("type {}", int(operand->type)), "0 to 6, 8 or 9");
  if (chain.dst.present && chain.dst.perRow)
    fail("a result with one element for each row", "a reduction");
  for (const rt::ChainOperand &source : chain.sources)
    if (chain.integer && source.present && rt::isFloat(source.type))
      fail("a floating-point source of an integer chain", "i1, i8, i32 and i64");
  for (size_t i = 0; i < chain.steps.size(); ++i)
    checkStep(chain, i);
}

} // namespace

GARAM_INSN(vec_map) {
  const auto args = rt::VecMapArgs::from(call.values);
  if (!call.chain)
    throw rt::Error(rt::ErrorKind::Undefined, "vec.map.chain", "descriptor is no chain", "a chain descriptor");
  const rt::Chain &chain = *call.chain;
  checkChain(chain);
  checkCount(kName, "rows", args.rows);
  checkCount(kName, "cols", args.cols);
  if (args.rows == 0 || args.cols == 0)
    return;

  MapPanel panel{};
  panel.chain = &chain;
  panel.rows = args.rows, panel.cols = args.cols;
  panel.scalar = args.scalar;
  const int64_t addresses[] = {args.s0, args.s1, args.s2}, strides[] = {args.s0Stride, args.s1Stride, args.s2Stride};
  const std::string_view names[] = {"s0", "s1", "s2"};
  for (size_t i = 0; i < 3; ++i) {
    const rt::ChainOperand &source = chain.sources[i];
    if (!source.present)
      continue;
    const int size = rt::byteSize(source.type);
    const int64_t rowBytes = size * (source.perRow ? 1 : args.cols);
    const Operand operand{kName, names[i], addresses[i], strides[i], args.rows, rowBytes, size};
    panel.sources[i] = {resolve(call.memory, operand), strides[i], source.type};
    if (call.contents)
      panel.contents[i] = {resolve(*call.contents, operand), strides[i], source.type};
  }
  size_t writes = 0;
  const int size = rt::byteSize(chain.dst.type);
  if (chain.dst.present)
    writes += result.add(call.memory, {kName, "dst", args.dst, args.dstStride, args.rows, args.cols * size, size});
  if (chain.reduction != rt::Reduction::None)
    writes +=
        result.add(call.memory, {kName, "dst2", args.dst2, 0, 1, 4 * (chain.reduceRows ? args.cols : args.rows), 4});
  if (!chain.dst.present)
    checkElements(kName, call.memory, args.rows, args.cols);
  if (writes == 0 || call.path == Path::Check)
    return;
  if (chain.dst.present)
    panel.dst = result.data(0);
  if (chain.reduction != rt::Reduction::None)
    panel.reduced = reinterpret_cast<float *>(result.data(writes - 1));
  compute(call.path, panel, plain::map, fast::map, shadow::map);
}

} // namespace garam::sim::insns
