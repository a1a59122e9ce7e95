#include "lowering/isa/Layout.h"

#include "runtime/Error.h"
#include "runtime/isa/Address.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using garam::isa::SegmentKindName;

namespace garam::lowering {

namespace {
constexpr int64_t kSegmentAlignment = 4096;
/// On arguments and outputs of @main: the dimension in which each part has its own.
constexpr StringLiteral kSplitAttr = "garam.split";

RankedTensorType tensorOf(MemRefType type) { return RankedTensorType::get(type.getShape(), type.getElementType()); }
RankedTensorType bytesType(MLIRContext *context, int64_t bytes) {
  return RankedTensorType::get({bytes}, IntegerType::get(context, 8));
}

/// Bytes of constants as memory holds them: i1 is a byte.
DenseElementsAttr rawBytes(DenseElementsAttr value) {
  SmallVector<char> bytes;
  if (value.getElementType().isInteger(1)) {
    for (bool element : value.getValues<bool>())
      bytes.push_back(element);
  } else {
    ArrayRef<char> raw = value.getRawData();
    for (int64_t i = 0, repeats = value.isSplat() ? value.getNumElements() : 1; i < repeats; ++i)
      bytes.append(raw.begin(), raw.end());
  }
  auto type = bytesType(value.getContext(), int64_t(bytes.size()));
  return DenseElementsAttr::getFromRawBuffer(type, bytes);
}
} // namespace

int64_t Layout::reserve(int64_t bytes) {
  int64_t offset = next;
  next += llvm::alignTo(bytes, kSegmentAlignment);
  return rt::hbmAddress(parts ? 0 : rt::kAllDies, offset);
}

RankedTensorType Layout::wholeOf(RankedTensorType part, int64_t dim) const {
  SmallVector<int64_t> shape(part.getShape());
  shape[dim] *= copies();
  return RankedTensorType::get(shape, part.getElementType());
}

void Layout::splitSegment(int segment, Attribute split) {
  SegmentPlan &plan = segments[segment];
  if (copies() == 1 || plan.split || (!split && plan.kind != SegmentKindName::Workspace))
    return;
  plan.split = true;
  plan.type =
      wholeOf(plan.kind == SegmentKindName::Workspace ? bytesType(module.getContext(), plan.bytes) : plan.type, 0);
}

int Layout::addSegment(std::string name, SegmentKindName kind, int64_t bytes, RankedTensorType type,
                       std::optional<int64_t> address) {
  segments.push_back({std::move(name), kind, address ? *address : reserve(bytes), bytes, type, {}, {}});
  int segment = int(segments.size()) - 1;
  splitSegment(segment, Attribute());
  return segment;
}

LogicalResult Layout::plan() {
  auto main = module.lookupSymbol<func::FuncOp>("main");
  if (!main || main.isDeclaration())
    return module.emitError("has no @main; a program is the launches of @main");
  main.walk([&](tile::OutputOp op) { returned.try_emplace(op.getValue(), op); });
  if (failed(planArguments(main)))
    return failure();
  for (auto constant : main.getOps<memref::GetGlobalOp>())
    if (failed(planConstant(constant)))
      return failure();
  planAllocs(main);
  // All launches use the same workspace, one after another.
  int64_t workspace = 0, shared = 0;
  bool usesWorkspace = false, usesShared = false;
  for (auto launch : main.getOps<tile::LaunchOp>()) {
    auto kernel = module.lookupSymbol<func::FuncOp>(launch.getKernel());
    bool placed = kernel != nullptr;
    for (StringRef name : {task::kWorkspaceAttr, task::kSharedAttr, task::kWeightsAttr})
      placed = placed && kernel->hasAttrOfType<IntegerAttr>(name);
    for (unsigned i = 0; placed && i < kernel.getNumArguments(); ++i)
      placed = kernel.getArgAttrOfType<IntegerAttr>(i, task::kParamAttr) &&
               kernel.getArgAttrOfType<IntegerAttr>(i, task::kOffsetAttr) &&
               kernel.getArgAttrOfType<StringAttr>(i, task::kArgAttr);
    for (task::WorkspaceOp own :
         placed ? llvm::to_vector(kernel.getOps<task::WorkspaceOp>()) : SmallVector<task::WorkspaceOp>()) {
      placed = placed && own.getOffset();
      usesShared |= own.getMem() == tile::Mem::shared;
    }
    if (!placed)
      return launch.emitOpError() << "runs '" << launch.getKernel()
                                  << "', which has no places for its arguments; run task-allocate first";
    usesWorkspace |= kernel->hasAttrOfType<IntegerAttr>(task::kWorkspaceParamAttr);
    workspace = std::max(workspace, kernel->getAttrOfType<IntegerAttr>(task::kWorkspaceAttr).getInt());
    shared = std::max(shared, kernel->getAttrOfType<IntegerAttr>(task::kSharedAttr).getInt());
  }
  if (usesShared)
    sharedMemory = addSegment("shared", SegmentKindName::Workspace, shared, bytesType(module.getContext(), shared),
                              rt::sharedAddress(0, 0));
  if (usesWorkspace)
    sharedWorkspace =
        addSegment("workspace", SegmentKindName::Workspace, workspace, bytesType(module.getContext(), workspace));
  for (auto launch : main.getOps<tile::LaunchOp>())
    if (failed(planLaunch(launch)))
      return failure();
  if (failed(planOutputs(main)))
    return failure();
  int64_t capacity = chip.dram.bytesPerDie * chip.topology.dies;
  if (next > capacity)
    return main.emitError() << "the program needs " << next << " bytes of memory, " << next - capacity
                            << " too many; the chip has " << capacity;
  return success();
}

/// What is returned as it came is where it came; only weights, which lie among those of their launches, come again.
LogicalResult Layout::planOutputs(func::FuncOp main) {
  for (auto op : main.getOps<tile::OutputOp>()) {
    auto [segment, added] = segmentOf.try_emplace(op.getValue(), 0);
    if (added) {
      auto type = cast<MemRefType>(op.getValue().getType());
      auto weight = cast<BlockArgument>(op.getValue());
      FailureOr<isa::WeightAttr> source = weightOf(weight, 0, op.getLoc());
      if (failed(source))
        return failure();
      segment->second =
          addSegment(source->getTensor().str(), SegmentKindName::Weight, task::bytesOf(type), tensorOf(type));
      segments[segment->second].weights.push_back(*source);
    }
    outputs.push_back({op.getName().str(), segment->second});
  }
  return success();
}

LogicalResult Layout::planArguments(func::FuncOp main) {
  for (auto arg : main.getArguments()) {
    auto attr = [&](StringRef name) { return main.getArgAttrOfType<StringAttr>(arg.getArgNumber(), name); };
    auto kind = attr("garam.kind"), name = attr("garam.name");
    if (!kind || !name)
      return main.emitError() << "argument " << arg.getArgNumber() << " of @main needs 'garam.kind' and 'garam.name'";
    if (arg.getType().isIndex()) {
      auto range = main.getArgAttrOfType<DenseI64ArrayAttr>(arg.getArgNumber(), "garam.range");
      if (!range || range.size() != 2 || range[0] > range[1])
        return main.emitError() << "value '" << name.getValue()
                                << "' needs its range: 'garam.range = array<i64: low, high>'";
      values.push_back({name.str(), range[0], range[1]});
      continue;
    }
    if (kind.getValue() == "weight")
      continue; // in the segments of the launches that use it
    auto type = cast<MemRefType>(arg.getType());
    segmentOf[arg] =
        addSegment(name.str(), kind.getValue() == "state" ? SegmentKindName::State : SegmentKindName::Input,
                   task::bytesOf(type), tensorOf(type));
    segments[segmentOf[arg]].range =
        main.getArgAttrOfType<DenseI64ArrayAttr>(arg.getArgNumber(), "garam.range");
    splitSegment(segmentOf[arg], main.getArgAttr(arg.getArgNumber(), kSplitAttr));
  }
  return success();
}

LogicalResult Layout::planConstant(memref::GetGlobalOp op) {
  auto global = module.lookupSymbol<memref::GlobalOp>(op.getName());
  auto value = global ? dyn_cast_or_null<DenseElementsAttr>(global.getInitialValueAttr()) : DenseElementsAttr();
  if (!value)
    return op.emitOpError("needs a memref.global with a dense value");
  int segment =
      addSegment(op.getName().str(), SegmentKindName::Constant, task::bytesOf(op.getType()), tensorOf(op.getType()));
  segments[segment].data = rawBytes(value);
  segmentOf[op] = segment;
  return success();
}

void Layout::planAllocs(func::FuncOp main) {
  struct Free {
    int64_t address, bytes;
  };
  struct Live {
    int64_t last, address, bytes;
  };
  std::vector<Free> free;
  std::vector<Live> live;
  llvm::DenseMap<Operation *, int64_t> order;
  for (auto [i, op] : llvm::enumerate(main.getBody().front()))
    order[&op] = int64_t(i);
  // In the order of first use; a tensor's place is free after its last launch.
  SmallVector<std::tuple<int64_t, int64_t, memref::AllocOp>> uses;
  for (auto alloc : main.getOps<memref::AllocOp>()) {
    int64_t first = INT64_MAX, last = 0;
    for (Operation *user : alloc->getUsers()) {
      first = std::min(first, order[user]);
      last = std::max(last, order[user]);
    }
    uses.push_back({first, last, alloc});
  }
  llvm::stable_sort(uses, [](const auto &a, const auto &b) { return std::get<0>(a) < std::get<0>(b); });
  for (auto [first, last, alloc] : uses) {
    int64_t bytes = task::bytesOf(alloc.getType());
    tile::OutputOp output = returned.lookup(alloc);
    bool isOutput = bool(output);
    std::string name = isOutput ? output.getName().str() : fmt::format("tensor{}", segments.size());
    std::optional<int64_t> address;
    if (!isOutput) {
      llvm::erase_if(live, [&, first = first](const Live &l) {
        if (l.last < first)
          free.push_back({l.address, l.bytes});
        return l.last < first;
      });
      auto fit = llvm::find_if(free, [&](const Free &f) { return f.bytes >= bytes; });
      if (fit != free.end()) {
        address = fit->address;
        int64_t used = llvm::alignTo(bytes, kSegmentAlignment);
        fit->address += used, fit->bytes -= used;
        if (fit->bytes <= 0)
          free.erase(fit);
      }
    }
    auto kind = isOutput ? SegmentKindName::Output : SegmentKindName::Workspace;
    int segment = addSegment(std::move(name), kind, bytes, tensorOf(alloc.getType()), address);
    segmentOf[alloc] = segment;
    if (isOutput)
      splitSegment(segment, output->getAttr(kSplitAttr));
    else
      live.push_back({last, segments[segment].address, int64_t(llvm::alignTo(bytes, kSegmentAlignment))});
  }
}

FailureOr<isa::WeightAttr> Layout::weightOf(BlockArgument weight, int64_t offset, Location loc) {
  auto main = cast<func::FuncOp>(weight.getOwner()->getParentOp());
  auto type = cast<MemRefType>(weight.getType());
  auto name = main.getArgAttrOfType<StringAttr>(weight.getArgNumber(), "garam.name");
  auto source = main.getArgAttrOfType<TypeAttr>(weight.getArgNumber(), "garam.source_dtype");
  auto stored = RankedTensorType::get(type.getShape(), source ? source.getValue() : type.getElementType());
  auto number = main.getArgAttrOfType<IntegerAttr>(weight.getArgNumber(), "garam.file");
  const uint64_t file = number ? uint64_t(number.getInt()) : 0;
  auto files = module->getAttrOfType<ArrayAttr>("garam.weight_files");
  const size_t count = files ? files.size() : 0;
  if (file >= std::max<size_t>(count, 1) || (file < count && !llvm::isa<StringAttr>(files[file])))
    return emitError(loc) << "weight '" << name.getValue() << "' is in weight file " << file << "; the module names " << count;
  Builder b(module.getContext());
  auto none = b.getDenseI64ArrayAttr({});
  return isa::WeightAttr::get(b.getContext(), name.getValue(), uint32_t(file), stored, "", uint64_t(offset),
                              type.getElementType(), none, none, none);
}

FailureOr<int> Layout::weightSegment(tile::LaunchOp op, func::FuncOp kernel) {
  std::vector<void *> key{kernel.getOperation()};
  auto param = kernel->getAttrOfType<IntegerAttr>(task::kWeightsParamAttr);
  SmallVector<std::pair<unsigned, BlockArgument>> parts;
  for (auto [i, operand] : llvm::enumerate(op.getArguments()))
    if (kernel.getArgAttrOfType<IntegerAttr>(i, task::kParamAttr) == param &&
        llvm::isa<MemRefType>(operand.getType())) {
      key.push_back(operand.getAsOpaquePointer());
      parts.push_back({unsigned(i), cast<BlockArgument>(operand)});
    }
  auto [found, added] = weightSegments.try_emplace(key, 0);
  if (!added)
    return found->second;
  int64_t bytes = kernel->getAttrOfType<IntegerAttr>(task::kWeightsAttr).getInt();
  int segment = addSegment(fmt::format("weights{}", weightSegments.size() - 1), SegmentKindName::Weight, bytes,
                           bytesType(module.getContext(), bytes));
  for (auto [i, arg] : parts) {
    int64_t offset = kernel.getArgAttrOfType<IntegerAttr>(i, task::kOffsetAttr).getInt();
    FailureOr<isa::WeightAttr> weight = weightOf(arg, offset, op.getLoc());
    if (failed(weight))
      return failure();
    segments[segment].weights.push_back(*weight);
  }
  found->second = segment;
  return segment;
}

void Layout::addBoundary(StringAttr node, int segment, int64_t offset, MemRefType type, IntegerAttr split) {
  if (!node)
    return;
  bool whole = !split || copies() == 1;
  boundaries.push_back({node.str(), segment, offset, whole ? tensorOf(type) : wholeOf(tensorOf(type), split.getInt()),
                        int64_t(launches.size()), whole ? -1 : split.getInt()});
}

LogicalResult Layout::planLaunch(tile::LaunchOp op) {
  auto kernel = module.lookupSymbol<func::FuncOp>(op.getKernel());
  auto main = op->getParentOfType<func::FuncOp>();
  MLIRContext *context = module.getContext();
  LaunchPlan launch{op, kernel, {}};
  auto set = [&](int64_t param, int32_t segment, int64_t offset, StringRef value) {
    if (int64_t(launch.parameters.size()) <= param)
      launch.parameters.resize(param + 1);
    launch.parameters[param] = isa::ParameterAttr::get(context, segment, offset, value);
  };
  llvm::DenseMap<Value, unsigned> seen;
  for (auto [i, operand] : llvm::enumerate(op.getArguments())) {
    int64_t param = kernel.getArgAttrOfType<IntegerAttr>(i, task::kParamAttr).getInt();
    auto kind = kernel.getArgAttrOfType<StringAttr>(i, task::kArgAttr).getValue();
    if (operand.getType().isIndex()) {
      auto name = main.getArgAttrOfType<StringAttr>(cast<BlockArgument>(operand).getArgNumber(), "garam.name");
      set(param, -1, 0, name.getValue());
      continue;
    }
    // The proofs take different arguments for different memory.
    auto [other, first] = seen.try_emplace(operand, unsigned(i));
    auto written = [&](unsigned n) {
      auto k = kernel.getArgAttrOfType<StringAttr>(n, task::kArgAttr).getValue();
      return k == "output" || k == "state";
    };
    if (!first && (written(i) || written(other->second)))
      return op.emitOpError() << "gives one tensor as arguments " << other->second << " and " << i
                              << ", of which one is written";
    auto weights = kernel->getAttrOfType<IntegerAttr>(task::kWeightsParamAttr);
    if (weights && weights.getInt() == param)
      continue;
    set(param, segmentOf.lookup(operand), 0, "");
    if (kind == "output" || kind == "state")
      addBoundary(kernel.getArgAttrOfType<StringAttr>(i, task::kNodeAttr), segmentOf.lookup(operand), 0,
                  cast<MemRefType>(operand.getType()), kernel.getArgAttrOfType<IntegerAttr>(i, task::kSplitAttr));
  }
  if (auto param = kernel->getAttrOfType<IntegerAttr>(task::kWeightsParamAttr)) {
    FailureOr<int> segment = weightSegment(op, kernel);
    if (failed(segment))
      return failure();
    set(param.getInt(), *segment, 0, "");
  }
  if (auto param = kernel->getAttrOfType<IntegerAttr>(task::kWorkspaceParamAttr)) {
    set(param.getInt(), *sharedWorkspace, 0, "");
    for (auto workspace : kernel.getOps<task::WorkspaceOp>())
      if (workspace.getMem() == tile::Mem::hbm)
        addBoundary(workspace.getNodeAttr(), *sharedWorkspace, *workspace.getOffset(),
                    cast<MemRefType>(workspace.getType()), workspace->getAttrOfType<IntegerAttr>(task::kSplitAttr));
  }
  for (auto workspace : kernel.getOps<task::WorkspaceOp>())
    if (workspace.getMem() == tile::Mem::shared)
      addBoundary(workspace.getNodeAttr(), *sharedMemory, *workspace.getOffset(), cast<MemRefType>(workspace.getType()),
                  workspace->getAttrOfType<IntegerAttr>(task::kSplitAttr));
  launches.push_back(std::move(launch));
  return success();
}

} // namespace garam::lowering
