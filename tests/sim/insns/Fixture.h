// The comparison of the paths.
#pragma once

#include "Marks.h"
#include "Random.h"
#include "runtime/Error.h"
#include "runtime/isa/Descriptor.h"
#include "runtime/isa/Isa.h"
#include "sim/insns/Insns.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <vector>

namespace garam::sim::insns {

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

/// Runs both paths on copies of the memory; fails where a byte of either memory differs. Then the marks of some bytes
/// that nobody wrote.
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
  static Random random(11);
  expectMarked(random, opcode, values, machine, chain, arrayRows);
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
