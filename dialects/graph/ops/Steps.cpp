// What each elementwise op becomes in a vector chain.
#include "dialects/graph/Graph.h"

#include <algorithm>
#include <bit>
#include <numbers>

using namespace mlir;
using namespace garam::graph;
using garam::rt::StepArg;
using garam::rt::StepOp;

StepArg StepBuilder::constant(float value) {
  // Compared by bits: -0 is not 0, and a NaN equals itself.
  auto same = [&](float other) { return std::bit_cast<uint32_t>(other) == std::bit_cast<uint32_t>(value); };
  auto found = std::find_if(chain.constants.begin(), chain.constants.end(), same);
  int number = found - chain.constants.begin();
  if (found == chain.constants.end())
    chain.constants.push_back(value);
  return StepArg(int(StepArg::Const0) + number);
}

StepArg StepBuilder::save() {
  for (auto [place, op] : {std::pair(StepArg::T0, StepOp::SaveT0), std::pair(StepArg::T1, StepOp::SaveT1)}) {
    if (isBusy(place))
      continue;
    setBusy(place, true);
    step(op);
    return place;
  }
  return StepArg::None;
}

/// `forward` where lhs is v, `reversed` where only rhs is.
static LogicalResult binary(StepBuilder &steps, StepOp forward, StepOp reversed) {
  if (steps.isRunning(0) && steps.isRunning(1)) {
    StepArg saved = steps.save();
    if (saved == StepArg::None)
      return failure();
    steps.step(forward, saved);
    steps.setBusy(saved, false);
  } else if (steps.isRunning(0)) {
    steps.step(forward, steps.operand(1));
  } else if (steps.isRunning(1)) {
    steps.step(reversed, steps.operand(0));
  } else {
    steps.step(StepOp::Set, steps.operand(0));
    steps.step(forward, steps.operand(1));
  }
  return success();
}

/// Makes the only operand the running value.
static void load(StepBuilder &steps) {
  if (!steps.isRunning(0))
    steps.step(StepOp::Set, steps.operand(0));
}

static LogicalResult unary(StepBuilder &steps, StepOp op, StepArg arg = StepArg::None) {
  load(steps);
  steps.step(op, arg);
  return success();
}

LogicalResult AddOp::buildSteps(StepBuilder &steps) { return binary(steps, StepOp::Add, StepOp::Add); }
LogicalResult SubOp::buildSteps(StepBuilder &steps) { return binary(steps, StepOp::Sub, StepOp::RSub); }
LogicalResult MulOp::buildSteps(StepBuilder &steps) { return binary(steps, StepOp::Mul, StepOp::Mul); }
LogicalResult DivOp::buildSteps(StepBuilder &steps) { return binary(steps, StepOp::Div, StepOp::RDiv); }
LogicalResult MaxOp::buildSteps(StepBuilder &steps) { return binary(steps, StepOp::Max, StepOp::Max); }
LogicalResult MinOp::buildSteps(StepBuilder &steps) { return binary(steps, StepOp::Min, StepOp::Min); }
LogicalResult LogicalAndOp::buildSteps(StepBuilder &steps) { return binary(steps, StepOp::And, StepOp::And); }
LogicalResult LogicalOrOp::buildSteps(StepBuilder &steps) { return binary(steps, StepOp::Or, StepOp::Or); }

LogicalResult CompareOp::buildSteps(StepBuilder &steps) {
  switch (getPredicate()) {
  case Predicate::Lt:
    return binary(steps, StepOp::Lt, StepOp::Gt);
  case Predicate::Le:
    return binary(steps, StepOp::Le, StepOp::Ge);
  case Predicate::Gt:
    return binary(steps, StepOp::Gt, StepOp::Lt);
  case Predicate::Ge:
    return binary(steps, StepOp::Ge, StepOp::Le);
  case Predicate::Eq:
    return binary(steps, StepOp::Eq, StepOp::Eq);
  case Predicate::Ne:
    return binary(steps, StepOp::Ne, StepOp::Ne);
  }
  return failure();
}

// The step picks v or x by t0, so the condition goes to t0, lhs to v, and rhs stays where it is.
LogicalResult SelectOp::buildSteps(StepBuilder &steps) {
  StepArg condition = steps.operand(0), lhs = steps.operand(1), rhs = steps.operand(2);
  bool moves = condition != StepArg::T0, keeps = moves && (lhs == StepArg::None || rhs == StepArg::None);
  bool t0Used = steps.isBusy(StepArg::T0) || lhs == StepArg::T0 || rhs == StepArg::T0;
  if ((moves && t0Used) || (keeps && condition != StepArg::None && steps.isBusy(StepArg::T1)))
    return failure();
  if (!moves && lhs != StepArg::None && rhs == StepArg::None) {
    if (steps.isBusy(StepArg::T1))
      return failure();
    steps.step(StepOp::SaveT1);
    rhs = StepArg::T1;
  }
  if (moves && condition != StepArg::None) {
    if (keeps) {
      steps.step(StepOp::SaveT1);
      lhs = lhs == StepArg::None ? StepArg::T1 : lhs;
      rhs = rhs == StepArg::None ? StepArg::T1 : rhs;
    }
    steps.step(StepOp::Set, condition);
  }
  if (moves) {
    steps.step(StepOp::SaveT0);
    if (condition == StepArg::None) {
      // The condition itself as a value: t0 holds it now.
      lhs = lhs == StepArg::None ? StepArg::T0 : lhs;
      rhs = rhs == StepArg::None ? StepArg::T0 : rhs;
    }
  }
  if (lhs != StepArg::None)
    steps.step(StepOp::Set, lhs);
  steps.step(StepOp::Select, rhs);
  return success();
}

LogicalResult NegOp::buildSteps(StepBuilder &steps) { return unary(steps, StepOp::Neg); }
LogicalResult AbsOp::buildSteps(StepBuilder &steps) { return unary(steps, StepOp::Abs); }
LogicalResult ExpOp::buildSteps(StepBuilder &steps) { return unary(steps, StepOp::Exp); }
LogicalResult LogOp::buildSteps(StepBuilder &steps) { return unary(steps, StepOp::Log); }
LogicalResult SqrtOp::buildSteps(StepBuilder &steps) { return unary(steps, StepOp::Sqrt); }
LogicalResult RsqrtOp::buildSteps(StepBuilder &steps) { return unary(steps, StepOp::Rsqrt); }
LogicalResult RecipOp::buildSteps(StepBuilder &steps) { return unary(steps, StepOp::Recip); }
LogicalResult TanhOp::buildSteps(StepBuilder &steps) { return unary(steps, StepOp::Tanh); }
LogicalResult SigmoidOp::buildSteps(StepBuilder &steps) { return unary(steps, StepOp::Sigmoid); }
LogicalResult ErfOp::buildSteps(StepBuilder &steps) { return unary(steps, StepOp::Erf); }
LogicalResult SinOp::buildSteps(StepBuilder &steps) { return unary(steps, StepOp::Sin); }
LogicalResult CosOp::buildSteps(StepBuilder &steps) { return unary(steps, StepOp::Cos); }
LogicalResult FloorOp::buildSteps(StepBuilder &steps) { return unary(steps, StepOp::Floor); }
LogicalResult RoundOp::buildSteps(StepBuilder &steps) { return unary(steps, StepOp::Round); }
LogicalResult ReluOp::buildSteps(StepBuilder &steps) { return unary(steps, StepOp::Max, steps.constant(0)); }
LogicalResult LogicalNotOp::buildSteps(StepBuilder &steps) { return unary(steps, StepOp::Eq, steps.constant(0)); }

LogicalResult SiluOp::buildSteps(StepBuilder &steps) {
  load(steps);
  StepArg x = steps.save();
  if (x == StepArg::None)
    return failure();
  steps.step(StepOp::Sigmoid);
  steps.step(StepOp::Mul, x);
  steps.setBusy(x, false);
  return success();
}

LogicalResult GeluOp::buildSteps(StepBuilder &steps) {
  load(steps);
  StepArg x = steps.save();
  if (x == StepArg::None)
    return failure();
  if (getApproximate() == GeluApproximation::None) {
    steps.step(StepOp::Mul, steps.constant(float(std::numbers::sqrt2 / 2)));
    steps.step(StepOp::Erf);
  } else {
    // tanh(√(2/π)·x·(1 + 0.044715·x²))
    steps.step(StepOp::Mul, x);
    steps.step(StepOp::Mul, steps.constant(0.044715f));
    steps.step(StepOp::Add, steps.constant(1));
    steps.step(StepOp::Mul, x);
    steps.step(StepOp::Mul, steps.constant(float(std::numbers::sqrt2 * std::numbers::inv_sqrtpi)));
    steps.step(StepOp::Tanh);
  }
  steps.step(StepOp::Add, steps.constant(1));
  steps.step(StepOp::Mul, steps.constant(0.5f)); // before x, whose double may be beyond f32
  steps.step(StepOp::Mul, x);
  steps.setBusy(x, false);
  return success();
}

// Loads convert to f32 and the store rounds, so a conversion between numbers takes no step. Inside a chain nothing
// is rounded: only a cast that changes values by more than a rounding has steps.
LogicalResult CastOp::buildSteps(StepBuilder &steps) {
  auto from = cast<ShapedType>(getX().getType()).getElementType();
  auto to = cast<ShapedType>(getType()).getElementType();
  if (to.isInteger(1) && !from.isInteger(1))
    return unary(steps, StepOp::Ne, steps.constant(0));
  if (isa<FloatType>(from) && isa<IntegerType>(to))
    return failure();
  load(steps);
  return success();
}
