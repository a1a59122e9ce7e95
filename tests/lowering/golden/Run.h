// Runs one graph function with tensors given as vectors.
#pragma once

#include "lowering/graph/golden/Jit.h"

#include <gtest/gtest.h>

#include <cstring>

namespace garam::golden {

template <typename T> std::vector<uint8_t> bytes(const std::vector<T> &values) {
  std::vector<uint8_t> raw(values.size() * sizeof(T));
  std::memcpy(raw.data(), values.data(), raw.size());
  return raw;
}

template <typename T> std::vector<T> values(const std::vector<uint8_t> &raw) {
  std::vector<T> result(raw.size() / sizeof(T));
  std::memcpy(result.data(), raw.data(), raw.size());
  return result;
}

/// The only result of `func.func @main(arguments) -> (result)` with this body, which ends in %r.
template <typename T>
std::vector<T> run(const std::string &arguments, const std::string &body, const std::string &result,
                   const Tensors &inputs) {
  std::string text =
      "func.func @main(" + arguments + ") -> " + result + " {\n" + body + "\n  return %r : " + result + "\n}\n";
  return values<T>(runGolden(text, inputs).at("output_0"));
}

inline void expectNear(const std::vector<float> &got, const std::vector<float> &want, float bound = 1e-6f) {
  ASSERT_EQ(got.size(), want.size());
  for (size_t i = 0; i < got.size(); ++i)
    EXPECT_NEAR(got[i], want[i], bound * std::max(1.0f, std::fabs(want[i]))) << "element " << i;
}

} // namespace garam::golden
