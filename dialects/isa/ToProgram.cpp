// isa ops to program container.
#include "dialects/isa/Isa.h"
#include "dialects/isa/ProgramConversion.h"
#include "runtime/Error.h"

using namespace mlir;
using namespace garam;
using namespace garam::isa;

static uint8_t dtypeNumber(Type type) { return uint8_t(*dtypeOf(type)); }

static std::unique_ptr<rt::fb::WeightSourceT> readWeight(WeightAttr attribute) {
  auto weight = std::make_unique<rt::fb::WeightSourceT>();
  weight->tensor = attribute.getTensor().str();
  weight->file = attribute.getFile();
  weight->dtype = dtypeNumber(attribute.getType().getElementType());
  weight->shape = attribute.getType().getShape().vec();
  weight->sha256 = attribute.getSha256().str();
  weight->offset = attribute.getOffset();
  weight->to_dtype = dtypeNumber(attribute.getTo());
  weight->permutation = attribute.getPermutation().asArrayRef().vec();
  weight->slice_begin = attribute.getBegin().asArrayRef().vec();
  weight->slice_end = attribute.getEnd().asArrayRef().vec();
  return weight;
}

static std::unique_ptr<rt::Segment> readSegment(SegmentOp op) {
  auto segment = std::make_unique<rt::Segment>();
  auto type = cast<RankedTensorType>(op.getType());
  segment->name = op.getName().str();
  segment->kind = rt::fb::SegmentKind(op.getKind());
  segment->address = op.getAddress();
  segment->bytes = op.getBytes();
  segment->dies = op.getDies();
  segment->split = op.getSplit();
  segment->dtype = dtypeNumber(type.getElementType());
  segment->shape = type.getShape().vec();
  if (auto range = op.getRange()) {
    segment->range = std::make_unique<rt::fb::RangeT>();
    segment->range->low = (*range)[0], segment->range->high = (*range)[1];
  }
  if (auto weights = op.getWeights())
    for (auto weight : weights->getAsRange<WeightAttr>())
      segment->weights.push_back(readWeight(weight));
  if (auto data = op.getData())
    for (APInt byte : data->getValues<APInt>())
      segment->data.push_back(uint8_t(byte.getZExtValue()));
  return segment;
}

static std::unique_ptr<rt::Kernel> readKernel(KernelOp op) {
  auto kernel = std::make_unique<rt::Kernel>();
  kernel->name = op.getName().str();
  kernel->initial_tokens.assign(rt::kSemaphores, 0);
  kernel->waiters.assign(rt::kSemaphores, 255);
  uint32_t next = 0;
  for (Operation &entry : op.getBody().front()) {
    if (auto semaphore = dyn_cast<SemaphoreOp>(entry)) {
      kernel->waiters[semaphore.getNumber()] = uint8_t(semaphore.getWaiter());
      kernel->initial_tokens[semaphore.getNumber()] = uint8_t(semaphore.getTokens());
    } else if (auto shape = dyn_cast<DmaShapeOp>(entry)) {
      rt::DmaShape value;
      llvm::copy(shape.getCounts(), value.counts.begin());
      llvm::copy(shape.getFrom(), value.srcStrides.begin());
      llvm::copy(shape.getTo(), value.dstStrides.begin());
      kernel->descriptors.push_back(std::make_unique<rt::fb::DescriptorT>(rt::toTable(value)));
    } else if (auto chain = dyn_cast<VectorChainOp>(entry)) {
      kernel->descriptors.push_back(std::make_unique<rt::fb::DescriptorT>(rt::toTable(chain.getChain().getChain())));
    } else if (auto origin = dyn_cast<OriginOp>(entry)) {
      auto debug = std::make_unique<rt::fb::DebugEntryT>();
      debug->first = next;
      debug->count = origin.getCount();
      debug->location = origin.getLocation();
      kernel->debug.push_back(std::move(debug));
    } else {
      rt::Word word = rt::encode(*insnOf(&entry));
      kernel->code.insert(kernel->code.end(), word.begin(), word.end());
      ++next;
    }
  }
  return kernel;
}

static std::unique_ptr<rt::fb::LaunchT> readLaunch(LaunchOp op) {
  auto launch = std::make_unique<rt::fb::LaunchT>();
  launch->name = op.getName().str();
  launch->kernel = op.getKernel();
  for (auto attribute : op.getParameters().getAsRange<ParameterAttr>()) {
    auto parameter = std::make_unique<rt::fb::ParameterT>();
    parameter->segment = attribute.getSegment();
    parameter->offset = attribute.getOffset();
    parameter->value = attribute.getValue().str();
    launch->parameters.push_back(std::move(parameter));
  }
  return launch;
}

static void readEntry(rt::Program &program, Operation &entry) {
  if (auto value = dyn_cast<ValueOp>(entry)) {
    auto read = std::make_unique<rt::fb::RuntimeValueT>();
    read->name = value.getName().str();
    read->low = value.getLow();
    read->high = value.getHigh();
    program.values.push_back(std::move(read));
  } else if (auto segment = dyn_cast<SegmentOp>(entry)) {
    program.segments.push_back(readSegment(segment));
  } else if (auto output = dyn_cast<OutputOp>(entry)) {
    auto read = std::make_unique<rt::fb::OutputT>();
    read->name = output.getName().str();
    read->segment = output.getSegment();
    program.outputs.push_back(std::move(read));
  } else if (auto location = dyn_cast<LocationOp>(entry)) {
    auto read = std::make_unique<rt::fb::LocationT>();
    read->op = location.getOp().str();
    read->tile_op = location.getTileOp().str();
    read->node = location.getNode().str();
    read->source = location.getSource().str();
    program.locations.push_back(std::move(read));
  } else if (auto kernel = dyn_cast<KernelOp>(entry)) {
    program.kernels.push_back(readKernel(kernel));
  } else if (auto launch = dyn_cast<LaunchOp>(entry)) {
    program.launches.push_back(readLaunch(launch));
  } else if (auto boundary = dyn_cast<BoundaryOp>(entry)) {
    auto read = std::make_unique<rt::fb::BoundaryT>();
    auto type = cast<RankedTensorType>(boundary.getType());
    read->node = boundary.getNode().str();
    read->segment = boundary.getSegment();
    read->offset = boundary.getOffset();
    read->dtype = dtypeNumber(type.getElementType());
    read->shape = type.getShape().vec();
    read->launch = boundary.getLaunch();
    read->split = int32_t(boundary.getSplit());
    program.boundaries.push_back(std::move(read));
  }
}

FailureOr<rt::Program> isa::toProgram(ModuleOp module) {
  auto programs = llvm::to_vector(module.getOps<ProgramOp>());
  if (programs.size() != 1)
    return module.emitError() << "holds " << programs.size() << " isa.program; a program file holds one";
  ProgramOp op = programs.front();
  rt::Program program;
  program.version = op.getVersion();
  program.model = op.getModel().str();
  program.chip = op.getChip().str();
  program.dies = op.getDies();
  if (auto keys = op.getChipKeys())
    for (NamedAttribute key : *keys) {
      program.chip_keys.push_back(std::make_unique<rt::fb::ChipKeyT>());
      program.chip_keys.back()->key = key.getName().str();
      program.chip_keys.back()->value = cast<StringAttr>(key.getValue()).str();
    }
  program.dtype = op.getDtype().str();
  program.phase = op.getPhase().str();
  program.batch = op.getBatch();
  program.sequence_length = op.getSequenceLength();
  program.kv_capacity = op.getKvCapacity();
  for (auto file : op.getWeightFiles().getAsRange<StringAttr>())
    program.weight_files.push_back(file.str());
  program.flops = op.getFlops();
  program.compulsory_bytes = op.getCompulsoryBytes();
  program.mapping = op.getMapping().str();
  for (Operation &entry : op.getBody().front())
    readEntry(program, entry);
  return program;
}
