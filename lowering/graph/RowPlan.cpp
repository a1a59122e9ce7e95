#include "lowering/graph/RowPlan.h"

#include "dialects/tile/Tile.h"
#include "lowering/graph/Drafts.h"
#include "lowering/graph/RowInsns.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using garam::rt::Reduction;
using garam::rt::StepArg;
using garam::rt::StepOp;

namespace garam::lowering {

static Type elementOf(Value value) { return cast<RankedTensorType>(value.getType()).getElementType(); }
static bool isNumberInteger(Type type) { return isa<IntegerType>(type) && !type.isInteger(1); }

/// Whether the op's chain computes on integers: its operands are.
static bool isIntegerOp(Operation *op) {
  if (isa<graph::CastOp>(op) && isa<FloatType>(elementOf(op->getResult(0))))
    return false;
  return llvm::any_of(op->getOperands(), [](Value operand) { return isNumberInteger(elementOf(operand)); });
}

/// Whether the value is a cast that rounds. Inside a chain nothing is rounded: only the store to a buffer of its type is.
static bool isRounding(Value value) {
  auto cast = value.getDefiningOp<graph::CastOp>();
  auto type = dyn_cast<FloatType>(elementOf(value));
  return cast && type && type.getWidth() < 32 && !elementOf(cast.getX()).isInteger(1);
}

namespace {
/// A chain being built over at most three buffers.
struct Map {
  explicit Map(RowPlan &plan) : plan(plan), builder(chain) {}

  /// Where a step finds the buffer; nothing if all sources are taken.
  std::optional<StepArg> source(int buffer) {
    auto *found = llvm::find(sources, buffer);
    if (found == sources.end()) {
      if (sources.size() == 3)
        return std::nullopt;
      sources.push_back(buffer);
      found = std::prev(sources.end());
    }
    return StepArg(int(StepArg::S0) + (found - sources.begin()));
  }
  Map &step(StepOp op, StepArg arg = StepArg::None) { return builder.step(op, arg), *this; }
  Map &step(StepOp op, float constant) { return builder.step(op, builder.constant(constant)), *this; }
  Map &with(StepOp op, int buffer) { return builder.step(op, *source(buffer)), *this; }
  /// Makes the buffer the running value: free where the chain starts with it.
  void start(StepArg place) {
    if (place != StepArg::S0 || !chain.steps.empty())
      builder.step(StepOp::Set, place);
  }
  void finish(Operation *op, int target, int reduced = -1, Reduction kind = Reduction::None) {
    chain.reduction = kind;
    plan.steps.push_back({PlanKind::Map, sources, target, reduced, chain, op});
  }

  RowPlan &plan;
  rt::Chain chain;
  graph::StepBuilder builder;
  llvm::SmallVector<int, 3> sources;
};

class Planner {
public:
  Planner(ArrayRef<Operation *> members, ValueRange results, Value root, const DenseMap<Value, Extent> &extents,
          int64_t columns)
      : members(members.begin(), members.end()), results(results), root(root), extents(extents), columns(columns) {}

  FailureOr<RowPlan> run() {
    for (Value result : results) {
      FailureOr<int> buffer = inBuffer(result);
      if (failed(buffer))
        return failure();
      if (result == root) // out of the accumulator, rounded
        buffer = copied(*buffer, plan.buffers[*buffer].extent, elementOf(result), root.getDefiningOp());
      else
        buffer = whole(result, nullptr);
      plan.results.push_back(*buffer);
      plan.buffers[*buffer].stored = true;
    }
    return std::move(plan);
  }

private:
  bool isMember(Value value) const {
    return value != root && value.getDefiningOp() && members.contains(value.getDefiningOp());
  }
  bool isReady(Value value) const { return isSplat(value) || !isMember(value) || buffers.contains(value); }

  Extent extentOf(Value value) const {
    if (value == root)
      return Extent::Full;
    if (auto found = extents.find(value); found != extents.end())
      return found->second;
    ArrayRef<int64_t> shape = shapeOf(value);
    if (columns != 1 && givesColumn(value.getDefiningOp()))
      return Extent::Column;
    if (auto reduce = value.getDefiningOp<graph::ReduceOp>(); reduce && columns != 1)
      return Extent::Column;
    return columns != 1 && (shape.empty() || shape.back() == 1) ? Extent::Column : Extent::Full;
  }

  int add(PlanBuffer buffer) {
    plan.buffers.push_back(buffer);
    return int(plan.buffers.size()) - 1;
  }
  int copied(int source, Extent extent, Type type, Operation *op) {
    int target = scratch(extent, type);
    Map map(plan);
    map.chain.integer = isNumberInteger(type) && plan.buffers[source].type == type;
    map.start(*map.source(source));
    map.finish(op, target);
    return target;
  }
  int scratch(Extent extent, Type type) { return add({extent, type, Value()}); }
  Type f32() const { return Float32Type::get(results.front().getContext()); }

  /// Type of the buffer a member's result goes to: f32 while it stays inside, its own where it leaves the group, rounds
  /// or is no float.
  Type typeFor(Value value) const {
    bool own = llvm::is_contained(results, value) || isRounding(value) || !isa<FloatType>(elementOf(value));
    return own ? elementOf(value) : Type(f32());
  }

  FailureOr<int> inBuffer(Value value) {
    if (auto found = buffers.find(value); found != buffers.end())
      return found->second;
    if (isSplat(value) && !isMember(value)) { // a number asked for as a buffer
      int buffer = scratch(Extent::Full, elementOf(value));
      Map map(plan);
      map.step(StepOp::Set, map.builder.constant(number(value)));
      map.finish(value.getDefiningOp(), buffer);
      return buffers[value] = buffer;
    }
    if (!isMember(value)) {
      int buffer = add({extentOf(value), elementOf(value), value});
      if (value == root) {
        plan.buffers[buffer].acc = true;
        plan.buffers[buffer].type =
            isa<FloatType>(elementOf(value)) ? Type(f32()) : IntegerType::get(value.getContext(), 32);
      }
      return buffers[value] = buffer;
    }
    FailureOr<int> buffer = compute(value);
    if (succeeded(buffer))
      buffers[value] = *buffer;
    return buffer;
  }

  /// A buffer of all rows and columns, for ops that look along a row and for stores: what a broadcast repeats is written
  /// out.
  FailureOr<int> whole(Value value, Operation *op) {
    FailureOr<int> buffer = inBuffer(value);
    if (failed(buffer) || isMember(value) || plan.buffers[*buffer].extent == Extent::Full)
      return buffer;
    return copied(*buffer, Extent::Full, elementOf(value), op);
  }

  static float number(Value splat) {
    while (isViewOp(splat.getDefiningOp()))
      splat = splat.getDefiningOp()->getOperand(0);
    auto elements = cast<DenseElementsAttr>(splat.getDefiningOp<graph::ConstantOp>().getValue());
    if (isa<FloatType>(elements.getElementType())) {
      APFloat value = elements.getSplatValue<APFloat>();
      bool lost;
      value.convert(APFloat::IEEEsingle(), APFloat::rmNearestTiesToEven, &lost);
      return value.convertToFloat();
    }
    APInt value = elements.getSplatValue<APInt>();
    return elements.getElementType().isInteger(1) ? float(value.getZExtValue()) : float(value.getSExtValue());
  }

  /// Uses inside the group and as its results, counted per op.
  int usesOf(Value value) const {
    llvm::SmallDenseSet<Operation *> users;
    for (Operation *user : value.getUsers())
      users.insert(user);
    return int(users.size());
  }

  /// Whether a member's result has to stand in a buffer before `user`'s chain reads it.
  bool needsBuffer(Value value, Operation *user) const {
    Operation *op = value.getDefiningOp();
    return !isElementwise(op) || usesOf(value) > 1 || llvm::is_contained(results, value) ||
           isRounding(value) || isIntegerOp(op) != isIntegerOp(user) || extentOf(value) != extentOf(user->getResult(0)) ||
           (isNumberInteger(elementOf(value)) && !elementOf(value).isInteger(64)) ||
           (isa<graph::CastOp>(op) && isa<FloatType>(elementOf(op->getOperand(0))) &&
            isa<IntegerType>(elementOf(value)));
  }

  LogicalResult prepare(Value value, Operation *user) {
    if (isReady(value))
      return success();
    if (needsBuffer(value, user))
      return inBuffer(value);
    for (Value operand : value.getDefiningOp()->getOperands())
      if (failed(prepare(operand, value.getDefiningOp())))
        return failure();
    return success();
  }

  std::optional<StepArg> place(Value value, Map &map) {
    if (isSplat(value) && !isMember(value))
      return map.builder.constant(number(value));
    FailureOr<int> buffer = inBuffer(value);
    return failed(buffer) ? std::nullopt : map.source(*buffer);
  }

  /// Appends steps that leave `value` running.
  LogicalResult append(Value value, Map &map) {
    if (isReady(value)) {
      std::optional<StepArg> arg = place(value, map);
      return arg ? (map.start(*arg), success()) : failure();
    }
    Operation *op = value.getDefiningOp();
    SmallVector<Value> pending;
    for (Value operand : op->getOperands())
      if (!isReady(operand) && !llvm::is_contained(pending, operand))
        pending.push_back(operand);
    Value running = pending.empty() ? op->getOperand(isa<graph::SelectOp>(op) ? 1 : 0) : pending.front();
    StepArg saved = StepArg::None;
    if (pending.size() > 2)
      return failure();
    if (pending.size() == 2) {
      if (failed(append(pending[1], map)) || (saved = map.builder.save()) == StepArg::None)
        return failure();
    }
    // A number cannot start a chain for free, another operand can.
    if (pending.empty() && isSplat(running))
      for (Value operand : op->getOperands())
        if (!isSplat(operand))
          running = operand;
    if (failed(append(running, map)))
      return failure();
    std::vector<StepArg> places;
    for (Value operand : op->getOperands()) {
      std::optional<StepArg> arg = operand == running                             ? StepArg::None
                                   : pending.size() == 2 && operand == pending[1] ? saved
                                                                                  : place(operand, map);
      if (!arg)
        return failure();
      places.push_back(*arg);
    }
    map.builder.setOperands(places);
    if (auto cast = dyn_cast<graph::CastOp>(op)) {
      if (isa<FloatType>(elementOf(cast.getX())) && isNumberInteger(elementOf(value)))
        truncate(map);
      else if (failed(cast.buildSteps(map.builder)))
        return failure();
    } else if (failed(cast_or_null<graph::StepOpInterface>(op).buildSteps(map.builder))) {
      return failure();
    }
    if (saved != StepArg::None)
      map.builder.setBusy(saved, false);
    return success(map.builder.fits());
  }

  /// Towards zero: |v| rounded down, with the sign of v.
  static void truncate(Map &map) {
    map.step(StepOp::SaveT1).step(StepOp::Lt, 0.0f).step(StepOp::SaveT0).step(StepOp::Set, StepArg::T1);
    map.step(StepOp::Abs).step(StepOp::Floor).step(StepOp::SaveT1).step(StepOp::Neg).step(StepOp::Select, StepArg::T1);
  }

  /// The chain of `value`, with pending operands put into buffers until it fits.
  LogicalResult chainOf(Value value, Map &map) {
    Operation *op = value.getDefiningOp();
    if (!isReady(value))
      for (Value operand : op->getOperands())
        if (failed(prepare(operand, op)))
          return failure();
    while (true) {
      Map attempt(plan);
      attempt.chain.integer = !isReady(value) && isIntegerOp(op);
      if (succeeded(append(value, attempt))) {
        map.chain = attempt.chain, map.sources = attempt.sources;
        return success();
      }
      Value pending = isReady(value) ? Value() : deepest(value);
      if (!pending)
        return op->emitOpError("does not fit a chain of the vector engine; supported are up to three operands");
      if (failed(inBuffer(pending)))
        return failure();
    }
  }
  /// A pending operand of the op, or of the only pending operand's op, that a buffer would take out of the chain.
  Value deepest(Value value) const {
    for (Value operand : value.getDefiningOp()->getOperands())
      if (!isReady(operand))
        return operand;
    return Value();
  }

  /// The value itself in a buffer and its reduction over columns: one pass if the value is still pending.
  FailureOr<std::pair<int, int>> bufferAndSum(Value value, Reduction kind, Operation *op) {
    int reduced = scratch(Extent::Column, f32());
    if (!isReady(value) && isElementwise(value.getDefiningOp()) && !isIntegerOp(value.getDefiningOp()) &&
        !isRounding(value)) {
      Map map(plan);
      if (failed(chainOf(value, map)))
        return failure();
      int buffer = scratch(extentOf(value), typeFor(value));
      map.finish(op, buffer, reduced, kind);
      buffers[value] = buffer;
      return std::pair(buffer, reduced);
    }
    FailureOr<int> buffer = whole(value, op);
    if (failed(buffer))
      return failure();
    Map map(plan);
    map.start(*map.source(*buffer));
    map.finish(op, -1, reduced, kind);
    return std::pair(*buffer, reduced);
  }

  int columnMap(Operation *op, int source, llvm::function_ref<void(Map &)> steps) {
    int target = scratch(Extent::Column, f32());
    Map map(plan);
    map.start(*map.source(source));
    steps(map);
    map.finish(op, target);
    return target;
  }

  FailureOr<int> compute(Value value) {
    Operation *op = value.getDefiningOp();
    if (isElementwise(op)) {
      Map map(plan);
      if (failed(chainOf(value, map)))
        return failure();
      int buffer = scratch(extentOf(value), typeFor(value));
      map.finish(op, buffer);
      return buffer;
    }
    if (std::optional<RowInsn> insn = rowInsnOf(op)) {
      FailureOr<int> x = whole(op->getOperand(0), op);
      if (failed(x))
        return failure();
      int target = scratch(insn->result, typeFor(value));
      plan.steps.push_back({PlanKind::Insn, {*x}, target, -1, {}, op});
      return target;
    }
    return llvm::TypeSwitch<Operation *, FailureOr<int>>(op)
        .Case<graph::LayerNormOp, graph::RmsNormOp, graph::SoftmaxOp, graph::ReduceOp, graph::RopeOp,
              graph::EmbeddingOp>([&](auto typed) { return computeRows(typed, value); })
        .Default([&](Operation *) -> FailureOr<int> {
          return op->emitOpError(
              "cannot be computed by rows; supported are elementwise ops, norms, softmax, reductions and "
              "sums over the last dimension, argmax, rope and embedding");
        });
  }

  FailureOr<int> computeRows(graph::LayerNormOp norm, Value value) {
    auto x = bufferAndSum(norm.getX(), Reduction::Sum, norm);
    FailureOr<int> w = inBuffer(norm.getW()), b = inBuffer(norm.getB());
    if (failed(x) || failed(w) || failed(b))
      return failure();
    auto [source, sum] = *x;
    float inverse = 1.0f / float(columns);
    int mean = columnMap(norm, sum, [&](Map &map) { map.step(StepOp::Mul, inverse); });
    int squares = scratch(Extent::Column, f32());
    Map square(plan);
    square.start(*square.source(source));
    square.with(StepOp::Sub, mean).step(StepOp::SaveT0).step(StepOp::Mul, StepArg::T0);
    square.finish(norm, -1, squares, Reduction::Sum);
    int root = columnMap(norm, squares, [&](Map &map) {
      map.step(StepOp::Mul, inverse).step(StepOp::Add, norm.getEps().convertToFloat()).step(StepOp::Rsqrt);
    });
    int scaled = scratch(Extent::Full, f32());
    Map centre(plan);
    centre.start(*centre.source(source));
    centre.with(StepOp::Sub, mean).with(StepOp::Mul, root).finish(norm, scaled);
    int target = scratch(Extent::Full, typeFor(value));
    Map affine(plan);
    affine.start(*affine.source(scaled));
    affine.with(StepOp::Mul, *w).with(StepOp::Add, *b).finish(norm, target);
    return target;
  }

  FailureOr<int> computeRows(graph::RmsNormOp norm, Value value) {
    FailureOr<int> x = whole(norm.getX(), norm), w = inBuffer(norm.getW());
    if (failed(x) || failed(w))
      return failure();
    int squares = scratch(Extent::Column, f32());
    Map square(plan);
    square.start(*square.source(*x));
    square.step(StepOp::SaveT0).step(StepOp::Mul, StepArg::T0).finish(norm, -1, squares, Reduction::Sum);
    int root = columnMap(norm, squares, [&](Map &map) {
      map.step(StepOp::Mul, 1.0f / float(columns))
          .step(StepOp::Add, norm.getEps().convertToFloat())
          .step(StepOp::Rsqrt);
    });
    int target = scratch(Extent::Full, typeFor(value));
    Map out(plan);
    if (norm.getStyle() == graph::NormStyle::Llama) {
      int rounded = scratch(Extent::Full, elementOf(norm.getX()));
      Map scale(plan);
      scale.start(*scale.source(*x));
      scale.with(StepOp::Mul, root).finish(norm, rounded);
      out.start(*out.source(rounded));
      out.with(StepOp::Mul, *w).finish(norm, target);
    } else if (norm.getStyle() == graph::NormStyle::Gemma) {
      StepArg source = *out.source(*x);
      out.with(StepOp::Set, *w).step(StepOp::Add, 1.0f).step(StepOp::SaveT0).step(StepOp::Set, source);
      out.with(StepOp::Mul, root).step(StepOp::Mul, StepArg::T0).finish(norm, target);
    } else {
      out.start(*out.source(*x));
      out.with(StepOp::Mul, root).with(StepOp::Mul, *w).finish(norm, target);
    }
    return target;
  }

  FailureOr<int> computeRows(graph::SoftmaxOp softmax, Value value) {
    auto x = bufferAndSum(softmax.getX(), Reduction::Max, softmax);
    if (failed(x))
      return failure();
    int weights = scratch(Extent::Full, f32()), sum = scratch(Extent::Column, f32());
    Map exponent(plan);
    exponent.start(*exponent.source(x->first));
    exponent.with(StepOp::Sub, x->second).step(StepOp::Exp).finish(softmax, weights, sum, Reduction::Sum);
    int inverse = columnMap(softmax, sum, [](Map &map) { map.step(StepOp::Recip); });
    int target = scratch(Extent::Full, typeFor(value));
    Map scale(plan);
    scale.start(*scale.source(weights));
    scale.with(StepOp::Mul, inverse).finish(softmax, target);
    return target;
  }

  FailureOr<int> computeRows(graph::ReduceOp reduce, Value value) {
    graph::ReduceKind kind = reduce.getKind();
    Reduction reduction = kind == graph::ReduceKind::Max   ? Reduction::Max
                          : kind == graph::ReduceKind::Min ? Reduction::Min
                                                           : Reduction::Sum;
    Value x = reduce.getX();
    int reduced = scratch(Extent::Column, f32());
    Map map(plan);
    if (!isReady(x) && isElementwise(x.getDefiningOp()) && !isIntegerOp(x.getDefiningOp()) && !needsBuffer(x, reduce) &&
        failed(chainOf(x, map)))
      return failure();
    // Without a target a map is as large as its first source.
    if (map.sources.empty() || plan.buffers[map.sources.front()].extent != Extent::Full) {
      FailureOr<int> buffer = whole(x, reduce);
      if (failed(buffer))
        return failure();
      map.chain = rt::Chain(), map.sources.clear();
      map.start(*map.source(*buffer));
    }
    map.finish(reduce, -1, reduced, reduction);
    bool mean = kind == graph::ReduceKind::Mean;
    if (!mean && typeFor(value).isF32())
      return reduced;
    int target = scratch(Extent::Column, typeFor(value));
    Map out(plan);
    out.start(*out.source(reduced));
    if (mean)
      out.step(StepOp::Mul, 1.0f / float(shapeOf(x).back()));
    out.finish(reduce, target);
    return target;
  }

  FailureOr<int> computeRows(graph::RopeOp rope, Value value) {
    FailureOr<int> x = whole(rope.getX(), rope), cosines = inBuffer(rope.getCos()), sines = inBuffer(rope.getSin());
    if (failed(x) || failed(cosines) || failed(sines))
      return failure();
    int target = scratch(Extent::Full, typeFor(value));
    plan.steps.push_back({PlanKind::Rotate, {*x, *cosines, *sines}, target, -1, {}, rope});
    return target;
  }

  FailureOr<int> computeRows(graph::EmbeddingOp embedding, Value value) {
    int indices = add({Extent::Column, elementOf(embedding.getIds()), embedding.getIds()});
    plan.buffers[indices].indices = true;
    int target = scratch(Extent::Full, elementOf(value));
    plan.steps.push_back({PlanKind::Gather, {indices}, target, -1, {}, embedding});
    return target;
  }

  RowPlan plan;
  llvm::SmallPtrSet<Operation *, 16> members;
  ValueRange results;
  Value root;
  const DenseMap<Value, Extent> &extents;
  int64_t columns;
  DenseMap<Value, int> buffers;
};
} // namespace

FailureOr<RowPlan> planRows(ArrayRef<Operation *> members, ValueRange results, Value root,
                            const DenseMap<Value, Extent> &extents, int64_t columns) {
  return Planner(members, results, root, extents, columns).run();
}

} // namespace garam::lowering
