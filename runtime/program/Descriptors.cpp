// Descriptors between their container tables and the structures that code uses.
#include "runtime/Error.h"
#include "runtime/program/Program.h"

namespace garam::rt {

static std::unique_ptr<fb::ChainOperandT> toTable(const ChainOperand &operand) {
  auto table = std::make_unique<fb::ChainOperandT>();
  table->type = uint8_t(operand.type);
  table->present = operand.present;
  table->per_row = operand.perRow;
  return table;
}

fb::DescriptorT toTable(const Descriptor &descriptor) {
  fb::DescriptorT table;
  if (const DmaShape *shape = std::get_if<DmaShape>(&descriptor)) {
    table.dma = std::make_unique<fb::DmaShapeT>();
    table.dma->counts.assign(shape->counts.begin(), shape->counts.end());
    table.dma->src_strides.assign(shape->srcStrides.begin(), shape->srcStrides.end());
    table.dma->dst_strides.assign(shape->dstStrides.begin(), shape->dstStrides.end());
    return table;
  }
  const Chain &chain = std::get<Chain>(descriptor);
  table.chain = std::make_unique<fb::ChainT>();
  for (const ChainOperand &source : chain.sources)
    table.chain->sources.push_back(toTable(source));
  table.chain->dst = toTable(chain.dst);
  table.chain->integer = chain.integer;
  table.chain->reduction = uint8_t(chain.reduction);
  table.chain->reduce_rows = chain.reduceRows;
  for (const Step &step : chain.steps) {
    table.chain->step_ops.push_back(uint8_t(step.op));
    table.chain->step_args.push_back(uint8_t(step.arg));
  }
  table.chain->constants = chain.constants;
  return table;
}

static void require(bool holds, std::string_view what) {
  if (!holds)
    throw inputError("descriptor", what, "compile the program again");
}

static ChainOperand operandFrom(const fb::ChainOperandT *table) {
  require(table && byteSize(DType(table->type)) != 0, "a chain operand has no valid type");
  return {DType(table->type), table->present, table->per_row};
}

static void checkArg(const Chain &chain, Step step) {
  int arg = int(step.arg);
  if (!stepTakesOperand(step.op))
    return require(arg == 0, "a step has an operand that its operation does not take");
  if (arg >= int(StepArg::Const0))
    return require(arg - int(StepArg::Const0) < int(chain.constants.size()),
                   "a step names a constant that is not there");
  require(arg >= 1 && arg <= int(StepArg::Scalar), "a step has no valid operand");
  if (arg <= int(StepArg::S2))
    require(chain.sources[size_t(arg - 1)].present, "a step names a source that is not there");
}

static Chain chainFrom(const fb::ChainT &table) {
  Chain chain;
  require(table.sources.size() == 3, "a chain has not three sources");
  for (size_t i = 0; i < 3; ++i)
    chain.sources[i] = operandFrom(table.sources[i].get());
  chain.dst = operandFrom(table.dst.get());
  chain.integer = table.integer;
  require(table.reduction <= uint8_t(Reduction::Min), "a chain has an unknown reduction");
  chain.reduction = Reduction(table.reduction);
  chain.reduceRows = table.reduce_rows;
  require(table.step_ops.size() == table.step_args.size() && table.step_ops.size() <= Chain::kMaxSteps,
          "a chain has too many steps");
  require(table.constants.size() <= Chain::kMaxConstants, "a chain has too many constants");
  chain.constants = table.constants;
  require(chain.dst.present || chain.reduction != Reduction::None, "a chain has no result");
  for (size_t i = 0; i < table.step_ops.size(); ++i) {
    require(find(StepOp(table.step_ops[i])), "a chain has an unknown step");
    chain.steps.push_back({StepOp(table.step_ops[i]), StepArg(table.step_args[i])});
    checkArg(chain, chain.steps.back());
  }
  return chain;
}

Descriptor fromTable(const fb::DescriptorT &table) {
  require(bool(table.dma) != bool(table.chain), "neither DMA shape nor chain, or both");
  if (table.chain)
    return chainFrom(*table.chain);
  DmaShape shape;
  const fb::DmaShapeT &dma = *table.dma;
  require(dma.counts.size() == 5 && dma.src_strides.size() == 5 && dma.dst_strides.size() == 5,
          "a DMA shape has not five dimensions");
  // Bounds that keep every product of counts and strides inside 64 bits.
  constexpr int64_t kLimit = int64_t(1) << 40;
  int64_t bytes = 1;
  for (size_t d = 0; d < 5; ++d) {
    shape.counts[d] = dma.counts[d];
    shape.srcStrides[d] = dma.src_strides[d];
    shape.dstStrides[d] = dma.dst_strides[d];
    auto inRange = [](int64_t value) { return value >= -kLimit && value <= kLimit; };
    require(shape.counts[d] >= 0 && shape.counts[d] <= kLimit && inRange(shape.srcStrides[d]) &&
                inRange(shape.dstStrides[d]),
            "a DMA shape has a count or stride out of range");
    require(shape.counts[d] == 0 || bytes <= kLimit / shape.counts[d], "a DMA shape is too large");
    bytes *= shape.counts[d] ? shape.counts[d] : 1;
  }
  require(shape.srcStrides[0] == 1 && shape.dstStrides[0] == 1, "dimension 0 of a DMA shape is not contiguous");
  return shape;
}

} // namespace garam::rt
