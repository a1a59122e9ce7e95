// The functions of the vector engine: every f16 and every bf16 argument and random f32 ones, in units in the last place
// of f32 beside f64; special values; the same bits on both paths. Prints the table of docs/hardware/functions.md.
#include "Fixture.h"

#include "sim/insns/fast/Steps.h"
#include "sim/insns/plain/Steps.h"

#include <bit>
#include <limits>

namespace garam::sim::insns {

namespace {

using rt::StepOp;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

struct Function {
  const char *name;
  StepOp op;
  double (*reference)(double);
};

const Function kFunctions[] = {
    {"exp", StepOp::Exp, std::exp},
    {"log", StepOp::Log, std::log},
    {"recip", StepOp::Recip, [](double x) { return 1 / x; }},
    {"sqrt", StepOp::Sqrt, std::sqrt},
    {"rsqrt", StepOp::Rsqrt, [](double x) { return 1 / std::sqrt(x); }},
    {"tanh", StepOp::Tanh, std::tanh},
    {"sigmoid", StepOp::Sigmoid, [](double x) { return 1 / (1 + std::exp(-x)); }},
    {"erf", StepOp::Erf, std::erf},
    {"sin", StepOp::Sin, std::sin},
    {"cos", StepOp::Cos, std::cos},
};

float apply(StepOp op, float x) { return plain::stepFloat(op, x, 0, 0); }

/// Distance in units in the last place of f32 at the exact result; 0 where both are NaN or the same infinity.
double ulps(float got, double exact) {
  if (std::isnan(got) || std::isnan(exact) || std::isinf(float(exact)) || std::isinf(got))
    return std::isnan(got) == std::isnan(exact) && (std::isnan(got) || got == float(exact)) ? 0 : HUGE_VAL;
  const int exponent = exact == 0 ? -126 : std::max(std::ilogb(exact), -126);
  return std::fabs(double(got) - exact) / std::ldexp(1.0, exponent - 23);
}

struct Errors {
  double worst = 0;
  int64_t unrounded = 0, count = 0;
  void add(const Function &f, float x) {
    const double exact = f.reference(x);
    const float got = apply(f.op, x);
    worst = std::max(worst, ulps(got, exact));
    unrounded += !std::isnan(exact) && got != float(exact);
    ++count;
  }
};

std::vector<float> allOf(rt::DType type) {
  std::vector<float> values;
  for (uint32_t bits = 0; bits < 65536; ++bits)
    values.push_back(plain::loadFloat(type, reinterpret_cast<const uint8_t *>(&bits)));
  return values;
}

/// Half of any bits, half in the range where functions change.
std::vector<float> randomValues(int64_t count) {
  Random random(4);
  std::vector<float> values;
  for (int64_t i = 0; i < count; ++i)
    values.push_back(i % 2 ? std::bit_cast<float>(uint32_t(random.bits()))
                           : float(double(random.in(-1 << 30, 1 << 30)) * 1e-7));
  return values;
}

TEST(Functions, WithinTheStatedError) {
  const std::pair<const char *, std::vector<float>> sets[] = {
      {"f16", allOf(rt::DType::F16)}, {"bf16", allOf(rt::DType::BF16)}, {"f32", randomValues(1 << 21)}};
  for (const Function &f : kFunctions) {
    fmt::print("| {} |", f.name);
    for (const auto &[name, values] : sets) {
      Errors errors;
      for (float x : values)
        errors.add(f, x);
      fmt::print(" {:.4f} ({} of {}) |", errors.worst, errors.unrounded, errors.count);
      EXPECT_LE(errors.worst, 0.501) << f.name << " " << name;
    }
    fmt::print("\n");
  }
}

void expectBits(StepOp op, float x, float expected) {
  const float got = apply(op, x);
  if (std::isnan(expected))
    EXPECT_TRUE(std::isnan(got)) << int(op) << " of " << x;
  else
    EXPECT_EQ(std::bit_cast<uint32_t>(got), std::bit_cast<uint32_t>(expected)) << int(op) << " of " << x;
}

TEST(Functions, SpecialValues) {
  const struct {
    StepOp op;
    float x, y;
  } cases[] = {{StepOp::Exp, kInfinity, kInfinity}, {StepOp::Exp, -kInfinity, 0.0f},
               {StepOp::Exp, -0.0f, 1.0f},          {StepOp::Exp, 88.8f, kInfinity},
               {StepOp::Exp, -104.0f, 0.0f},        {StepOp::Exp, -103.0f, 0x1p-149f},
               {StepOp::Log, kInfinity, kInfinity}, {StepOp::Log, -kInfinity, kNan},
               {StepOp::Log, 0.0f, -kInfinity},     {StepOp::Log, -0.0f, -kInfinity},
               {StepOp::Log, 1.0f, 0.0f},           {StepOp::Log, -1.0f, kNan},
               {StepOp::Recip, 0.0f, kInfinity},    {StepOp::Recip, -0.0f, -kInfinity},
               {StepOp::Recip, -kInfinity, -0.0f},  {StepOp::Sqrt, -0.0f, -0.0f},
               {StepOp::Sqrt, -1.0f, kNan},         {StepOp::Sqrt, kInfinity, kInfinity},
               {StepOp::Rsqrt, 0.0f, kInfinity},    {StepOp::Rsqrt, -0.0f, -kInfinity},
               {StepOp::Rsqrt, kInfinity, 0.0f},    {StepOp::Rsqrt, -1.0f, kNan},
               {StepOp::Tanh, kInfinity, 1.0f},     {StepOp::Tanh, -kInfinity, -1.0f},
               {StepOp::Tanh, -0.0f, -0.0f},        {StepOp::Tanh, 0x1p-149f, 0x1p-149f},
               {StepOp::Sigmoid, kInfinity, 1.0f},  {StepOp::Sigmoid, -kInfinity, 0.0f},
               {StepOp::Sigmoid, 0.0f, 0.5f},       {StepOp::Erf, kInfinity, 1.0f},
               {StepOp::Erf, -kInfinity, -1.0f},    {StepOp::Erf, -0.0f, -0.0f},
               {StepOp::Sin, kInfinity, kNan},      {StepOp::Sin, -0.0f, -0.0f},
               {StepOp::Cos, -kInfinity, kNan},     {StepOp::Cos, -0.0f, 1.0f},
               {StepOp::Sin, 0x1p-149f, 0x1p-149f}};
  for (const auto &c : cases)
    expectBits(c.op, c.x, c.y);
  for (const Function &f : kFunctions)
    expectBits(f.op, kNan, kNan);
}

/// The f32 whose reduction modulo pi/2 cancels most, and others of any size.
TEST(Functions, LargeArgumentsReduceExactly) {
  for (float x : {0x1.6c6cbcp+45f, 0x1.f1a55ap+115f, 0x1.fffffep127f, 1e10f, 0x1.921fb6p+0f, 0x1.921fb6p+1f,
                  0x1.2d97c8p+2f, 355.0f})
    for (float sign : {1.0f, -1.0f}) {
      EXPECT_LE(ulps(apply(StepOp::Sin, sign * x), std::sin(double(sign * x))), 0.501) << x;
      EXPECT_LE(ulps(apply(StepOp::Cos, sign * x), std::cos(double(sign * x))), 0.501) << x;
    }
}

TEST(Functions, BothPathsGiveTheSameBits) {
  std::vector<float> values = randomValues(1 << 20);
  for (rt::DType type : {rt::DType::F16, rt::DType::BF16})
    for (float x : allOf(type))
      values.push_back(x);
  onEveryTarget([&] {
    alignas(64) float block[fast::kBlock];
    const float zeros[fast::kBlock] = {};
    for (const Function &f : kFunctions)
      for (size_t first = 0; first < values.size(); first += size_t(fast::kBlock)) {
        std::memcpy(block, values.data() + first, sizeof block);
        fast::applyStep(f.op, block, zeros, false, zeros, fast::kBlock);
        for (int64_t i = 0; i < fast::kBlock; ++i) {
          const float expected = apply(f.op, values[first + size_t(i)]);
          if (std::isnan(expected))
            ASSERT_TRUE(std::isnan(block[i]));
          else
            ASSERT_EQ(std::bit_cast<uint32_t>(block[i]), std::bit_cast<uint32_t>(expected))
                << f.name << " of " << values[first + size_t(i)];
        }
      }
  });
}

} // namespace

} // namespace garam::sim::insns
