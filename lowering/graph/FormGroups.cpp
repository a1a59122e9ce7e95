// graph-form-groups: every op of a kernel function moves into a graph.group, and views go where they are read: as
// strides of a load, or of the store of the group that computes what they rearrange. Expects: kernel functions of one
// block without calls. Leaves: functions of groups and a return.
#include "lowering/Passes.h"
#include "lowering/graph/Drafts.h"

#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/StringSet.h"

namespace garam {
#define GEN_PASS_DEF_GRAPHFORMGROUPS
#include "lowering/Passes.h.inc"
} // namespace garam

using namespace mlir;

namespace garam::lowering {

namespace {
class Former {
public:
  explicit Former(func::FuncOp function) : function(function), drafts(function) {}

  LogicalResult run() {
    Block &block = function.getBody().front();
    if (failed(check(block)))
      return failure();
    SmallVector<Operation *> old;
    for (Operation &op : block.without_terminator())
      old.push_back(&op);
    OpBuilder builder(block.getTerminator());
    for (int draft : drafts.order())
      build(builder, draft);
    Operation *terminator = block.getTerminator();
    for (OpOperand &operand : terminator->getOpOperands())
      operand.set(outside.lookupOrDefault(operand.get()));
    for (Operation *op : llvm::reverse(old))
      op->erase();
    return success();
  }

private:
  LogicalResult check(Block &block) {
    for (Operation &op : block.without_terminator())
      if (!kindOf(&op) && !isViewOp(&op) && !isa<graph::ConstantOp>(op))
        return op.emitOpError("cannot be lowered; supported are the ops of the graph dialect outside of groups");
      else if (isa<graph::ConstantOp>(op) && !isSplat(op.getResult(0)))
        return op.emitOpError("is not an argument of the kernel; run graph-outline-kernels first");
    return success();
  }

  /// Name of a group: the exported node of its last op, made unique in the function.
  StringAttr nameOf(const Draft &draft, Operation *last) {
    std::string name;
    if (auto node = last->getAttrOfType<StringAttr>(graph::kNode))
      name = node.str();
    else
      name = last->getName().stripDialect().str();
    std::string unique = name;
    for (int i = 1; !names.insert(unique).second; ++i)
      unique = name + "_" + std::to_string(i);
    return StringAttr::get(function.getContext(), unique);
  }

  void build(OpBuilder &builder, int index) {
    const Draft &draft = drafts.drafts[index];
    Operation *last = draft.copied ? draft.copied.getDefiningOp() : draft.members.back();
    SmallVector<Value> inputs, outputs;
    auto input = [&](Value value) {
      if (!llvm::is_contained(inputs, value))
        inputs.push_back(value);
    };
    for (Value read : drafts.reads(draft))
      input(read == draft.copied ? drafts.inMemory(last->getOperand(0)) : drafts.inMemory(read));
    for (Operation *op : draft.members)
      for (Value operand : op->getOperands())
        if (operand.getType().isIndex())
          input(operand);
    for (auto [value, owner] : drafts.stored)
      if (owner == index)
        outputs.push_back(value);

    SmallVector<Value> operands;
    for (Value value : inputs)
      operands.push_back(outside.lookupOrDefault(value));
    SmallVector<Location> locs;
    for (Operation *op : draft.members)
      locs.push_back(op->getLoc());
    Location loc = draft.copied ? last->getLoc() : builder.getFusedLoc(locs);
    auto group = graph::GroupOp::create(builder, loc, TypeRange(ValueRange(outputs)), operands, nameOf(draft, last),
                                        graph::MappingAttr());
    if (Attribute node = last->getAttr(graph::kNode))
      group->setAttr(graph::kNode, node);
    if (Attribute split = last->getAttr(graph::kSplit))
      group->setAttr(graph::kSplit, split);
    Block &body = group.getBody().empty() ? group.getBody().emplaceBlock() : group.getBody().front();
    if (!body.empty())
      body.clear();
    IRMapping inner;
    for (auto [value, operand] : llvm::zip(inputs, operands))
      inner.map(value, body.addArgument(operand.getType(), loc));
    OpBuilder inside = OpBuilder::atBlockEnd(&body);
    for (Operation *op : draft.members) {
      for (Value operand : op->getOperands())
        clone(inside, operand, inner);
      inside.clone(*op, inner);
    }
    SmallVector<Value> results;
    for (Value value : outputs)
      results.push_back(clone(inside, value, inner));
    graph::YieldOp::create(inside, loc, results);
    for (auto [value, result] : llvm::zip(outputs, group.getResults()))
      outside.map(value, result);
  }

  /// The value inside the group: views and splat constants are repeated where they are read.
  Value clone(OpBuilder &builder, Value value, IRMapping &inner) {
    if (inner.contains(value))
      return inner.lookup(value);
    Operation *op = value.getDefiningOp();
    for (Value operand : op->getOperands())
      clone(builder, operand, inner);
    return builder.clone(*op, inner)->getResult(0);
  }

  func::FuncOp function;
  Drafts drafts;
  IRMapping outside;
  llvm::StringSet<> names;
};

struct GraphFormGroups : garam::impl::GraphFormGroupsBase<GraphFormGroups> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isDeclaration() || function.getName() == "main")
      return;
    if (failed(Former(function).run()))
      signalPassFailure();
  }
};
} // namespace
} // namespace garam::lowering
