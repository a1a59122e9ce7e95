// graph-stage-inputs: an activation from another kernel that several products read is copied to shared memory first,
// where each of them finds it at several times the rate of HBM. Expects: groups without mappings. Leaves: the same,
// with copies.
#include "lowering/Passes.h"
#include "lowering/graph/Drafts.h"
#include "lowering/task/Machine.h"

#include "dialects/tile/Tile.h"

namespace garam {
#define GEN_PASS_DEF_GRAPHSTAGEINPUTS
#include "lowering/Passes.h.inc"
} // namespace garam

using namespace mlir;

namespace garam::lowering {
namespace {
struct GraphStageInputs : garam::impl::GraphStageInputsBase<GraphStageInputs> {
  void runOnOperation() override {
    FailureOr<rt::Chip> chip = chipOf(getOperation());
    if (failed(chip))
      return signalPassFailure();
    if (chip->topology.dies != 1 || chip->shared.bytesPerDie == 0)
      return;
    auto main = getOperation().lookupSymbol<func::FuncOp>("main");
    for (auto kernel : getOperation().getOps<func::FuncOp>())
      if (main && kernel != main && !kernel.isDeclaration())
        for (BlockArgument argument : kernel.getArguments())
          if (isWorthIt(*chip, argument) && isActivation(main, kernel, argument.getArgNumber()))
            stage(argument);
  }

private:
  /// Two products or more read it, and it is too large for the time to be that of a barrier and small enough for the
  /// memory.
  static bool isWorthIt(const rt::Chip &chip, BlockArgument argument) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!type)
      return false;
    int64_t bytes = type.getNumElements() * rt::byteSize(*tile::dtypeOf(type.getElementType()));
    int64_t products = llvm::count_if(argument.getUses(), [](OpOperand &use) {
      auto group = dyn_cast<graph::GroupOp>(use.getOwner());
      return group && llvm::any_of(group.block(), [&](Operation &op) {
               auto matmul = dyn_cast<graph::MatmulOp>(op);
               std::optional<View> a = matmul ? viewOf(matmul.getA()) : std::nullopt;
               return a && a->base == group.block().getArgument(use.getOperandNumber());
             });
    });
    constexpr int64_t kLeastBytes = 1 << 18;
    return products >= 2 && bytes >= kLeastBytes && bytes <= chip.shared.bytesPerDie / 4;
  }

  /// Whether every launch passes what another kernel computed or an input: weights and states stay where they are.
  static bool isActivation(func::FuncOp main, func::FuncOp kernel, int64_t index) {
    bool activation = true;
    main.walk([&](func::CallOp call) {
      if (call.getCallee() != kernel.getName())
        return;
      Value given = call.getOperand(index);
      auto argument = dyn_cast<BlockArgument>(given);
      auto kind = argument ? main.getArgAttrOfType<StringAttr>(argument.getArgNumber(), graph::kKind) : StringAttr();
      activation &= argument ? kind && kind.getValue() == "input" : bool(given.getDefiningOp<func::CallOp>());
    });
    return activation;
  }

  static void stage(BlockArgument argument) {
    OpBuilder builder = OpBuilder::atBlockBegin(argument.getOwner());
    Location loc = argument.getLoc();
    std::string name = "stage_" + std::to_string(argument.getArgNumber());
    auto group = graph::GroupOp::create(builder, loc, TypeRange(argument.getType()), ValueRange(argument),
                                        builder.getStringAttr(name), graph::MappingAttr());
    Block &body = group.getBody().empty() ? group.getBody().emplaceBlock() : group.getBody().front();
    Value inside = body.addArgument(argument.getType(), loc);
    OpBuilder in = OpBuilder::atBlockEnd(&body);
    graph::YieldOp::create(in, loc, inside);
    argument.replaceUsesWithIf(group.getResult(0), [&](OpOperand &use) {
      return use.getOwner() != group && isa<graph::GroupOp>(use.getOwner());
    });
  }
};
} // namespace
} // namespace garam::lowering
