// Random memories and the comparison of the two paths.
#pragma once

#include "runtime/Error.h"
#include "runtime/isa/Descriptor.h"
#include "runtime/isa/Isa.h"
#include "sim/insns/Insns.h"
#include "sim/insns/plain/Convert.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

namespace garam::sim::insns {

struct Machine {
  std::vector<uint8_t> l1, acc;
  Machine(size_t l1Bytes, size_t accBytes) : l1(l1Bytes), acc(accBytes) {}
  Memory memory() { return {l1, acc}; }
};

class Random {
public:
  explicit Random(uint64_t seed) : engine(seed) {}
  int64_t in(int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(engine); }
  bool one(int64_t of) { return in(1, of) == 1; }
  /// Mostly sizes at which loops change, sometimes anything.
  int64_t size(int64_t largest) {
    static constexpr int64_t kEdges[] = {1,  2,  3,  4,  7,  8,  15, 16,  17,  31, 32,
                                         33, 47, 48, 63, 64, 65, 96, 127, 128, 129};
    const int64_t n = one(3) ? in(1, largest) : kEdges[in(0, int64_t(std::size(kEdges)) - 1)];
    return std::min(n, largest);
  }
  uint64_t bits() { return engine(); }

  /// An element: ordinary values, but also zeros of both signs, subnormals, infinities and NaN with `special`.
  void element(rt::DType type, bool special, uint8_t *to) {
    if (special && one(6)) {
      const uint64_t raw = bits();
      std::memcpy(to, &raw, size_t(rt::byteSize(type)));
      if (type == rt::DType::I1)
        *to &= 1;
      return;
    }
    static constexpr float kSpecial[] = {NAN, -NAN, HUGE_VALF, -HUGE_VALF, 0.0f, -0.0f, 0x1p-149f, 0x1.fffffep127f};
    if (special && one(6))
      plain::storeFloat(type, kSpecial[in(0, 7)], to);
    else if (rt::isFloat(type))
      plain::storeFloat(type, float(std::normal_distribution<double>()(engine) * (one(8) ? 1e3 : 1)), to);
    else
      plain::storeInt(type, in(-100, 100), to);
  }
  void fill(rt::DType type, bool special, uint8_t *to, int64_t count) {
    for (int64_t i = 0; i < count; ++i)
      element(type, special, to + i * rt::byteSize(type));
  }

private:
  std::mt19937_64 engine;
};

inline const std::vector<rt::DType> kFloats = {rt::DType::F32, rt::DType::F16, rt::DType::BF16, rt::DType::F8E4M3,
                                               rt::DType::F8E5M2};
inline const std::vector<rt::DType> kIntegers = {rt::DType::I1, rt::DType::I8, rt::DType::I32, rt::DType::I64};
inline const std::vector<rt::DType> kAll = {rt::DType::F32,    rt::DType::F16,    rt::DType::BF16,
                                            rt::DType::F8E4M3, rt::DType::F8E5M2, rt::DType::I8,
                                            rt::DType::I1,     rt::DType::I32,    rt::DType::I64};

/// Runs `body` once with each set of vector instructions that the library is built for and this host has.
template <class F> void onEveryTarget(F &&body) {
  const int64_t all = hwy::SupportedTargets();
#if HWY_ARCH_X86
  const std::vector<int64_t> targets = {HWY_AVX2, HWY_AVX2 | HWY_AVX3};
#else
  const std::vector<int64_t> targets = {all};
#endif
  for (int64_t target : targets) {
    SCOPED_TRACE(fmt::format("target {:#x}", target));
    hwy::SetSupportedTargetsForTest(all & target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    body();
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

/// Runs both paths on copies of the memory; fails where a byte of either memory differs.
inline void expectSame(rt::Opcode opcode, const rt::SlotValues &values, const Machine &machine,
                       const rt::Chain *chain = nullptr, int64_t arrayRows = 64) {
  const auto run = [&](Path path) {
    Machine after = machine;
    Memory memory = after.memory();
    Result result;
    execute(opcode, {memory, values, chain, arrayRows, path}, result);
    EXPECT_TRUE(after.l1 == machine.l1 && after.acc == machine.acc); // nothing appears before completion
    result.commit(memory);
    return after;
  };
  const Machine plain = run(Path::Plain);
  onEveryTarget([&] {
    const Machine fast = run(Path::Fast);
    EXPECT_TRUE(fast.l1 == plain.l1);
    EXPECT_TRUE(fast.acc == plain.acc);
  });
}

/// The message of the error that an instruction throws; empty if none.
inline std::string errorOf(rt::Opcode opcode, const rt::SlotValues &values, Machine &machine,
                           const rt::Chain *chain = nullptr) {
  try {
    Memory memory = machine.memory();
    Result result;
    execute(opcode, {memory, values, chain, 64}, result);
    return "";
  } catch (const rt::Error &error) {
    EXPECT_EQ(error.kind, rt::ErrorKind::Undefined);
    return error.what();
  }
}

} // namespace garam::sim::insns
