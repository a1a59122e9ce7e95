// convert-tile-to-task: each kernel becomes a function over task buffers. Control flow and index arithmetic are kept,
// phases get their grid indices from the number of the core, tile ops become ops of their engine (Engines.cpp).
#include "lowering/Passes.h"
#include "lowering/task/Machine.h"
#include "lowering/tile/Engines.h"

namespace garam {
#define GEN_PASS_DEF_CONVERTTILETOTASK
#include "lowering/Passes.h.inc"

using namespace mlir;
using namespace garam::lowering;

namespace {
class KernelConverter {
public:
  KernelConverter(func::FuncOp kernel, const rt::Chip &chip)
      : kernel(kernel), cores(chip.cores()), oneDie(chip.topology.dies == 1), b(kernel), operands(values, buffers),
        engines(operands) {}

  LogicalResult convert() {
    SmallVector<Type> types;
    for (Type type : kernel.getArgumentTypes())
      types.push_back(isa<MemRefType>(type) ? Type(task::BufferType::get(b.getContext())) : type);
    auto result = func::FuncOp::create(b, kernel.getLoc(), kernel.getName(), b.getFunctionType(types, {}));
    result->setAttr(task::kKernelAttr, b.getUnitAttr());
    Block *entry = result.addEntryBlock();
    for (auto [i, old, arg] : llvm::enumerate(kernel.getArguments(), entry->getArguments())) {
      result.setArgAttr(i, task::kArgAttr, kernel.getArgAttr(i, tile::kArgAttr));
      if (Attribute node = kernel.getArgAttr(i, tile::kNodeAttr))
        result.setArgAttr(i, task::kNodeAttr, node);
      if (Attribute split = kernel.getArgAttr(i, tile::kSplitAttr))
        result.setArgAttr(i, task::kSplitAttr, split);
      if (isa<MemRefType>(old.getType())) {
        result.setArgAttr(i, task::kTypeAttr, TypeAttr::get(old.getType()));
        buffers[old] = arg;
      } else {
        values.map(old, arg);
      }
    }
    b.setInsertionPointToEnd(entry);
    core = task::CoreOp::create(b, kernel.getLoc(), b.getIndexType());
    for (Operation &op : kernel.getBody().front())
      if (failed(convert(&op)))
        return failure();
    kernel.erase();
    return success();
  }

private:
  Type bufferType() { return task::BufferType::get(b.getContext()); }

  LogicalResult convertBlock(Block &block) {
    for (Operation &op : block)
      if (failed(convert(&op)))
        return failure();
    return success();
  }

  LogicalResult convert(Operation *op) {
    Location loc = op->getLoc();
    OpBuilder::InsertionGuard guard(b);
    struct Restore { // an op appends at the end of the block that is being filled
      OpBuilder &b;
      Block *block;
      ~Restore() { b.setInsertionPointToEnd(block); }
    } restore{b, b.getInsertionBlock()};
    if (isa<memref::SubViewOp, memref::ReinterpretCastOp, scf::YieldOp, scf::InParallelOp>(op))
      return success(); // views are folded into their users
    if (isa<func::ReturnOp>(op)) {
      func::ReturnOp::create(b, loc);
      return success();
    }
    if (auto alloc = dyn_cast<memref::AllocOp>(op)) {
      MemRefType type = alloc.getType();
      auto node = alloc->getAttrOfType<StringAttr>(tile::kNodeAttr);
      auto mem = cast<tile::MemAttr>(type.getMemorySpace());
      auto workspace = task::WorkspaceOp::create(b, loc, bufferType(), mem, TypeAttr::get(type), node, IntegerAttr());
      if (Attribute split = alloc->getAttr(tile::kSplitAttr))
        workspace->setAttr(task::kSplitAttr, split);
      buffers[alloc] = workspace;
      return success();
    }
    if (auto alloc = dyn_cast<tile::AllocOp>(op)) {
      auto type = cast<MemRefType>(alloc.getBuffer().getType());
      buffers[alloc] =
          task::AllocOp::create(b, loc, bufferType(), cast<tile::MemAttr>(type.getMemorySpace()),
                                b.getI64IntegerAttr(task::bytesOf(type)), alloc.getDepthAttr(), IntegerAttr());
      return success();
    }
    if (auto forall = dyn_cast<scf::ForallOp>(op))
      return convertPhase(forall);
    if (auto loop = dyn_cast<scf::ForOp>(op)) {
      auto result = scf::ForOp::create(b, loc, values.lookup(loop.getLowerBound()), values.lookup(loop.getUpperBound()),
                                       values.lookup(loop.getStep()));
      values.map(loop.getInductionVar(), result.getInductionVar());
      b.setInsertionPoint(result.getBody()->getTerminator());
      return fill(*loop.getBody(), *result.getBody());
    }
    if (auto branch = dyn_cast<scf::IfOp>(op)) {
      auto result = scf::IfOp::create(b, loc, values.lookup(branch.getCondition()), !branch.getElseRegion().empty());
      if (failed(fill(*branch.thenBlock(), *result.thenBlock())))
        return failure();
      return branch.getElseRegion().empty() ? success() : fill(*branch.elseBlock(), *result.elseBlock());
    }
    if (auto barrier = dyn_cast<tile::BarrierOp>(op)) {
      // On one die the nearer barrier does.
      auto scope = oneDie ? tile::Scope::die : barrier.getScope();
      task::BarrierOp::create(b, loc, tile::ScopeAttr::get(b.getContext(), scope), task::TokensAttr(),
                              task::TokensAttr());
      return success();
    }
    if (op->getName().getDialectNamespace() == "tile")
      return engines.convert(b, op, values);
    b.clone(*op, values);
    return success();
  }

  /// Converts `from` into `to`, which has its terminator already.
  LogicalResult fill(Block &from, Block &to) {
    Operation *terminator = to.getTerminator();
    terminator->remove();
    b.setInsertionPointToEnd(&to);
    LogicalResult result = convertBlock(from);
    to.push_back(terminator);
    return result;
  }

  LogicalResult convertPhase(scf::ForallOp forall) {
    Location loc = forall.getLoc();
    SmallVector<int64_t> grid;
    for (OpFoldResult bound : forall.getMixedUpperBound())
      grid.push_back(*getConstantIntValue(bound));
    int64_t product = 1;
    for (int64_t extent : grid)
      product *= extent;
    if (product > cores)
      return forall.emitOpError() << "asks for " << product << " cores; the chip has " << cores;
    auto phase = task::PhaseOp::create(b, loc);
    if (auto node = forall->getAttr(tile::kNodeAttr))
      phase->setAttr(task::kNodeAttr, node);
    Block *body = b.createBlock(&phase.getBody());
    // The last dimension runs fastest.
    Value rest = core;
    SmallVector<Value> indices(grid.size());
    for (int i = int(grid.size()) - 1; i >= 0; --i) {
      Value extent = constantIndex(b, loc, grid[i]);
      if (i == 0) {
        indices[i] = rest;
      } else {
        indices[i] = arith::RemUIOp::create(b, loc, rest, extent);
        rest = arith::DivUIOp::create(b, loc, rest, extent);
      }
    }
    values.map(forall.getInductionVars(), indices);
    if (product == cores)
      return convertBlock(*forall.getBody());
    Value active = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, core, constantIndex(b, loc, product));
    auto branch = scf::IfOp::create(b, loc, active, false);
    LogicalResult result = fill(*forall.getBody(), *branch.thenBlock());
    b.setInsertionPointToEnd(body);
    return result;
  }

  func::FuncOp kernel;
  const int64_t cores;
  const bool oneDie;
  OpBuilder b;
  IRMapping values;
  llvm::DenseMap<Value, Value> buffers;
  OperandBuilder operands;
  EngineConverter engines;
  Value core;
};

class ConvertTileToTaskPass : public impl::ConvertTileToTaskBase<ConvertTileToTaskPass> {
  void runOnOperation() override {
    FailureOr<rt::Chip> chip = chipOf(getOperation());
    if (failed(chip))
      return signalPassFailure();
    for (auto kernel : llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>()))
      if (kernel->hasAttr(tile::kKernelAttr) && failed(KernelConverter(kernel, *chip).convert()))
        return signalPassFailure();
  }
};
} // namespace
} // namespace garam
