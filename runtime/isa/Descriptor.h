// What is too long for an instruction word: shapes of transfers and chains of vector steps, in a table per kernel.
#pragma once

#include "runtime/isa/DType.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace garam::rt {

/// Up to five dimensions, innermost first. Dimension 0 counts bytes and has stride 1 on both sides.
struct DmaShape {
  std::array<int64_t, 5> counts{1, 1, 1, 1, 1};
  std::array<int64_t, 5> srcStrides{1, 0, 0, 0, 0}; ///< bytes
  std::array<int64_t, 5> dstStrides{1, 0, 0, 0, 0}; ///< bytes

  int64_t bytes() const { return counts[0] * counts[1] * counts[2] * counts[3] * counts[4]; }
  bool operator==(const DmaShape &) const = default;
};

/// One step of a chain; `v` is the running value, `x` the operand, `t0` and `t1` the saved values.
enum class StepOp : uint8_t {
#define GARAM_ISA_STEPS(name, number, text, cost, operand, integers) name = number,
#include "runtime/isa/Isa.inc"
#undef GARAM_ISA_STEPS
};

/// A step's record.
struct StepInfo {
  StepOp op;
  std::string_view text; ///< as chains are written
  int cost;              ///< cycles of a beat
  bool takesOperand;
  bool onIntegers; ///< an integer chain may have it
};

inline constexpr StepInfo kSteps[] = {
#define GARAM_ISA_STEPS(name, number, text, cost, operand, integers) {StepOp::name, text, cost, operand, integers},
#include "runtime/isa/Isa.inc"
#undef GARAM_ISA_STEPS
};

/// The record of a step; null if the number is none.
constexpr const StepInfo *find(StepOp op) {
  for (const StepInfo &step : kSteps)
    if (step.op == op)
      return &step;
  return nullptr;
}

constexpr int stepCost(StepOp op) { return find(op)->cost; }
constexpr bool stepTakesOperand(StepOp op) { return find(op)->takesOperand; }

/// Where a step's operand comes from. Constants are Const0 + index.
enum class StepArg : uint8_t {
  None = 0,
  S0 = 1,
  S1 = 2,
  S2 = 3,
  T0 = 4,
  T1 = 5,
  Row = 6,
  Col = 7,
  Scalar = 8,
  Const0 = 16
};

struct Step {
  StepOp op;
  StepArg arg = StepArg::None;
  bool operator==(const Step &) const = default;
};

/// A source or result of a chain.
struct ChainOperand {
  DType type = DType::F32;
  bool present = false;
  bool perRow = false; ///< one element for each row, the same for all its columns (its stride is between rows)
  bool operator==(const ChainOperand &) const = default;
};

enum class Reduction : uint8_t { None = 0, Sum = 1, Max = 2, Min = 3 };

/// A chain of steps: v = s0, then the steps, then the store (rounded to the type of `dst`) and the reduction of v.
struct Chain {
  std::array<ChainOperand, 3> sources;
  ChainOperand dst;
  bool integer = false; ///< steps compute in wrapping i64 on integer sources instead of f32
  Reduction reduction = Reduction::None;
  bool reduceRows = false; ///< false: one result for each row (over columns); true: one for each column (over rows)
  std::vector<Step> steps; ///< at most kMaxSteps
  std::vector<float> constants; ///< at most kMaxConstants

  static constexpr int kMaxSteps = 16;
  static constexpr int kMaxConstants = 8;
  bool operator==(const Chain &) const = default;
};

using Descriptor = std::variant<DmaShape, Chain>;

} // namespace garam::rt
