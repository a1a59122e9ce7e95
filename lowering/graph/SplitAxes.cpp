// The rules by which a split dimension goes through the ops of the graph. An op without a rule, or for which parts are
// not independent, ends the attempt.
#include "lowering/graph/SplitAxes.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace garam::lowering {

namespace {
ArrayRef<int64_t> shapeOf(Value value) { return cast<RankedTensorType>(value.getType()).getShape(); }

StringRef kindOf(func::FuncOp main, unsigned index) {
  auto kind = main.getArgAttrOfType<StringAttr>(index, graph::kKind);
  return kind ? kind.getValue() : isa<RankedTensorType>(main.getArgumentTypes()[index]) ? "input" : "value";
}

class Splitter {
public:
  Splitter(ModuleOp module, int64_t parts) : module(module), parts(parts) {}

  bool run() {
    auto main = module.lookupSymbol<func::FuncOp>("main");
    int64_t batch = batchOf(module);
    if (!main || batch % parts != 0)
      return false;
    Axes arguments;
    for (BlockArgument argument : main.getArguments()) {
      auto type = dyn_cast<RankedTensorType>(argument.getType());
      StringRef kind = kindOf(main, argument.getArgNumber());
      bool split = type && type.getRank() > 0 && type.getDimSize(0) == batch && (kind == "input" || kind == "state");
      arguments.push_back(split ? std::optional<int64_t>(0) : std::nullopt);
    }
    std::optional<Axes> results = follow(main, arguments);
    // The host hands over parts of the leading dimension.
    if (!results || llvm::any_of(*results, [](std::optional<int64_t> axis) { return axis.value_or(0) != 0; }))
      return false;
    Builder b(module.getContext());
    for (auto [i, axis] : llvm::enumerate(arguments))
      if (axis)
        main.setArgAttr(i, graph::kSplit, b.getI64IntegerAttr(0));
    for (auto [i, axis] : llvm::enumerate(*results))
      if (axis)
        main.setResultAttr(i, graph::kSplit, b.getI64IntegerAttr(0));
    rewrite();
    return true;
  }

private:
  using Axes = SmallVector<std::optional<int64_t>>;

  std::optional<int64_t> axisOf(Value value) const {
    auto found = axes.find(value);
    return found == axes.end() ? std::nullopt : std::optional(found->second);
  }
  /// What an op gives each result; nothing at all where it cannot be.
  struct Rule {
    bool holds;
    std::optional<int64_t> axis;
  };
  static Rule splitIn(int64_t axis) { return {true, axis}; }
  static Rule refused() { return {false, std::nullopt}; }

  std::optional<Axes> follow(func::FuncOp function, const Axes &arguments) {
    auto [known, added] = followed.try_emplace(function, arguments, Axes());
    if (!added)
      return known->second.first == arguments ? std::optional(known->second.second) : std::nullopt;
    for (auto [argument, axis] : llvm::zip(function.getArguments(), arguments))
      if (axis)
        axes[argument] = *axis;
    for (Operation &op : llvm::make_early_inc_range(function.getBody().front().without_terminator()))
      if (!visit(&op))
        return std::nullopt;
    Axes results;
    for (Value value : function.getBody().front().getTerminator()->getOperands())
      results.push_back(axisOf(value));
    followed[function].second = results;
    return results;
  }

  bool visit(Operation *op) {
    if (auto call = dyn_cast<func::CallOp>(op)) {
      Axes arguments;
      for (Value operand : call.getOperands())
        arguments.push_back(axisOf(operand));
      std::optional<Axes> results = follow(module.lookupSymbol<func::FuncOp>(call.getCallee()), arguments);
      for (auto [result, axis] : llvm::zip(call.getResults(), results.value_or(Axes())))
        if (axis)
          axes[result] = *axis;
      return results.has_value();
    }
    if (llvm::none_of(op->getOperands(), [&](Value operand) { return axisOf(operand).has_value(); }))
      return true;
    Rule rule = ruleOf(op);
    if (!rule.holds || op->getNumResults() != 1 || !rule.axis)
      return false;
    axes[op->getResult(0)] = *rule.axis;
    return true;
  }

  Rule ruleOf(Operation *op) {
    if (isa<graph::StepOpInterface>(op))
      return elementwise(op);
    return llvm::TypeSwitch<Operation *, Rule>(op)
        .Case([&](graph::MatmulOp o) { return matmul(o); })
        .Case([&](graph::AttentionOp o) { return attention(o); })
        .Case([&](graph::EmbeddingOp o) { return axisOf(o.getTable()) ? refused() : splitIn(*axisOf(o.getIds())); })
        .Case<graph::RmsNormOp, graph::LayerNormOp, graph::SoftmaxOp, graph::CumsumOp, graph::ArgmaxOp>(
            [&](Operation *o) { return firstAlone(o, 1); })
        .Case([&](graph::RopeOp o) { return firstAlone(o, 2); })
        .Case([&](graph::ReshapeOp o) { return reshape(o); })
        .Case([&](graph::TransposeOp o) {
          return splitIn(llvm::find(o.getPerm(), *axisOf(o.getX())) - o.getPerm().begin());
        })
        .Case([&](graph::BroadcastOp o) {
          return splitIn(*axisOf(o.getX()) + int64_t(shapeOf(o.getResult()).size() - shapeOf(o.getX()).size()));
        })
        .Case([&](graph::SliceOp o) { return slice(o); })
        .Case([&](graph::ConcatOp o) { return concat(o); })
        .Case([&](graph::ReduceOp o) {
          int64_t axis = *axisOf(o.getX()), dim = o.getDim();
          return axis == dim ? refused() : splitIn(axis - (dim < axis && !o.getKeepdim()));
        })
        .Case([&](graph::KvUpdateOp o) {
          std::optional<int64_t> cache = axisOf(o.getCache());
          return cache && cache == axisOf(o.getRows()) && *cache < 2 ? splitIn(*cache) : refused();
        })
        .Default([](Operation *) { return refused(); });
  }

  /// The first operand alone is split, and not in its last `inner` dimensions, which the op looks along.
  Rule firstAlone(Operation *op, int64_t inner) {
    for (Value operand : op->getOperands().drop_front())
      if (axisOf(operand))
        return refused();
    std::optional<int64_t> axis = axisOf(op->getOperand(0));
    return axis && *axis + inner < int64_t(shapeOf(op->getOperand(0)).size()) ? splitIn(*axis) : refused();
  }

  Rule elementwise(Operation *op) {
    int64_t rank = int64_t(shapeOf(op->getResult(0)).size());
    std::optional<int64_t> axis;
    for (Value operand : op->getOperands())
      if (std::optional<int64_t> own = axisOf(operand)) {
        int64_t aligned = *own + rank - int64_t(shapeOf(operand).size());
        if (axis && *axis != aligned)
          return refused();
        axis = aligned;
      }
    for (OpOperand &operand : op->getOpOperands())
      if (!meets(operand, *axis - rank + int64_t(shapeOf(operand.get()).size())))
        return refused();
    return splitIn(*axis);
  }

  /// Whether an operand fits beside one that is split in its dimension `axis`: it is split there too, the same for all
  /// parts, or can be made to be.
  bool meets(OpOperand &operand, int64_t axis) {
    Value value = operand.get();
    if (axisOf(value) || axis < 0 || shapeOf(value)[axis] == 1)
      return true;
    auto broadcast = value.getDefiningOp<graph::BroadcastOp>();
    auto constant = value.getDefiningOp<graph::ConstantOp>();
    auto iota = value.getDefiningOp<graph::IotaOp>();
    bool same = (constant && isa<SplatElementsAttr>(constant.getValue())) || (iota && int64_t(iota.getDim()) != axis);
    if (broadcast) {
      int64_t from = axis - int64_t(shapeOf(value).size() - shapeOf(broadcast.getX()).size());
      same = !axisOf(broadcast.getX()) && (from < 0 || shapeOf(broadcast.getX())[from] == 1);
    }
    if (!same)
      return false;
    // A copy, so that other users keep the whole.
    Operation *own = OpBuilder(operand.getOwner()).clone(*value.getDefiningOp());
    operand.set(own->getResult(0));
    axes[own->getResult(0)] = axis;
    return true;
  }

  Rule matmul(graph::MatmulOp op) {
    std::optional<int64_t> a = axisOf(op.getA()), b = axisOf(op.getB());
    int64_t rank = int64_t(shapeOf(op.getA()).size());
    if (!a || *a == rank - 1)
      return refused();
    bool batched = shapeOf(op.getB()).size() > 2;
    // A leading dimension is both operands', rows are a's alone.
    return batched && *a < rank - 2 ? (b == a ? splitIn(*a) : refused()) : b ? refused() : splitIn(*a);
  }

  Rule attention(graph::AttentionOp op) {
    for (Value value : {op.getQ(), op.getK(), op.getV()})
      if (axisOf(value) != 0)
        return refused();
    if (op.getMask() && axisOf(op.getMask()) != 0)
      return refused();
    if (Value bias = op.getBias()) {
      int64_t axis = int64_t(shapeOf(bias).size()) - 4;
      for (OpOperand &operand : op->getOpOperands())
        if (operand.get() == bias && ((axisOf(bias) && *axisOf(bias) != axis) || !meets(operand, axis)))
          return refused();
    }
    return splitIn(0);
  }

  /// Row-major order is kept, so a part is the same elements where as many stand before the dimension and behind it.
  Rule reshape(graph::ReshapeOp op) {
    ArrayRef<int64_t> from = shapeOf(op.getX()), to = shapeOf(op.getResult());
    int64_t axis = *axisOf(op.getX()), before = 1, outer = 1;
    for (int64_t size : from.take_front(axis))
      before *= size;
    for (auto [i, size] : llvm::enumerate(to)) {
      if (outer == before && size % parts == 0)
        return splitIn(int64_t(i));
      outer *= size;
    }
    return refused();
  }

  Rule slice(graph::SliceOp op) {
    int64_t axis = *axisOf(op.getX()), size = shapeOf(op.getX())[axis];
    if (op.getBegin()[axis] != 0 || op.getEnd()[axis] != size || op.getStep()[axis] != 1)
      return refused();
    return splitIn(axis);
  }

  Rule concat(graph::ConcatOp op) {
    std::optional<int64_t> axis = axisOf(op.getInputs().front());
    for (Value input : op.getInputs())
      if (!axis || axisOf(input) != axis || *axis == int64_t(op.getDim()))
        return refused();
    return splitIn(*axis);
  }

  void rewrite() {
    Builder b(module.getContext());
    for (auto [value, axis] : axes) {
      auto type = cast<RankedTensorType>(value.getType());
      SmallVector<int64_t> shape(type.getShape());
      shape[axis] /= parts;
      auto part = RankedTensorType::get(shape, type.getElementType());
      value.setType(part);
      Operation *op = value.getDefiningOp();
      if (!op || isa<func::CallOp>(op))
        continue;
      op->setAttr(graph::kSplit, b.getI64IntegerAttr(axis));
      if (auto constant = dyn_cast<graph::ConstantOp>(op))
        constant.setValueAttr(cast<DenseElementsAttr>(constant.getValue()).resizeSplat(part));
      if (auto slice = dyn_cast<graph::SliceOp>(op)) {
        SmallVector<int64_t> end(slice.getEnd());
        end[axis] /= parts;
        slice.setEnd(end);
      }
    }
    for (auto function : module.getOps<func::FuncOp>())
      if (!function.isDeclaration()) {
        Block &body = function.getBody().front();
        function.setType(b.getFunctionType(body.getArgumentTypes(), body.getTerminator()->getOperandTypes()));
      }
  }

  ModuleOp module;
  int64_t parts;
  llvm::MapVector<Value, int64_t> axes; ///< of values that are split
  llvm::DenseMap<Operation *, std::pair<Axes, Axes>> followed;
};
} // namespace

int64_t batchOf(ModuleOp module) {
  auto main = module.lookupSymbol<func::FuncOp>("main");
  for (unsigned i = 0; main && i < main.getNumArguments(); ++i) {
    auto type = dyn_cast<RankedTensorType>(main.getArgumentTypes()[i]);
    if (type && type.getRank() > 0 && kindOf(main, i) == "input")
      return type.getDimSize(0);
  }
  return 1;
}

bool splitBatch(ModuleOp module, int64_t parts) { return parts == 1 || Splitter(module, parts).run(); }

} // namespace garam::lowering
