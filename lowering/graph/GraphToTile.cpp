// convert-graph-to-tile: groups become phases over the cores, tensors become buffers, calls become launches.
// Expects: groups with complete mappings (graph-verify-mapped). Leaves: a module of docs/tile.md.
#include "lowering/Passes.h"
#include "lowering/graph/Lower.h"
#include "lowering/task/Machine.h"

#include "mlir/IR/SymbolTable.h"

namespace garam {
#define GEN_PASS_DEF_CONVERTGRAPHTOTILE
#include "lowering/Passes.h.inc"
} // namespace garam

using namespace mlir;

namespace garam::lowering {

void Lowering::at(Operation *op) {
  emit.loc = NameLoc::get(info.group.getNameAttr(), op ? op->getLoc() : info.group.getLoc());
}

namespace {
MemRefType bufferType(Type tensor, tile::Mem memory) {
  auto type = cast<RankedTensorType>(tensor);
  // A number is a vector of one: transfers and engines have no rank 0.
  SmallVector<int64_t> shape(type.getShape());
  return MemRefType::get(shape, type.getElementType(), MemRefLayoutAttrInterface(),
                         tile::MemAttr::get(tensor.getContext(), memory));
}

/// What a result of a kernel is: memory of its own, or an argument that it hands on.
struct Result {
  std::optional<int64_t> argument; ///< of the kernel: handed through, or updated in place
  std::optional<int64_t> same;     ///< an earlier result
};

class Converter {
public:
  Converter(ModuleOp module, const rt::Chip &chip)
      : module(module), main(module.lookupSymbol<func::FuncOp>("main")), chip(chip) {}

  LogicalResult run() {
    for (auto function : llvm::to_vector(module.getOps<func::FuncOp>()))
      if (function != main && !function.isDeclaration() && failed(convertKernel(function)))
        return failure();
    return convertMain();
  }

private:
  SmallVector<func::CallOp> callsOf(func::FuncOp kernel) {
    SmallVector<func::CallOp> calls;
    main.walk([&](func::CallOp call) {
      if (call.getCallee() == kernel.getName())
        calls.push_back(call);
    });
    return calls;
  }

  StringRef kindOfMainValue(Value value) {
    auto argument = dyn_cast<BlockArgument>(value);
    if (!argument)
      return value.getDefiningOp<graph::ConstantOp>() ? "weight" : "input";
    auto kind = main.getArgAttrOfType<StringAttr>(argument.getArgNumber(), graph::kKind);
    return kind ? kind.getValue() : value.getType().isIndex() ? "value" : "input";
  }

  StringRef kindOfArgument(func::FuncOp kernel, int64_t index) {
    StringRef kind;
    for (func::CallOp call : callsOf(kernel)) {
      StringRef own = kindOfMainValue(call.getOperand(index));
      kind = kind.empty() || kind == own ? own : StringRef("input");
    }
    return kernel.getArgumentTypes()[index].isIndex() ? "value" : kind.empty() ? "input" : kind;
  }

  /// The cache of an update is written in place where each call passes a state that this very result replaces, and
  /// nobody reads the old one.
  std::optional<int64_t> inPlace(func::FuncOp kernel, graph::GroupOp group, int64_t result) {
    graph::KvUpdateOp update;
    group.walk([&](graph::KvUpdateOp op) { update = op; });
    auto inner = update ? dyn_cast<BlockArgument>(update.getCache()) : BlockArgument();
    auto argument = inner ? dyn_cast<BlockArgument>(group.getInputs()[inner.getArgNumber()]) : BlockArgument();
    if (!argument || !argument.hasOneUse() || callsOf(kernel).empty())
      return std::nullopt;
    for (func::CallOp call : callsOf(kernel)) {
      auto state = dyn_cast<BlockArgument>(call.getOperand(argument.getArgNumber()));
      if (!state || !state.hasOneUse() || kindOfMainValue(state) != "state")
        return std::nullopt;
      bool replaces = false;
      for (OpOperand &use : call.getResult(result).getUses())
        if (isa<func::ReturnOp>(use.getOwner())) {
          auto alias = main.getResultAttrOfType<IntegerAttr>(use.getOperandNumber(), graph::kAlias);
          replaces |= alias && alias.getInt() == int64_t(state.getArgNumber());
        }
      if (!replaces)
        return std::nullopt;
    }
    return argument.getArgNumber();
  }

  LogicalResult convertKernel(func::FuncOp kernel) {
    Operation *terminator = kernel.getBody().front().getTerminator();
    std::vector<Result> &plan = results[kernel.getName()];
    for (auto [index, value] : llvm::enumerate(terminator->getOperands())) {
      Result result;
      if (auto argument = dyn_cast<BlockArgument>(value))
        result.argument = argument.getArgNumber();
      else if (auto group = value.getDefiningOp<graph::GroupOp>())
        result.argument = inPlace(kernel, group, int64_t(index));
      else
        return value.getDefiningOp()->emitOpError("is not in a group; run graph-form-groups first");
      for (size_t earlier = 0; earlier < index; ++earlier)
        if (terminator->getOperand(earlier) == value)
          result.same = earlier;
      plan.push_back(result);
    }

    MLIRContext *context = module.getContext();
    SmallVector<Type> types;
    SmallVector<DictionaryAttr> attributes;
    auto attribute = [&](StringRef kind, Attribute node = Attribute(), Attribute split = Attribute()) {
      NamedAttrList list;
      list.set(tile::kArgAttr, StringAttr::get(context, kind));
      if (node)
        list.set(tile::kNodeAttr, node);
      if (node && split)
        list.set(tile::kSplitAttr, split);
      attributes.push_back(list.getDictionary(context));
    };
    for (auto [index, type] : llvm::enumerate(kernel.getArgumentTypes())) {
      types.push_back(type.isIndex() ? type : Type(bufferType(type, tile::Mem::hbm)));
      attribute(kindOfArgument(kernel, index));
    }
    for (auto [index, value] : llvm::enumerate(terminator->getOperands()))
      if (!plan[index].argument && !plan[index].same) {
        types.push_back(bufferType(value.getType(), tile::Mem::hbm));
        auto group = value.getDefiningOp<graph::GroupOp>();
        int64_t number = cast<OpResult>(value).getResultNumber();
        attribute("output", ofResult(group, number, graph::kNode), ofResult(group, number, graph::kSplit));
      }

    OpBuilder builder(kernel);
    auto function =
        func::FuncOp::create(builder, kernel.getLoc(), kernel.getName(), builder.getFunctionType(types, {}));
    function->setAttr(tile::kKernelAttr, builder.getUnitAttr());
    function.setPrivate();
    function.setAllArgAttrs(attributes);
    Block *body = function.addEntryBlock();
    DenseMap<Value, Value> memory;
    for (auto [old, replacement] : llvm::zip(kernel.getArguments(), body->getArguments()))
      memory[old] = replacement;
    int64_t output = kernel.getNumArguments();
    for (auto [index, value] : llvm::enumerate(terminator->getOperands())) {
      if (plan[index].argument)
        memory[value] = body->getArgument(*plan[index].argument);
      else if (!plan[index].same)
        memory[value] = body->getArgument(output++);
    }
    OpBuilder in = OpBuilder::atBlockEnd(body);
    for (auto group : kernel.getOps<graph::GroupOp>())
      for (auto [index, result] : llvm::enumerate(group.getResults()))
        if (!memory.contains(result))
          memory[result] = workspace(in, group, index);
    DenseSet<Value> written, read;
    for (auto group : kernel.getOps<graph::GroupOp>()) {
      bool ordered = llvm::any_of(group.getInputs(), [&](Value input) { return written.contains(memory[input]); }) ||
                     llvm::any_of(group.getResults(),
                                  [&](Value r) { return read.contains(memory[r]) || written.contains(memory[r]); });
      if (ordered) {
        tile::BarrierOp::create(in, group.getLoc(), chip.topology.dies == 1 ? tile::Scope::die : tile::Scope::chip);
        written.clear(), read.clear();
      }
      if (failed(convertGroup(in, group, memory)))
        return failure();
      for (Value input : group.getInputs())
        read.insert(memory[input]);
      for (Value result : group.getResults())
        written.insert(memory[result]);
    }
    func::ReturnOp::create(in, kernel.getLoc());
    kernel.erase();
    return success();
  }

  Value workspace(OpBuilder &builder, graph::GroupOp group, int64_t index) {
    auto place = group.getMapping() ? group.getMapping()->place("result" + std::to_string(index)) : std::nullopt;
    tile::Mem where = place == StringRef("shared") ? tile::Mem::shared : tile::Mem::hbm;
    auto alloc = memref::AllocOp::create(builder, group.getLoc(), bufferType(group.getResult(index).getType(), where));
    if (Attribute node = ofResult(group, index, graph::kNode)) {
      alloc->setAttr(tile::kNodeAttr, node);
      if (Attribute split = ofResult(group, index, graph::kSplit))
        alloc->setAttr(tile::kSplitAttr, split);
    }
    return alloc;
  }

  /// The exported node that a result is, and the dimension in which it is split: those of the op it yields, which may
  /// be a view after the op that computes.
  Attribute ofResult(graph::GroupOp group, int64_t index, StringRef name) {
    Operation *yielded = group.block().getTerminator()->getOperand(index).getDefiningOp();
    return (yielded && yielded->hasAttr(graph::kNode) ? yielded : group.getOperation())->getAttr(name);
  }

  LogicalResult convertGroup(OpBuilder &builder, graph::GroupOp group, DenseMap<Value, Value> &memory) {
    FailureOr<GroupInfo> info = analyze(group);
    if (failed(info))
      return failure();
    if (!group.getMapping())
      return group.emitOpError("has no mapping; run graph-assign-mapping first");
    Lowering lowering{chip, *info, Emit(builder, group.getLoc()), {}, {}};
    lowering.at(nullptr);
    for (auto [argument, input] : llvm::zip(group.block().getArguments(), group.getInputs()))
      lowering.memory[argument] = memory[input];
    for (Value result : group.getResults())
      lowering.results.push_back(memory[result]);
    switch (info->kind) {
    case GroupKind::Rows:
    case GroupKind::Copy:
      return lowerRows(lowering);
    case GroupKind::Matmul:
      return lowerMatmul(lowering);
    case GroupKind::Attention:
      return lowerAttention(lowering);
    case GroupKind::ReduceRows:
      return lowerReduceRows(lowering);
    case GroupKind::Concat:
      return lowerConcat(lowering);
    case GroupKind::Update:
      return lowerUpdate(lowering);
    }
    return failure();
  }

  LogicalResult convertMain() {
    OpBuilder builder(main);
    SmallVector<Type> types;
    SmallVector<DictionaryAttr> attributes;
    for (auto [index, type] : llvm::enumerate(main.getArgumentTypes())) {
      types.push_back(type.isIndex() ? type : Type(bufferType(type, tile::Mem::hbm)));
      NamedAttrList list;
      DictionaryAttr given = main.getArgAttrDict(index);
      for (NamedAttribute attribute : given ? given.getValue() : ArrayRef<NamedAttribute>())
        if (attribute.getName().getValue().starts_with("graph."))
          list.set(("garam." + attribute.getName().getValue().drop_front(6)).str(), attribute.getValue());
      if (!list.get("garam.kind"))
        list.set("garam.kind", builder.getStringAttr(type.isIndex() ? "value" : "input"));
      if (!list.get("garam.name"))
        list.set("garam.name", builder.getStringAttr("input_" + std::to_string(index)));
      attributes.push_back(list.getDictionary(module.getContext()));
    }
    main.setName("main.graph");
    auto function = func::FuncOp::create(builder, main.getLoc(), "main", builder.getFunctionType(types, {}));
    function.setAllArgAttrs(attributes);
    Block *body = function.addEntryBlock();
    OpBuilder in = OpBuilder::atBlockEnd(body);
    DenseMap<Value, Value> memory;
    for (auto [old, replacement] : llvm::zip(main.getArguments(), body->getArguments()))
      memory[old] = replacement;
    for (Operation &op : main.getBody().front().without_terminator()) {
      if (auto constant = dyn_cast<graph::ConstantOp>(op)) {
        memory[constant.getResult()] = global(in, constant);
      } else if (auto call = dyn_cast<func::CallOp>(op)) {
        launch(in, call, memory);
      } else {
        return op.emitOpError("is in @main; supported are calls and constants: run graph-outline-kernels first");
      }
    }
    for (auto [index, value] : llvm::enumerate(main.getBody().front().getTerminator()->getOperands())) {
      auto alias = main.getResultAttrOfType<IntegerAttr>(index, graph::kAlias);
      auto name = main.getResultAttrOfType<StringAttr>(index, graph::kName);
      if (alias) {
        if (memory[value] != body->getArgument(alias.getInt()))
          return main.emitOpError() << "result " << index
                                    << " does not replace its state in place; supported are states that one "
                                       "graph.kv_update of a layer writes and nothing reads before it";
        continue;
      }
      auto output = tile::OutputOp::create(in, main.getLoc(), memory[value],
                                           name ? name : builder.getStringAttr("output_" + std::to_string(index)));
      if (Attribute split = main.getResultAttr(index, graph::kSplit))
        output->setAttr("garam.split", split);
    }
    func::ReturnOp::create(in, main.getLoc());
    main.erase();
    return success();
  }

  /// The constant in memory; equal constants (tables that each layer brings along) are one.
  Value global(OpBuilder &builder, graph::ConstantOp constant) {
    auto type = bufferType(constant.getType(), tile::Mem::hbm);
    std::string &name = globals[constant.getValue()];
    if (name.empty()) {
      name = "constant_" + std::to_string(globals.size() - 1);
      OpBuilder top = OpBuilder::atBlockBegin(module.getBody());
      memref::GlobalOp::create(top, constant.getLoc(), name, top.getStringAttr("private"), type, constant.getValue(),
                               true, IntegerAttr());
    }
    return memref::GetGlobalOp::create(builder, constant.getLoc(), type, name);
  }

  void launch(OpBuilder &builder, func::CallOp call, DenseMap<Value, Value> &memory) {
    SmallVector<Value> operands;
    for (Value operand : call.getOperands())
      operands.push_back(memory[operand]);
    for (auto [index, plan] : llvm::enumerate(results[call.getCallee()])) {
      Value result = call.getResult(index);
      if (plan.argument) {
        memory[result] = memory[call.getOperand(*plan.argument)];
      } else if (plan.same) {
        memory[result] = memory[call.getResult(*plan.same)];
      } else {
        memory[result] = memref::AllocOp::create(builder, call.getLoc(), bufferType(result.getType(), tile::Mem::hbm));
        operands.push_back(memory[result]);
      }
    }
    tile::LaunchOp::create(builder, call.getLoc(), FlatSymbolRefAttr::get(call.getCalleeAttr().getAttr()), operands);
  }

  ModuleOp module;
  func::FuncOp main;
  const rt::Chip &chip;
  llvm::StringMap<std::vector<Result>> results;
  DenseMap<Attribute, std::string> globals;
};

struct ConvertGraphToTile : garam::impl::ConvertGraphToTileBase<ConvertGraphToTile> {
  using ConvertGraphToTileBase::ConvertGraphToTileBase;
  void runOnOperation() override {
    FailureOr<rt::Chip> chip = chipOf(getOperation());
    if (failed(chip) || failed(Converter(getOperation(), *chip).run()))
      signalPassFailure();
  }
};
} // namespace
} // namespace garam::lowering
