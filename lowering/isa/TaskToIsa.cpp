// convert-task-to-isa: kernels become instructions, @main becomes the tables of a program. What is left is one
// isa.program.
#include "dialects/isa/ProgramConversion.h"
#include "lowering/Passes.h"
#include "lowering/isa/Code.h"
#include "lowering/isa/Layout.h"
#include "lowering/task/Machine.h"
#include "runtime/Error.h"
#include "runtime/program/ChipKeys.h"

namespace garam {
#define GEN_PASS_DEF_CONVERTTASKTOISA
#include "lowering/Passes.h.inc"

using namespace mlir;
using namespace garam::lowering;

namespace {
/// Where an instruction comes from: task op, group of the graph, node of the exported graph, line of the model.
struct Origin {
  std::string op, group, node, source;
  auto operator<=>(const Origin &) const = default;
};

void readLocation(Location loc, Origin &origin) {
  if (auto named = dyn_cast<NameLoc>(loc)) {
    std::string &place = origin.group.empty() ? origin.group : origin.node;
    if (place.empty())
      place = named.getName().str();
    readLocation(named.getChildLoc(), origin);
  } else if (auto file = dyn_cast<FileLineColLoc>(loc)) {
    if (origin.source.empty())
      origin.source = fmt::format("{}:{}", file.getFilename().str(), file.getLine());
  } else if (auto fused = dyn_cast<FusedLoc>(loc)) {
    for (Location part : fused.getLocations())
      readLocation(part, origin);
  } else if (auto call = dyn_cast<CallSiteLoc>(loc)) {
    readLocation(call.getCallee(), origin);
  }
}

class ConvertTaskToIsaPass : public impl::ConvertTaskToIsaBase<ConvertTaskToIsaPass> {
  void runOnOperation() override {
    if (failed(convert()))
      signalPassFailure();
  }

  LogicalResult convert() {
    ModuleOp module = getOperation();
    FailureOr<rt::Chip> chip = chipOf(module), whole = wholeChipOf(module);
    if (failed(chip) || failed(whole))
      return failure();
    Layout layout(module, *chip);
    if (failed(layout.plan()))
      return failure();
    OpBuilder b(module.getContext());
    b.setInsertionPointToEnd(module.getBody());
    auto text = [&](StringRef name) {
      auto attr = module->getAttrOfType<StringAttr>(name);
      return attr ? attr.getValue() : StringRef();
    };
    auto number = [&](StringRef name) {
      auto attr = module->getAttrOfType<IntegerAttr>(name);
      return attr ? attr.getInt() : 0;
    };
    auto files = module->getAttrOfType<ArrayAttr>("garam.weight_files");
    auto program = isa::ProgramOp::create(
        b, module.getLoc(), rt::kProgramVersion, text("graph.model"), chip->name, uint32_t(whole->topology.dies),
        text("garam.dtype"), text("garam.phase"), number("garam.batch"), number("garam.sequence_length"),
        number("garam.kv_capacity"), files ? files : b.getStrArrayAttr({}), number("garam.flops"),
        number("garam.compulsory_bytes"), text("garam.mapping"),
        isa::chipKeysAttr(module.getContext(), rt::chipKeys(*whole)));
    b.createBlock(&program.getBody());
    emitLayout(b, module.getLoc(), layout);

    llvm::DenseMap<Operation *, int64_t> kernels;
    std::vector<Operation *> kernelOps;
    Block *body = &program.getBody().front();
    for (const LaunchPlan &launch : layout.launches)
      if (kernels.try_emplace(launch.kernel, int64_t(kernels.size())).second)
        if (failed(emitKernel(b, launch.kernel, kernels[launch.kernel], *chip)))
          return failure();
    for (auto [i, launch] : llvm::enumerate(layout.launches)) {
      for (Attribute parameter : launch.parameters)
        if (!parameter)
          return launch.op.emitOpError("leaves a launch parameter without a value");
      isa::LaunchOp::create(b, launch.op.getLoc(), launch.kernel.getName(), uint32_t(kernels[launch.kernel]),
                            b.getArrayAttr(launch.parameters));
    }
    for (const BoundaryPlan &boundary : layout.boundaries)
      isa::BoundaryOp::create(b, module.getLoc(), boundary.node, uint32_t(boundary.segment), uint64_t(boundary.offset),
                              boundary.type, uint32_t(boundary.launch), uint32_t(boundary.split));
    b.setInsertionPointToStart(body);
    for (const Origin *origin : originOrder)
      isa::LocationOp::create(b, module.getLoc(), uint32_t(origins[*origin]), origin->op, origin->group, origin->node,
                              origin->source);
    for (Operation &op : llvm::make_early_inc_range(*module.getBody()))
      if (&op != program)
        op.erase();
    return success();
  }

  void emitLayout(OpBuilder &b, Location loc, const Layout &layout) {
    for (const ValuePlan &value : layout.values)
      isa::ValueOp::create(b, loc, value.name, uint64_t(value.low), uint64_t(value.high));
    for (auto [i, segment] : llvm::enumerate(layout.segments))
      isa::SegmentOp::create(b, loc, uint32_t(i), segment.name, segment.kind, uint64_t(segment.address),
                             uint64_t(segment.bytes), segment.type,
                             segment.weights.empty() ? ArrayAttr() : b.getArrayAttr(segment.weights), segment.data,
                             uint32_t(layout.copies()), segment.split, segment.range);
    for (const OutputPlan &output : layout.outputs)
      isa::OutputOp::create(b, loc, output.name, uint32_t(output.segment));
  }

  LogicalResult emitKernel(OpBuilder &b, func::FuncOp kernel, int64_t index, const rt::Chip &chip) {
    FailureOr<Code> code = emitCode(kernel);
    if (failed(code))
      return failure();
    if (assignRegisters(*code)) {
      sinkArithmetic(kernel);
      code = emitCode(kernel);
      if (failed(code))
        return failure();
      if (std::optional<Location> place = assignRegisters(*code))
        return emitError(*place) << "kernel '" << kernel.getName() << "' needs more than " << rt::kRegisters
                                 << " registers here; use smaller groups";
    }
    int64_t bytes = int64_t(code->insns.size()) * rt::kWordBytes;
    if (bytes > chip.sequencer.instructionBytes)
      return kernel.emitError() << "kernel '" << kernel.getName() << "' has " << bytes << " bytes of instructions, "
                                << bytes - chip.sequencer.instructionBytes << " too many; the instruction memory has "
                                << chip.sequencer.instructionBytes;
    OpBuilder::InsertionGuard guard(b);
    auto op = isa::KernelOp::create(b, kernel.getLoc(), uint32_t(index), kernel.getName());
    b.createBlock(&op.getBody());
    for (auto [semaphore, waiter] : llvm::enumerate(code->waiters))
      if (waiter)
        isa::SemaphoreOp::create(b, kernel.getLoc(), uint32_t(semaphore), isa::EngineName(*waiter), uint32_t(0));
    for (auto [i, descriptor] : llvm::enumerate(code->descriptors)) {
      if (auto *shape = std::get_if<rt::DmaShape>(&descriptor))
        isa::DmaShapeOp::create(b, kernel.getLoc(), uint32_t(i), ArrayRef<int64_t>(shape->counts),
                                ArrayRef<int64_t>(shape->srcStrides), ArrayRef<int64_t>(shape->dstStrides));
      else
        isa::VectorChainOp::create(b, kernel.getLoc(), uint32_t(i),
                                   isa::ChainAttr::get(b.getContext(), std::get<rt::Chain>(descriptor)));
    }
    std::vector<int64_t> places;
    for (const VirtualInsn &insn : code->insns)
      places.push_back(originOf(insn));
    for (size_t i = 0; i < places.size();) {
      size_t end = i;
      while (end < places.size() && places[end] == places[i])
        ++end;
      isa::OriginOp::create(b, kernel.getLoc(), uint32_t(places[i]), uint32_t(end - i));
      for (; i < end; ++i) {
        try {
          isa::createInsn(b, code->insns[i].loc, encoded(code->insns[i]));
        } catch (const rt::Error &error) {
          return emitError(code->insns[i].loc, error.what());
        }
      }
    }
    return success();
  }

  int64_t originOf(const VirtualInsn &insn) {
    rt::Insn plain;
    plain.opcode = insn.opcode;
    Origin origin{std::string(rt::info(plain).mnemonic), {}, {}, {}};
    if (rt::info(plain).engine == rt::Engine::Seq)
      origin.op = "seq";
    readLocation(insn.loc, origin);
    auto [found, added] = origins.try_emplace(origin, int64_t(origins.size()));
    if (added)
      originOrder.push_back(&found->first);
    return found->second;
  }

  std::map<Origin, int64_t> origins;
  std::vector<const Origin *> originOrder;
};
} // namespace
} // namespace garam
