// What is too long for an instruction word: shapes of transfers and chains of vector steps, in a table per kernel.
#pragma once

#include "runtime/isa/DType.h"

#include <array>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace garam::rt {

/// Up to five dimensions, innermost first. Dimension 0 counts bytes and has stride 1 on both sides.
struct DmaShape {
  std::array<int64_t, 5> counts{1, 1, 1, 1, 1};
  std::array<int64_t, 5> srcStrides{1, 0, 0, 0, 0};  ///< bytes
  std::array<int64_t, 5> dstStrides{1, 0, 0, 0, 0};  ///< bytes

  int64_t bytes() const { return counts[0] * counts[1] * counts[2] * counts[3] * counts[4]; }
  bool operator==(const DmaShape &) const = default;
};

/// One step of a chain; `v` is the running value, `x` the operand, `t0` and `t1` the saved values.
enum class StepOp : uint8_t {
  Set = 1,     ///< v = x
  SaveT0 = 2,  ///< t0 = v
  SaveT1 = 3,  ///< t1 = v
  Add = 8,     ///< v + x
  Sub = 9,     ///< v - x
  RSub = 10,   ///< x - v
  Mul = 11,
  Div = 12,    ///< v / x
  RDiv = 13,   ///< x / v
  Min = 14,    ///< IEEE minimum: NaN if either is
  Max = 15,
  Fma = 16,    ///< fma(v, t0, x)
  Lt = 17,     ///< v < x as 0 or 1
  Le = 18,
  Gt = 19,
  Ge = 20,
  Eq = 21,
  Ne = 22,
  Select = 23,  ///< t0 != 0 ? v : x
  And = 24,     ///< logical: both nonzero, as 0 or 1 (bitwise in integer chains)
  Or = 25,
  Neg = 32,
  Abs = 33,
  Floor = 34,
  Round = 35,  ///< to nearest even
  Exp = 48,    ///< transcendental from here on: two cycles
  Log = 49,
  Recip = 50,
  Sqrt = 51,
  Rsqrt = 52,
  Tanh = 53,
  Sigmoid = 54,
  Erf = 55,
  Sin = 56,
  Cos = 57
};

/// Cycles of a step: 0 for moves, 2 for the transcendental ones and divisions, else 1.
constexpr int stepCost(StepOp op) {
  if (op <= StepOp::SaveT1)
    return 0;
  return op >= StepOp::Exp || op == StepOp::Div || op == StepOp::RDiv ? 2 : 1;
}
constexpr bool stepTakesOperand(StepOp op) {
  return op == StepOp::Set || (op >= StepOp::Add && op <= StepOp::Or);
}

/// Where a step's operand comes from. Constants are Const0 + index.
enum class StepArg : uint8_t { None = 0, S0 = 1, S1 = 2, S2 = 3, T0 = 4, T1 = 5, Row = 6, Col = 7, Scalar = 8, Const0 = 16 };

struct Step {
  StepOp op;
  StepArg arg = StepArg::None;
  bool operator==(const Step &) const = default;
};

/// A source or result of a chain.
struct ChainOperand {
  DType type = DType::F32;
  bool present = false;
  bool perRow = false;  ///< one element for each row, the same for all its columns (its stride is between rows)
  bool operator==(const ChainOperand &) const = default;
};

enum class Reduction : uint8_t { None = 0, Sum = 1, Max = 2, Min = 3 };

/// A chain of steps: v = s0, then the steps, then the store (rounded to the type of `dst`) and the reduction of v.
struct Chain {
  std::array<ChainOperand, 3> sources;
  ChainOperand dst;
  bool integer = false;       ///< steps compute in wrapping i64 on integer sources instead of f32
  Reduction reduction = Reduction::None;
  bool reduceRows = false;    ///< false: one result for each row (over columns); true: one for each column (over rows)
  std::vector<Step> steps;    ///< at most kMaxSteps
  std::vector<float> constants;  ///< at most kMaxConstants

  static constexpr int kMaxSteps = 16;
  static constexpr int kMaxConstants = 8;
  bool operator==(const Chain &) const = default;
};

using Descriptor = std::variant<DmaShape, Chain>;

}  // namespace garam::rt
