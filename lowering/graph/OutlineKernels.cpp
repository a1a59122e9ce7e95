// graph-outline-kernels: the stretches of @main between calls become functions, so that @main only calls.
// Expects: a module with @main. Leaves: @main of calls, constants and a return; kernels take constants that are not one
// number as arguments, and no more tensors than a launch can name.
#include "dialects/graph/EmptyTensors.h"
#include "lowering/Passes.h"
#include "lowering/graph/Drafts.h"
#include "lowering/graph/KernelCuts.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/IR/SymbolTable.h"

namespace garam {
#define GEN_PASS_DEF_GRAPHOUTLINEKERNELS
#include "lowering/Passes.h.inc"
} // namespace garam

using namespace mlir;

namespace garam::lowering {

namespace {
/// The index along a dimension, written out: positions are few.
void expandIota(graph::IotaOp iota) {
  auto type = cast<RankedTensorType>(iota.getType());
  int64_t inner = elementsOf(type.getShape().drop_front(iota.getDim() + 1)), size = type.getShape()[iota.getDim()];
  SmallVector<Attribute> values;
  OpBuilder builder(iota);
  for (int64_t i = 0, n = type.getNumElements(); i < n; ++i) {
    int64_t value = i / inner % size;
    Type element = type.getElementType();
    values.push_back(isa<FloatType>(element) ? Attribute(builder.getFloatAttr(element, double(value)))
                                             : Attribute(builder.getIntegerAttr(element, value)));
  }
  auto constant = graph::ConstantOp::create(builder, iota.getLoc(), DenseElementsAttr::get(type, values));
  iota.replaceAllUsesWith(constant.getResult());
  iota.erase();
}

struct GraphOutlineKernels : garam::impl::GraphOutlineKernelsBase<GraphOutlineKernels> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto main = module.lookupSymbol<func::FuncOp>("main");
    if (!main || main.isDeclaration()) {
      module.emitError("module has no function @main; supported is a module that the importer wrote, with @main and "
                       "one function per layer");
      return signalPassFailure();
    }
    module.walk([](graph::IotaOp iota) { expandIota(iota); });
    SmallVector<func::FuncOp> kernels;
    for (auto function : llvm::make_early_inc_range(module.getOps<func::FuncOp>()))
      if (function != main && !function.isDeclaration()) {
        if (fitsLaunch(function, module) && !passesEmpty(function))
          kernels.push_back(function);
        else
          inlineInto(main, function);
      }
    hoistFromMain(main);
    outline(module, main);
    for (func::FuncOp kernel : kernels)
      if (failed(liftConstants(module, kernel)))
        return signalPassFailure();
  }

private:
  /// A launch names memory, and a tensor without elements has none.
  static bool passesEmpty(func::FuncOp function) {
    return llvm::any_of(function.getArgumentTypes(), graph::isEmpty) ||
           llvm::any_of(function.getResultTypes(), graph::isEmpty);
  }

  /// A layer with more tensors than a launch can name, or with empty ones, becomes stretches of @main; its nodes say of
  /// which call they are.
  void inlineInto(func::FuncOp main, func::FuncOp function) {
    for (auto call : llvm::make_early_inc_range(main.getBody().front().getOps<func::CallOp>())) {
      if (call.getCallee() != function.getName())
        continue;
      OpBuilder builder(call);
      IRMapping mapping;
      Block &body = function.getBody().front();
      mapping.map(body.getArguments(), call.getOperands());
      auto instance = call->getAttrOfType<StringAttr>(graph::kInstance);
      for (Operation &op : body.without_terminator()) {
        Operation *copy = builder.clone(op, mapping);
        if (auto node = op.getAttrOfType<StringAttr>(graph::kNode); node && instance)
          copy->setAttr(graph::kNode, builder.getStringAttr(instance.getValue() + "/" + node.getValue()));
      }
      for (auto [result, value] : llvm::zip(call.getResults(), body.getTerminator()->getOperands()))
        result.replaceAllUsesWith(mapping.lookup(value));
      call.erase();
    }
    function.erase();
  }

  /// Constants that become memory go to the top of @main; the others are repeated in each stretch.
  void hoistFromMain(func::FuncOp main) {
    Block &block = main.getBody().front();
    for (auto constant : llvm::make_early_inc_range(block.getOps<graph::ConstantOp>()))
      if (!staysInside(constant))
        constant->moveBefore(&block, block.begin());
  }

  void outline(ModuleOp module, func::FuncOp main) {
    SmallVector<SmallVector<Operation *>> stretches(1);
    for (Operation &op : main.getBody().front().without_terminator()) {
      if (isa<func::CallOp>(op))
        stretches.emplace_back();
      else if (!isa<graph::ConstantOp>(op))
        stretches.back().push_back(&op);
    }
    int number = 0;
    for (auto &stretch : stretches)
      for (auto &piece : cutToLaunches(stretch))
        outline(module, main, piece, number++);
    for (auto constant : llvm::make_early_inc_range(main.getBody().front().getOps<graph::ConstantOp>()))
      if (constant->use_empty())
        constant.erase();
  }

  void outline(ModuleOp module, func::FuncOp main, ArrayRef<Operation *> stretch, int number) {
    llvm::SmallDenseSet<Operation *> inside(stretch.begin(), stretch.end());
    SetVector<Value> inputs, outputs;
    for (Operation *op : stretch) {
      for (Value operand : op->getOperands()) {
        Operation *definition = operand.getDefiningOp();
        auto constant = dyn_cast_or_null<graph::ConstantOp>(definition);
        if (!(definition && inside.contains(definition)) && !(constant && staysInside(constant)))
          inputs.insert(operand);
      }
      for (Value result : op->getResults())
        if (llvm::any_of(result.getUsers(), [&](Operation *user) { return !inside.contains(user); }))
          outputs.insert(result);
    }
    OpBuilder builder(main);
    SmallVector<Location> locs;
    for (Operation *op : stretch)
      locs.push_back(op->getLoc());
    std::string name = "main_" + std::to_string(number);
    for (int i = 0; module.lookupSymbol(name); ++i)
      name = "main_" + std::to_string(number) + "_" + std::to_string(i);
    auto type = builder.getFunctionType(TypeRange(inputs.getArrayRef()), TypeRange(outputs.getArrayRef()));
    auto kernel = func::FuncOp::create(builder, builder.getFusedLoc(locs), name, type);
    kernel.setPrivate();
    Block *body = kernel.addEntryBlock();
    IRMapping mapping;
    mapping.map(inputs.getArrayRef(), body->getArguments());
    OpBuilder in = OpBuilder::atBlockEnd(body);
    for (Operation *op : stretch) {
      for (Value operand : op->getOperands())
        if (auto constant = operand.getDefiningOp<graph::ConstantOp>(); constant && !mapping.contains(operand))
          in.clone(*constant, mapping);
      in.clone(*op, mapping);
    }
    SmallVector<Value> results;
    for (Value output : outputs)
      results.push_back(mapping.lookup(output));
    func::ReturnOp::create(in, kernel.getLoc(), results);
    OpBuilder at(stretch.back());
    auto call = func::CallOp::create(at, kernel.getLoc(), kernel, inputs.getArrayRef());
    for (auto [output, result] : llvm::zip(outputs, call.getResults()))
      Value(output).replaceAllUsesWith(result);
    for (Operation *op : llvm::reverse(stretch))
      op->erase();
  }

  /// Constants that become memory are arguments of the kernel, and constants of @main.
  LogicalResult liftConstants(ModuleOp module, func::FuncOp kernel) {
    Block &block = kernel.getBody().front();
    SmallVector<graph::ConstantOp> constants;
    for (auto constant : block.getOps<graph::ConstantOp>())
      if (!staysInside(constant))
        constants.push_back(constant);
    if (constants.empty())
      return success();
    auto uses = SymbolTable::getSymbolUses(kernel, module);
    for (graph::ConstantOp constant : constants) {
      if (failed(kernel.insertArgument(kernel.getNumArguments(), constant.getType(), {}, constant.getLoc())))
        return failure();
      constant.replaceAllUsesWith(Value(kernel.getArguments().back()));
    }
    for (SymbolTable::SymbolUse use : *uses)
      if (auto call = dyn_cast<func::CallOp>(use.getUser())) {
        OpBuilder builder(call);
        SmallVector<Value> operands(call.getOperands());
        for (graph::ConstantOp constant : constants)
          operands.push_back(builder.clone(*constant)->getResult(0));
        call->setOperands(operands);
      }
    for (graph::ConstantOp constant : constants)
      constant.erase();
    return success();
  }
};
} // namespace
} // namespace garam::lowering
