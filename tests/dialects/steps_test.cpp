// What elementwise ops become in a chain, run step by step on numbers: the value must be that of the op, wherever its
// operands are.
#include "dialects/graph/Graph.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace garam;
using rt::StepArg;
using rt::StepOp;

namespace {

/// The steps that these tests meet, on doubles.
double interpret(const rt::Chain &chain, double v, double s1, double s2, double t0, double t1) {
  for (const rt::Step &step : chain.steps) {
    double x = 0;
    if (step.arg >= StepArg::Const0)
      x = chain.constants.at(int(step.arg) - int(StepArg::Const0));
    else if (step.arg != StepArg::None)
      x = step.arg == StepArg::S1 ? s1 : step.arg == StepArg::S2 ? s2 : step.arg == StepArg::T0 ? t0 : t1;
    switch (step.op) {
    case StepOp::Set:
      v = x;
      break;
    case StepOp::SaveT0:
      t0 = v;
      break;
    case StepOp::SaveT1:
      t1 = v;
      break;
    case StepOp::Add:
      v = v + x;
      break;
    case StepOp::Sub:
      v = v - x;
      break;
    case StepOp::RSub:
      v = x - v;
      break;
    case StepOp::Mul:
      v = v * x;
      break;
    case StepOp::Div:
      v = v / x;
      break;
    case StepOp::RDiv:
      v = x / v;
      break;
    case StepOp::Max:
      v = std::fmax(v, x);
      break;
    case StepOp::Min:
      v = std::fmin(v, x);
      break;
    case StepOp::Lt:
      v = v < x;
      break;
    case StepOp::Le:
      v = v <= x;
      break;
    case StepOp::Gt:
      v = v > x;
      break;
    case StepOp::Ge:
      v = v >= x;
      break;
    case StepOp::Eq:
      v = v == x;
      break;
    case StepOp::Ne:
      v = v != x;
      break;
    case StepOp::Select:
      v = t0 != 0 ? v : x;
      break;
    case StepOp::And:
      v = v != 0 && x != 0;
      break;
    case StepOp::Or:
      v = v != 0 || x != 0;
      break;
    case StepOp::Sigmoid:
      v = 1 / (1 + std::exp(-v));
      break;
    case StepOp::Erf:
      v = std::erf(v);
      break;
    case StepOp::Tanh:
      v = std::tanh(v);
      break;
    default:
      ADD_FAILURE() << "step " << int(step.op);
    }
  }
  return v;
}

class Steps : public ::testing::Test {
protected:
  mlir::MLIRContext context{mlir::MLIRContext::Threading::DISABLED};
  mlir::OwningOpRef<mlir::ModuleOp> module;

  void SetUp() override { context.loadDialect<graph::GraphDialect, mlir::func::FuncDialect>(); }

  /// The chain of the only op of a function of %a, %b (f32) and %c (i1), with its operands at `places`.
  llvm::FailureOr<rt::Chain> chain(const std::string &op, std::vector<StepArg> places, std::vector<StepArg> busy = {}) {
    module = mlir::parseSourceString<mlir::ModuleOp>(
        "func.func @f(%a: tensor<1xf32>, %b: tensor<1xf32>, %c: tensor<1xi1>, %d: tensor<1xi1>) { %0 = " + op +
            " return }",
        &context);
    graph::StepOpInterface found;
    module->walk([&](graph::StepOpInterface interface) { found = interface; });
    rt::Chain result;
    graph::StepBuilder builder(result);
    for (StepArg temporary : busy)
      builder.setBusy(temporary, true);
    builder.setOperands(std::move(places));
    if (failed(found.buildSteps(builder)))
      return llvm::failure();
    EXPECT_TRUE(builder.fits());
    return result;
  }
};

constexpr StepArg V = StepArg::None, S1 = StepArg::S1, S2 = StepArg::S2, T0 = StepArg::T0, T1 = StepArg::T1;
const std::string kTwo = " %a, %b : (tensor<1xf32>, tensor<1xf32>) -> tensor<1xf32>";
const std::string kTwoBits = " %c, %d : (tensor<1xi1>, tensor<1xi1>) -> tensor<1xi1>";

} // namespace

TEST_F(Steps, binaryOnEitherSide) {
  // v = 6 and s1 = 2; reversed, v is the right operand.
  const std::tuple<std::string, double, double> cases[] = {{"add", 8, 8},       {"sub", 4, -4}, {"mul", 12, 12},
                                                           {"div", 3, 2.0 / 6}, {"max", 6, 6},  {"min", 2, 2}};
  for (auto &[op, forward, reversed] : cases) {
    EXPECT_EQ(interpret(*chain("graph." + op + kTwo, {V, S1}), 6, 2, 0, 0, 0), forward) << op;
    EXPECT_EQ(interpret(*chain("graph." + op + kTwo, {S1, V}), 6, 2, 0, 0, 0), reversed) << op;
    EXPECT_EQ(interpret(*chain("graph." + op + kTwo, {S2, S1}), 0, 2, 6, 0, 0), forward) << op;
  }
}

TEST_F(Steps, binaryOfOneValue) {
  EXPECT_EQ(
      interpret(*chain("graph.mul %a, %a : (tensor<1xf32>, tensor<1xf32>) -> tensor<1xf32>", {V, V}), 5, 0, 0, 0, 0),
      25);
  EXPECT_EQ(interpret(*chain("graph.mul %a, %a : (tensor<1xf32>, tensor<1xf32>) -> tensor<1xf32>", {V, V}, {T0}), 5, 0,
                      0, 0, 0),
            25);
  EXPECT_TRUE(failed(chain("graph.mul %a, %a : (tensor<1xf32>, tensor<1xf32>) -> tensor<1xf32>", {V, V}, {T0, T1})));
}

TEST_F(Steps, compareOnEitherSide) {
  for (auto [predicate, holds] :
       {std::pair("lt", true), {"le", true}, {"gt", false}, {"ge", false}, {"eq", false}, {"ne", true}}) {
    const std::string op =
        std::string("graph.compare <") + predicate + "> %a, %b : (tensor<1xf32>, tensor<1xf32>) -> tensor<1xi1>";
    EXPECT_EQ(interpret(*chain(op, {V, S1}), 1, 2, 0, 0, 0), holds) << predicate;
    EXPECT_EQ(interpret(*chain(op, {S1, V}), 2, 1, 0, 0, 0), holds) << predicate;
  }
}

TEST_F(Steps, logic) {
  for (int c : {0, 1})
    for (int d : {0, 1}) {
      EXPECT_EQ(interpret(*chain("graph.logical_and" + kTwoBits, {V, S1}), c, d, 0, 0, 0), c && d);
      EXPECT_EQ(interpret(*chain("graph.logical_or" + kTwoBits, {V, S1}), c, d, 0, 0, 0), c || d);
      EXPECT_EQ(interpret(*chain("graph.logical_not %c : tensor<1xi1>", {V}), c, 0, 0, 0, 0), !c);
    }
}

TEST_F(Steps, selectWithOperandsAnywhere) {
  const std::string op = "graph.select %c, %a, %b : (tensor<1xi1>, tensor<1xf32>, tensor<1xf32>) -> tensor<1xf32>";
  for (double c : {0.0, 1.0}) {
    const double want = c ? 7 : 9;
    EXPECT_EQ(interpret(*chain(op, {V, S1, S2}), c, 7, 9, 0, 0), want);
    EXPECT_EQ(interpret(*chain(op, {S1, V, S2}), 7, c, 9, 0, 0), want);
    EXPECT_EQ(interpret(*chain(op, {S1, S2, V}), 9, c, 7, 0, 0), want);
    EXPECT_EQ(interpret(*chain(op, {T0, V, S1}, {T0}), 7, 9, 0, c, 0), want);
    EXPECT_EQ(interpret(*chain(op, {T0, S1, V}, {T0}), 9, 7, 0, c, 0), want);
    EXPECT_EQ(interpret(*chain(op, {V, T1, S1}, {T1}), c, 9, 0, 0, 7), want);
    EXPECT_EQ(interpret(*chain(op, {T1, S1, S2}, {T1}), 0, 7, 9, 0, c), want);
  }
  // The condition must go to t0, which is taken; or v must be kept and no place is free.
  EXPECT_TRUE(failed(chain(op, {V, S1, S2}, {T0})));
  EXPECT_TRUE(failed(chain(op, {S1, V, S2}, {T1})));
  EXPECT_TRUE(failed(chain(op, {V, T0, S1}, {T0})));
}

TEST_F(Steps, activations) {
  const std::string type = " : tensor<1xf32>";
  for (double x : {-3.0, -0.5, 0.0, 2.0}) {
    EXPECT_EQ(interpret(*chain("graph.relu %a" + type, {V}), x, 0, 0, 0, 0), std::fmax(x, 0));
    EXPECT_NEAR(interpret(*chain("graph.silu %a" + type, {V}), x, 0, 0, 0, 0), x / (1 + std::exp(-x)), 1e-7);
    EXPECT_NEAR(interpret(*chain("graph.gelu %a" + type, {V}), x, 0, 0, 0, 0),
                x / 2 * (1 + std::erf(x / std::sqrt(2.0))), 1e-6);
    EXPECT_NEAR(interpret(*chain("graph.gelu %a {approximate = #graph.gelu_approximation<tanh>}" + type, {S1}, {T0}), 0,
                          x, 0, 0, 0),
                x / 2 * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))), 1e-6);
  }
  EXPECT_TRUE(failed(chain("graph.silu %a" + type, {V}, {T0, T1})));
}

TEST_F(Steps, casts) {
  EXPECT_TRUE(chain("graph.cast %a : tensor<1xf32> to tensor<1xbf16>", {V})->steps.empty());
  EXPECT_EQ(interpret(*chain("graph.cast %a : tensor<1xf32> to tensor<1xi1>", {V}), -4, 0, 0, 0, 0), 1);
  EXPECT_TRUE(failed(chain("graph.cast %a : tensor<1xf32> to tensor<1xi32>", {V})));
}
