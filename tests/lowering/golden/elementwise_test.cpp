// Elementwise references against hand values; corners of each element type.
#include "Run.h"

#include <cmath>
#include <limits>

using namespace garam::golden;

static constexpr float kInfinity = std::numeric_limits<float>::infinity(),
                       kNan = std::numeric_limits<float>::quiet_NaN();

static std::vector<float> unary(const std::string &op, const std::vector<float> &x,
                                const std::string &attributes = "") {
  std::string type = "tensor<" + std::to_string(x.size()) + "xf32>";
  return run<float>("%x: " + type, "%r = graph." + op + " %x " + attributes + " : " + type, type,
                    {{"arg_0", bytes(x)}});
}

TEST(Elementwise, unaryFunctions) {
  const std::vector<float> x{-2, -0.5f, 0.25f, 1, 3};
  auto expected = [&](auto function) {
    std::vector<float> result;
    for (float value : x)
      result.push_back(float(function(double(value))));
    return result;
  };
  expectNear(unary("neg", x), expected([](double v) { return -v; }));
  expectNear(unary("abs", x), expected([](double v) { return std::fabs(v); }));
  expectNear(unary("exp", x), expected([](double v) { return std::exp(v); }));
  expectNear(unary("tanh", x), expected([](double v) { return std::tanh(v); }));
  expectNear(unary("erf", x), expected([](double v) { return std::erf(v); }));
  expectNear(unary("sin", x), expected([](double v) { return std::sin(v); }));
  expectNear(unary("cos", x), expected([](double v) { return std::cos(v); }));
  expectNear(unary("floor", x), expected([](double v) { return std::floor(v); }));
  expectNear(unary("recip", x), expected([](double v) { return 1 / v; }));
  expectNear(unary("sigmoid", x), expected([](double v) { return 1 / (1 + std::exp(-v)); }));
  expectNear(unary("silu", x), expected([](double v) { return v / (1 + std::exp(-v)); }));
  expectNear(unary("relu", x), {0, 0, 0.25f, 1, 3});
  expectNear(unary("gelu", x), expected([](double v) { return v / 2 * (1 + std::erf(v / std::sqrt(2.0))); }));
  expectNear(unary("gelu", x, "{approximate = #graph.gelu_approximation<tanh>}"), expected([](double v) {
               return v / 2 * (1 + std::tanh(std::sqrt(2 / M_PI) * (v + 0.044715 * v * v * v)));
             }));
}

TEST(Elementwise, positiveFunctions) {
  expectNear(unary("log", {0.5f, 1, 8}), {std::log(0.5f), 0, std::log(8.0f)});
  expectNear(unary("sqrt", {0, 2, 9}), {0, std::sqrt(2.0f), 3});
  expectNear(unary("rsqrt", {0.25f, 1, 4}), {2, 1, 0.5f});
  expectNear(unary("round", {0.5f, 1.5f, -2.5f}), {0, 2, -2});
}

TEST(Elementwise, notANumberPropagates) {
  const std::string type = "tensor<2xf32>";
  for (const char *op : {"max", "min", "add"}) {
    auto got = run<float>("%a: " + type + ", %b: " + type,
                          std::string("%r = graph.") + op + " %a, %b : (" + type + ", " + type + ") -> " + type, type,
                          {{"arg_0", bytes<float>({kNan, 1})}, {"arg_1", bytes<float>({1, kNan})}});
    EXPECT_TRUE(std::isnan(got[0]) && std::isnan(got[1])) << op;
  }
  EXPECT_TRUE(std::isnan(unary("relu", {kNan})[0]));
}

TEST(Elementwise, broadcast) {
  auto got = run<float>("%a: tensor<2x1xf32>, %b: tensor<3xf32>",
                        "%r = graph.sub %a, %b : (tensor<2x1xf32>, tensor<3xf32>) -> tensor<2x3xf32>",
                        "tensor<2x3xf32>", {{"arg_0", bytes<float>({10, 20})}, {"arg_1", bytes<float>({1, 2, 3})}});
  EXPECT_EQ(got, (std::vector<float>{9, 8, 7, 19, 18, 17}));
}

TEST(Elementwise, integersWrap) {
  auto got = run<int32_t>("%a: tensor<2xi32>, %b: tensor<2xi32>",
                          "%r = graph.mul %a, %b : (tensor<2xi32>, tensor<2xi32>) -> tensor<2xi32>", "tensor<2xi32>",
                          {{"arg_0", bytes<int32_t>({1 << 30, -3})}, {"arg_1", bytes<int32_t>({4, 5})}});
  EXPECT_EQ(got, (std::vector<int32_t>{0, -15}));
}

TEST(Elementwise, compareAndSelect) {
  const Tensors inputs{{"arg_0", bytes<float>({1, 2, kNan})}, {"arg_1", bytes<float>({2, 2, 2})}};
  auto compare = [&](const std::string &predicate) {
    return run<uint8_t>("%a: tensor<3xf32>, %b: tensor<3xf32>",
                        "%r = graph.compare " + predicate + " %a, %b : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xi1>",
                        "tensor<3xi1>", inputs);
  };
  using Bits = std::vector<uint8_t>;
  EXPECT_EQ(compare("<lt>"), (Bits{1, 0, 0}));
  EXPECT_EQ(compare("<le>"), (Bits{1, 1, 0}));
  EXPECT_EQ(compare("<gt>"), (Bits{0, 0, 0}));
  EXPECT_EQ(compare("<ge>"), (Bits{0, 1, 0}));
  EXPECT_EQ(compare("<eq>"), (Bits{0, 1, 0}));
  EXPECT_EQ(compare("<ne>"), (Bits{1, 0, 1}));
  auto selected = run<float>("%a: tensor<3xf32>, %b: tensor<3xf32>", R"(
    %c = graph.compare <lt> %a, %b : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xi1>
    %n = graph.logical_not %c : tensor<3xi1>
    %both = graph.logical_and %c, %n : (tensor<3xi1>, tensor<3xi1>) -> tensor<3xi1>
    %one = graph.logical_or %c, %both : (tensor<3xi1>, tensor<3xi1>) -> tensor<3xi1>
    %r = graph.select %one, %a, %b : (tensor<3xi1>, tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>)",
                             "tensor<3xf32>", inputs);
  EXPECT_EQ(selected, (std::vector<float>{1, 2, 2}));
}

static std::vector<uint8_t> castBytes(const std::string &from, const std::string &to, size_t count,
                                      const std::vector<uint8_t> &x) {
  auto tensor = [&](const std::string &element) { return "tensor<" + std::to_string(count) + "x" + element + ">"; };
  return run<uint8_t>("%x: " + tensor(from), "%r = graph.cast %x : " + tensor(from) + " to " + tensor(to), tensor(to),
                      {{"arg_0", x}});
}

TEST(Cast, floatToInteger) {
  const std::vector<float> x{-1.9f, 2.9f, 1e20f, -kInfinity, kNan};
  EXPECT_EQ(values<int32_t>(castBytes("f32", "i32", 5, bytes(x))),
            (std::vector<int32_t>{-1, 2, INT32_MAX, INT32_MIN, 0}));
  EXPECT_EQ(values<int64_t>(castBytes("f32", "i64", 5, bytes(x))),
            (std::vector<int64_t>{-1, 2, INT64_MAX, INT64_MIN, 0}));
  EXPECT_EQ(values<int8_t>(castBytes("f32", "i8", 5, bytes(x))), (std::vector<int8_t>{-1, 2, 127, -128, 0}));
  EXPECT_EQ(castBytes("f32", "i1", 3, bytes<float>({0, -0.0f, kNan})), (std::vector<uint8_t>{0, 0, 1}));
}

TEST(Cast, integers) {
  EXPECT_EQ(values<int8_t>(castBytes("i32", "i8", 2, bytes<int32_t>({300, -1}))), (std::vector<int8_t>{44, -1}));
  EXPECT_EQ(values<int64_t>(castBytes("i32", "i64", 1, bytes<int32_t>({-7}))), (std::vector<int64_t>{-7}));
  EXPECT_EQ(values<int32_t>(castBytes("i1", "i32", 2, {1, 0})), (std::vector<int32_t>{1, 0}));
  EXPECT_EQ(values<float>(castBytes("i64", "f32", 1, bytes<int64_t>({16777217}))), (std::vector<float>{16777216}));
}

TEST(Cast, roundsToNearestEven) {
  // Halfway between neighbours, above, and a value that rounds up to a power of two.
  const std::vector<float> x{1.00390625f, 1.01171875f, 1.99609375f};
  EXPECT_EQ(values<uint16_t>(castBytes("f32", "bf16", 3, bytes(x))), (std::vector<uint16_t>{0x3f80, 0x3f82, 0x4000}));
  EXPECT_EQ(values<uint16_t>(castBytes("f32", "f16", 2, bytes<float>({1.00048828125f, 70000}))),
            (std::vector<uint16_t>{0x3c00, 0x7c00}));
}

TEST(Cast, eightBitFloatsSaturate) {
  EXPECT_EQ(castBytes("f32", "f8E4M3FN", 4, bytes<float>({448, 1e6f, -kInfinity, 1})),
            (std::vector<uint8_t>{0x7e, 0x7e, 0xfe, 0x38}));
  EXPECT_EQ(castBytes("f32", "f8E5M2", 3, bytes<float>({57344, kInfinity, 1})),
            (std::vector<uint8_t>{0x7b, 0x7b, 0x3c}));
  EXPECT_EQ(values<float>(castBytes("f8E4M3FN", "f32", 2, {0x38, 0xfe})), (std::vector<float>{1, -448}));
}
