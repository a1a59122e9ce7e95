// References of ops that move elements, and of reductions.
#include "Run.h"

#include <cmath>
#include <limits>

using namespace garam::golden;

static const Tensors kSix{{"arg_0", bytes<float>({1, 2, 3, 4, 5, 6})}};
using Floats = std::vector<float>;

static Floats onSix(const std::string &body, const std::string &result) {
  return run<float>("%x: tensor<2x3xf32>", body, result, kSix);
}

TEST(Shapes, moves) {
  EXPECT_EQ(onSix("%r = graph.reshape %x : tensor<2x3xf32> to tensor<3x1x2xf32>", "tensor<3x1x2xf32>"),
            (Floats{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(onSix("%r = graph.transpose %x [1, 0] : tensor<2x3xf32> to tensor<3x2xf32>", "tensor<3x2xf32>"),
            (Floats{1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(
      onSix("%r = graph.slice %x [0, 0] to [2, 3] step [1, 2] : tensor<2x3xf32> to tensor<2x2xf32>", "tensor<2x2xf32>"),
      (Floats{1, 3, 4, 6}));
  EXPECT_EQ(
      onSix("%r = graph.slice %x [1, 1] to [2, 3] step [1, 1] : tensor<2x3xf32> to tensor<1x2xf32>", "tensor<1x2xf32>"),
      (Floats{5, 6}));
  EXPECT_EQ(onSix("%r = graph.concat %x, %x {dim = 1 : i64} : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x6xf32>",
                  "tensor<2x6xf32>"),
            (Floats{1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6}));
  EXPECT_EQ(run<float>("%x: tensor<3x1xf32>", "%r = graph.broadcast %x : tensor<3x1xf32> to tensor<2x3x2xf32>",
                       "tensor<2x3x2xf32>", {{"arg_0", bytes<float>({1, 2, 3})}}),
            (Floats{1, 1, 2, 2, 3, 3, 1, 1, 2, 2, 3, 3}));
  EXPECT_EQ(run<float>("%x: tensor<f32>", "%r = graph.reshape %x : tensor<f32> to tensor<1x1xf32>", "tensor<1x1xf32>",
                       {{"arg_0", bytes<float>({7})}}),
            (Floats{7}));
}

TEST(Shapes, transposeOfFour) {
  std::vector<int32_t> x(24), want;
  for (int i = 0; i < 24; ++i)
    x[i] = i;
  for (int c = 0; c < 3; ++c) // result [c, a, d, b] of x[a, b, c, d] with sizes 2, 2, 3, 2
    for (int a = 0; a < 2; ++a)
      for (int d = 0; d < 2; ++d)
        for (int b = 0; b < 2; ++b)
          want.push_back(((a * 2 + b) * 3 + c) * 2 + d);
  EXPECT_EQ(run<int32_t>("%x: tensor<2x2x3x2xi32>",
                         "%r = graph.transpose %x [2, 0, 3, 1] : tensor<2x2x3x2xi32> to tensor<3x2x2x2xi32>",
                         "tensor<3x2x2x2xi32>", {{"arg_0", bytes(x)}}),
            want);
}

TEST(Shapes, constantsAndIota) {
  EXPECT_EQ(run<int64_t>("", "%r = graph.iota {dim = 1 : i64} : tensor<2x3xi64>", "tensor<2x3xi64>", {}),
            (std::vector<int64_t>{0, 1, 2, 0, 1, 2}));
  EXPECT_EQ(run<float>("", "%r = graph.constant dense<[1.5, -2.0]> : tensor<2xf32>", "tensor<2xf32>", {}),
            (Floats{1.5f, -2}));
  EXPECT_EQ(run<uint8_t>("", "%r = graph.constant dense<[1.0, -448.0]> : tensor<2xf8E4M3FN>", "tensor<2xf8E4M3FN>", {}),
            (std::vector<uint8_t>{0x38, 0xfe}));
  EXPECT_EQ(run<uint8_t>("", "%r = graph.constant dense<[true, false]> : tensor<2xi1>", "tensor<2xi1>", {}),
            (std::vector<uint8_t>{1, 0}));
}

TEST(Shapes, kvUpdate) {
  auto got = run<float>(
      "%c: tensor<1x1x4x2xf32>, %n: tensor<1x1x2x2xf32>, %p: index",
      "%r = graph.kv_update %c, %n pos %p : tensor<1x1x4x2xf32>, tensor<1x1x2x2xf32>", "tensor<1x1x4x2xf32>",
      {{"arg_0", bytes(Floats(8, 0))}, {"arg_1", bytes<float>({1, 2, 3, 4})}, {"arg_2", bytes<int64_t>({1})}});
  EXPECT_EQ(got, (Floats{0, 0, 1, 2, 3, 4, 0, 0}));
}

TEST(Reduce, kinds) {
  auto reduce = [](const std::string &kind, int dim, const std::string &result) {
    return onSix("%r = graph.reduce <" + kind + "> %x {dim = " + std::to_string(dim) + " : i64} : tensor<2x3xf32> to " +
                     result,
                 result);
  };
  EXPECT_EQ(reduce("sum", 1, "tensor<2xf32>"), (Floats{6, 15}));
  EXPECT_EQ(reduce("sum", 0, "tensor<3xf32>"), (Floats{5, 7, 9}));
  EXPECT_EQ(reduce("mean", 1, "tensor<2xf32>"), (Floats{2, 5}));
  EXPECT_EQ(reduce("max", 0, "tensor<3xf32>"), (Floats{4, 5, 6}));
  EXPECT_EQ(reduce("min", 1, "tensor<2xf32>"), (Floats{1, 4}));
  EXPECT_EQ(onSix("%r = graph.reduce <max> %x {dim = 1 : i64, keepdim = true} : tensor<2x3xf32> to tensor<2x1xf32>",
                  "tensor<2x1xf32>"),
            (Floats{3, 6}));
}

TEST(Reduce, scans) {
  EXPECT_EQ(onSix("%r = graph.cumsum %x : tensor<2x3xf32>", "tensor<2x3xf32>"), (Floats{1, 3, 6, 4, 9, 15}));
  auto argmax = [](const Floats &x) {
    return run<int64_t>("%x: tensor<2x3xf32>", "%r = graph.argmax %x : tensor<2x3xf32> to tensor<2xi64>",
                        "tensor<2xi64>", {{"arg_0", bytes(x)}});
  };
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(argmax({1, 3, 3, -1, -2, -3}), (std::vector<int64_t>{1, 0}));
  EXPECT_EQ(argmax({9, nan, nan, 1, 2, 3}), (std::vector<int64_t>{1, 2}));
}
