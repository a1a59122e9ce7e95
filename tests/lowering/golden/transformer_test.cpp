// References of products, norms and attention against plain loops in double.
#include "Run.h"

#include <cmath>
#include <random>

using namespace garam::golden;
using Floats = std::vector<float>;

static Floats random(size_t count, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal;
  Floats values(count);
  for (float &value : values)
    value = normal(engine);
  return values;
}

TEST(Products, matmul) {
  const Floats a{1, 2, 3, 4, 5, 6}, b{1, 0, 2, 1, 0, 3};
  EXPECT_EQ(run<float>("%a: tensor<2x3xf32>, %b: tensor<3x2xf32>",
                       "%r = graph.matmul %a, %b : (tensor<2x3xf32>, tensor<3x2xf32>) -> tensor<2x2xf32>",
                       "tensor<2x2xf32>", {{"arg_0", bytes(a)}, {"arg_1", bytes(b)}}),
            (Floats{5, 11, 14, 23}));
  EXPECT_EQ(run<float>(
                "%a: tensor<2x3xf32>, %b: tensor<2x3xf32>",
                "%r = graph.matmul %a, %b {transpose_b = true} : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x2xf32>",
                "tensor<2x2xf32>", {{"arg_0", bytes(a)}, {"arg_1", bytes(b)}}),
            (Floats{7, 10, 16, 22}));
}

TEST(Products, batchesAndIntegers) {
  EXPECT_EQ(run<float>("%a: tensor<2x1x2xf32>, %b: tensor<2x2x1xf32>",
                       "%r = graph.matmul %a, %b : (tensor<2x1x2xf32>, tensor<2x2x1xf32>) -> tensor<2x1x1xf32>",
                       "tensor<2x1x1xf32>",
                       {{"arg_0", bytes<float>({1, 2, 3, 4})}, {"arg_1", bytes<float>({5, 6, 7, 8})}}),
            (Floats{17, 53}));
  EXPECT_EQ(run<float>("%a: tensor<2x1x2xf32>, %b: tensor<2x1xf32>",
                       "%r = graph.matmul %a, %b : (tensor<2x1x2xf32>, tensor<2x1xf32>) -> tensor<2x1x1xf32>",
                       "tensor<2x1x1xf32>", {{"arg_0", bytes<float>({1, 2, 3, 4})}, {"arg_1", bytes<float>({5, 6})}}),
            (Floats{17, 39}));
  EXPECT_EQ(run<int32_t>("%a: tensor<1x2xi8>, %b: tensor<2x1xi8>",
                         "%r = graph.matmul %a, %b : (tensor<1x2xi8>, tensor<2x1xi8>) -> tensor<1x1xi32>",
                         "tensor<1x1xi32>",
                         {{"arg_0", bytes<int8_t>({127, -128})}, {"arg_1", bytes<int8_t>({127, 127})}}),
            (std::vector<int32_t>{-127}));
}

TEST(Products, roundsOnceToItsType) {
  // 256 + 1 + 1 in bf16: rounded after each sum it stays 256, rounded once it is 258.
  const std::vector<uint16_t> a{0x4380, 0x3f80, 0x3f80}, ones(3, 0x3f80);
  EXPECT_EQ(run<uint16_t>("%a: tensor<1x3xbf16>, %b: tensor<3x1xbf16>",
                          "%r = graph.matmul %a, %b : (tensor<1x3xbf16>, tensor<3x1xbf16>) -> tensor<1x1xbf16>",
                          "tensor<1x1xbf16>", {{"arg_0", bytes(a)}, {"arg_1", bytes(ones)}}),
            (std::vector<uint16_t>{0x4381}));
}

TEST(Products, embedding) {
  EXPECT_EQ(run<float>("%t: tensor<3x2xf32>, %i: tensor<1x2xi64>",
                       "%r = graph.embedding %t, %i : (tensor<3x2xf32>, tensor<1x2xi64>) -> tensor<1x2x2xf32>",
                       "tensor<1x2x2xf32>",
                       {{"arg_0", bytes<float>({1, 2, 3, 4, 5, 6})}, {"arg_1", bytes<int64_t>({2, 0})}}),
            (Floats{5, 6, 1, 2}));
}

TEST(Norms, rowsOfTwo) {
  const Tensors inputs{
      {"arg_0", bytes<float>({3, 4})}, {"arg_1", bytes<float>({2, 10})}, {"arg_2", bytes<float>({1, -1})}};
  const float root = std::sqrt(12.5f);
  auto rms = [&](const std::string &style) {
    return run<float>("%x: tensor<1x2xf32>, %w: tensor<2xf32>, %b: tensor<2xf32>",
                      "%r = graph.rms_norm %x, %w {eps = 0.0 : f32, style = #graph.norm_style<" + style +
                          ">} : tensor<1x2xf32>, tensor<2xf32>",
                      "tensor<1x2xf32>", inputs);
  };
  expectNear(rms("plain"), {6 / root, 40 / root});
  expectNear(rms("llama"), {6 / root, 40 / root});
  expectNear(rms("gemma"), {9 / root, 44 / root});
  expectNear(
      run<float>("%x: tensor<1x2xf32>, %w: tensor<2xf32>, %b: tensor<2xf32>",
                 "%r = graph.layer_norm %x, %w, %b {eps = 0.75 : f32} : tensor<1x2xf32>, tensor<2xf32>, tensor<2xf32>",
                 "tensor<1x2xf32>", inputs),
      {1 - 2 * 0.5f, -1 + 10 * 0.5f});
  expectNear(run<float>("%x: tensor<1x2xf32>, %w: tensor<2xf32>, %b: tensor<2xf32>",
                        "%r = graph.softmax %x : tensor<1x2xf32>", "tensor<1x2xf32>", inputs),
             {1 / (1 + std::exp(1.0f)), 1 / (1 + std::exp(-1.0f))});
}

TEST(Norms, rope) {
  // One row at position 1 of the tables: a quarter turn for every pair.
  auto rope = [](const std::string &style) {
    return run<float>("%x: tensor<1x4xf32>, %c: tensor<2x4xf32>, %s: tensor<2x4xf32>, %p: index",
                      "%r = graph.rope %x, %c, %s pos %p {style = #graph.rope_style<" + style +
                          ">} : tensor<1x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>",
                      "tensor<1x4xf32>",
                      {{"arg_0", bytes<float>({1, 2, 3, 4})},
                       {"arg_1", bytes<float>({1, 1, 1, 1, 0, 0, 0, 0})},
                       {"arg_2", bytes<float>({0, 0, 0, 0, 1, 1, 1, 1})},
                       {"arg_3", bytes<int64_t>({1})}});
  };
  EXPECT_EQ(rope("half"), (Floats{-3, -4, 1, 2}));
  EXPECT_EQ(rope("interleaved"), (Floats{-2, 1, -4, 3}));
}

namespace {

struct Case {
  bool causal = false;
  int64_t window = 0;
  double softcap = 0;
  bool mask = false, bias = false;
  int64_t pos = -1;
  std::string rows = "average";
};

constexpr int kBatch = 2, kHeads = 4, kShared = 2, kQueries = 3, kKeys = 5, kDim = 4;

Floats plainAttention(const Case &c, const Floats &q, const Floats &k, const Floats &v,
                      const std::vector<int64_t> &mask, const Floats &bias) {
  Floats out;
  for (int b = 0; b < kBatch; ++b)
    for (int h = 0; h < kHeads; ++h)
      for (int i = 0; i < kQueries; ++i) {
        const int shared = h / (kHeads / kShared);
        const int64_t at = c.pos >= 0 ? c.pos + i : kKeys - kQueries + i;
        const bool ordered = c.causal || c.pos >= 0;
        std::vector<double> weights;
        double sum = 0;
        for (int j = 0; j < kKeys; ++j) {
          double score = 0;
          for (int d = 0; d < kDim; ++d)
            score += double(q[((b * kHeads + h) * kQueries + i) * kDim + d]) *
                     k[((b * kShared + shared) * kKeys + j) * kDim + d];
          score *= 0.5;
          if (c.softcap > 0)
            score = c.softcap * std::tanh(score / c.softcap);
          if (c.bias)
            score += bias[(h * kQueries + i) * kKeys + j];
          bool takes = (!ordered || j <= at) && (!c.window || (at - j < c.window && (ordered || j - at < c.window))) &&
                       (!c.mask || mask[b * kKeys + j]);
          weights.push_back(takes ? std::exp(score) : 0);
          sum += weights.back();
        }
        if (sum == 0)
          std::fill(weights.begin(), weights.end(), c.rows == "zero" ? 0.0 : 1.0), sum = kKeys;
        for (int d = 0; d < kDim; ++d) {
          double value = 0;
          for (int j = 0; j < kKeys; ++j)
            value += weights[j] * v[((b * kShared + shared) * kKeys + j) * kDim + d];
          out.push_back(float(value / sum));
        }
      }
  return out;
}

void check(const Case &c) {
  const Floats q = random(kBatch * kHeads * kQueries * kDim, 1), k = random(kBatch * kShared * kKeys * kDim, 2),
               v = random(kBatch * kShared * kKeys * kDim, 3), bias = random(kHeads * kQueries * kKeys, 4);
  const std::vector<int64_t> mask{1, 1, 0, 7, 0, 0, 0, 0, 0, 0}; // the second batch has no key at all
  std::string operands = "%q, %k, %v", types = "tensor<2x4x3x4xf32>, tensor<2x2x5x4xf32>, tensor<2x2x5x4xf32>";
  if (c.mask)
    operands += " mask %m", types += ", tensor<2x5xi64>";
  if (c.bias)
    operands += " bias %b", types += ", tensor<1x4x3x5xf32>";
  if (c.pos >= 0)
    operands += " pos %p", types += ", index";
  const std::string attributes = " {scale = 0.5 : f32, causal = " + std::string(c.causal ? "true" : "false") +
                                 ", window = " + std::to_string(c.window) +
                                 " : i64, softcap = " + std::to_string(c.softcap) +
                                 " : f32, masked_rows = #graph.masked_rows<" + c.rows + ">} ";
  auto got = run<float>("%q: tensor<2x4x3x4xf32>, %k: tensor<2x2x5x4xf32>, %v: tensor<2x2x5x4xf32>, %m: "
                        "tensor<2x5xi64>, %b: tensor<1x4x3x5xf32>, %p: index",
                        "%r = graph.attention " + operands + attributes + ": (" + types + ") -> tensor<2x4x3x4xf32>",
                        "tensor<2x4x3x4xf32>",
                        {{"arg_0", bytes(q)},
                         {"arg_1", bytes(k)},
                         {"arg_2", bytes(v)},
                         {"arg_3", bytes(mask)},
                         {"arg_4", bytes(bias)},
                         {"arg_5", bytes<int64_t>({std::max<int64_t>(c.pos, 0)})}});
  expectNear(got, plainAttention(c, q, k, v, mask, bias), 2e-6f);
}

} // namespace

TEST(Attention, plain) { check({}); }
TEST(Attention, causal) { check({.causal = true}); }
TEST(Attention, window) { check({.causal = true, .window = 2}); }
TEST(Attention, windowOnBothSides) { check({.window = 2}); }
TEST(Attention, softcap) { check({.softcap = 2}); }
TEST(Attention, mask) { check({.mask = true}); }
TEST(Attention, maskOfAllKeys) { check({.causal = true, .mask = true}); }
TEST(Attention, maskOfAllKeysGivesZeros) { check({.causal = true, .mask = true, .rows = "zero"}); }
TEST(Attention, bias) { check({.bias = true}); }
TEST(Attention, position) { check({.pos = 1}); }
TEST(Attention, everything) {
  check({.causal = true, .window = 3, .softcap = 3, .mask = true, .bias = true, .pos = 0});
}

TEST(Golden, groupsAndCalls) {
  const char *text = R"(
    func.func private @layer(%x: tensor<2xf32>) -> tensor<2xf32> {
      %0 = graph.group "double" (%a = %x) : (tensor<2xf32>) -> tensor<2xf32> {
        %1 = graph.add %a, %a : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
        graph.yield %1 : tensor<2xf32>
      }
      return %0 : tensor<2xf32>
    }
    func.func @main(%x: tensor<2xf32> {graph.name = "x"}) -> (tensor<2xf32> {graph.name = "y"}, tensor<2xf32> {graph.name = "same"}) {
      %0 = call @layer(%x) : (tensor<2xf32>) -> tensor<2xf32>
      %1 = call @layer(%0) : (tensor<2xf32>) -> tensor<2xf32>
      return %1, %x : tensor<2xf32>, tensor<2xf32>
    })";
  Tensors outputs = runGolden(text, {{"x", bytes<float>({1, -3})}});
  EXPECT_EQ(values<float>(outputs.at("y")), (Floats{4, -12}));
  EXPECT_EQ(values<float>(outputs.at("same")), (Floats{1, -3}));
}

TEST(Golden, badInputsAreNamed) {
  const char *text =
      R"(func.func @main(%x: tensor<2xf32> {graph.name = "x"}, %p: index {graph.name = "pos", graph.range = array<i64: 0, 3>}) -> tensor<2xf32> {
    return %x : tensor<2xf32> })";
  auto message = [&](const Tensors &inputs) -> std::string {
    try {
      runGolden(text, inputs);
    } catch (const std::exception &error) {
      return error.what();
    }
    return "";
  };
  const auto x = bytes<float>({1, 2});
  EXPECT_EQ(message({}), "golden: input `x` is missing; needed: every argument of @main");
  EXPECT_EQ(message({{"x", {}}}), "golden: input `x` has 0 bytes; needs 8");
  EXPECT_EQ(message({{"x", x}, {"pos", bytes<int64_t>({4})}}), "golden: value `pos` is 4; allowed: 0 to 3");
  EXPECT_EQ(message({{"x", x}, {"pos", bytes<int64_t>({0})}, {"y", x}}),
            "golden: input `y` is unknown; allowed: the arguments of @main");
}
