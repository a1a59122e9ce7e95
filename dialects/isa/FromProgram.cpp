// Program container to isa ops.
#include "dialects/isa/Isa.h"
#include "dialects/isa/ProgramConversion.h"
#include "runtime/Error.h"

using namespace mlir;
using namespace garam;
using namespace garam::isa;

namespace {

class Writer {
public:
  Writer(const rt::Program &program, MLIRContext *context)
      : program(program), builder(context), loc(builder.getUnknownLoc()) {}

  OwningOpRef<ModuleOp> run() {
    OwningOpRef<ModuleOp> module = ModuleOp::create(builder, loc);
    builder.setInsertionPointToEnd(module->getBody());
    SmallVector<StringRef> files(program.weight_files.begin(), program.weight_files.end());
    auto op = ProgramOp::create(builder, loc, program.version, program.model, program.chip, program.dies, program.dtype,
                                program.phase, program.batch, program.sequence_length, program.kv_capacity,
                                builder.getStrArrayAttr(files), program.flops, program.compulsory_bytes,
                                program.mapping, chipKeysAttr(builder.getContext(), program.chip_keys));
    builder.createBlock(&op.getBody());
    for (const auto &value : program.values)
      ValueOp::create(builder, loc, value->name, value->low, value->high);
    for (auto [index, segment] : llvm::enumerate(program.segments))
      writeSegment(index, *segment);
    for (const auto &output : program.outputs)
      OutputOp::create(builder, loc, output->name, output->segment);
    for (auto [index, location] : llvm::enumerate(program.locations))
      LocationOp::create(builder, loc, index, location->op, location->tile_op, location->node, location->source);
    for (auto [index, kernel] : llvm::enumerate(program.kernels))
      writeKernel(index, *kernel);
    for (const auto &launch : program.launches)
      writeLaunch(*launch);
    for (const auto &boundary : program.boundaries)
      BoundaryOp::create(builder, loc, boundary->node, boundary->segment, boundary->offset,
                         tensor(boundary->dtype, boundary->shape, boundary->node), boundary->launch,
                         uint32_t(boundary->split));
    return module;
  }

private:
  const rt::Program &program;
  OpBuilder builder;
  Location loc;

  Type element(uint8_t dtype, StringRef where) {
    Type type = typeOf(builder.getContext(), rt::DType(dtype));
    if (!type)
      throw rt::inputError(where.str(), fmt::format("element type {} is unknown", dtype), "compile the program again");
    return type;
  }

  RankedTensorType tensor(uint8_t dtype, const std::vector<int64_t> &shape, StringRef where) {
    for (int64_t size : shape)
      if (size < 0)
        throw rt::inputError(where.str(), fmt::format("a dimension has the size {}", size), "allowed: zero or more");
    return RankedTensorType::get(shape, element(dtype, where));
  }

  void writeSegment(int index, const rt::Segment &segment) {
    SmallVector<Attribute> weights;
    for (const auto &weight : segment.weights)
      weights.push_back(WeightAttr::get(
          builder.getContext(), weight->tensor, weight->file, tensor(weight->dtype, weight->shape, weight->tensor),
          weight->sha256, weight->offset, element(weight->to_dtype, weight->tensor),
          builder.getDenseI64ArrayAttr(weight->permutation), builder.getDenseI64ArrayAttr(weight->slice_begin),
          builder.getDenseI64ArrayAttr(weight->slice_end)));
    ElementsAttr data;
    if (!segment.data.empty()) {
      auto type = RankedTensorType::get({int64_t(segment.data.size())}, builder.getI8Type());
      ArrayRef bytes(reinterpret_cast<const char *>(segment.data.data()), segment.data.size());
      data = DenseIntElementsAttr::getFromRawBuffer(type, bytes);
    }
    SegmentOp::create(builder, loc, index, segment.name, SegmentKindName(segment.kind), segment.address, segment.bytes,
                      tensor(segment.dtype, segment.shape, segment.name),
                      weights.empty() ? ArrayAttr() : builder.getArrayAttr(weights), data, segment.dies, segment.split,
                      segment.range ? builder.getDenseI64ArrayAttr({segment.range->low, segment.range->high})
                                    : DenseI64ArrayAttr());
  }

  void writeKernel(int index, const rt::Kernel &kernel) {
    OpBuilder::InsertionGuard guard(builder);
    auto op = KernelOp::create(builder, loc, index, kernel.name);
    builder.createBlock(&op.getBody());
    for (int number = 0; number < rt::kSemaphores; ++number)
      if (kernel.waiters.at(number) != 255 || kernel.initial_tokens.at(number) != 0)
        SemaphoreOp::create(builder, loc, number, EngineName(kernel.waiters[number]), kernel.initial_tokens[number]);
    for (auto [number, table] : llvm::enumerate(kernel.descriptors)) {
      rt::Descriptor descriptor = rt::fromTable(*table);
      if (auto *shape = std::get_if<rt::DmaShape>(&descriptor))
        DmaShapeOp::create(builder, loc, number, shape->counts, shape->srcStrides, shape->dstStrides);
      else
        VectorChainOp::create(builder, loc, number,
                              ChainAttr::get(builder.getContext(), std::get<rt::Chain>(descriptor)));
    }
    auto entry = kernel.debug.begin();
    uint32_t next = 0;
    auto writeOrigins = [&] {
      for (; entry != kernel.debug.end() && (*entry)->first == next; ++entry)
        OriginOp::create(builder, loc, (*entry)->location, (*entry)->count);
    };
    for (const rt::Insn &insn : rt::decodeKernel(kernel)) {
      writeOrigins();
      createInsn(builder, loc, insn);
      ++next;
    }
    writeOrigins();
    if (entry != kernel.debug.end())
      throw rt::inputError(
          kernel.name, fmt::format("a debug entry starts at instruction {}, out of order or range", (*entry)->first),
          "compile the program again");
  }

  void writeLaunch(const rt::fb::LaunchT &launch) {
    SmallVector<Attribute> parameters;
    for (const auto &parameter : launch.parameters)
      parameters.push_back(
          ParameterAttr::get(builder.getContext(), parameter->segment, parameter->offset, parameter->value));
    LaunchOp::create(builder, loc, launch.name, launch.kernel, builder.getArrayAttr(parameters));
  }
};

} // namespace

DictionaryAttr isa::chipKeysAttr(MLIRContext *context, llvm::ArrayRef<std::unique_ptr<rt::fb::ChipKeyT>> keys) {
  if (keys.empty())
    return {};
  Builder builder(context);
  NamedAttrList list;
  for (const auto &key : keys)
    list.set(key->key, builder.getStringAttr(key->value));
  return list.getDictionary(context);
}

OwningOpRef<ModuleOp> isa::fromProgram(const rt::Program &program, MLIRContext *context) {
  context->loadDialect<IsaDialect>();
  return Writer(program, context).run();
}
