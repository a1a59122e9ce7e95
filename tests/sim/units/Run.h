// Runs small programs and looks at their instructions.
#pragma once

#include "ProgramBuilder.h"
#include "sim/SimDevice.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace garam::test {

/// Every cycle of every engine is handed out.
inline void expectAccounts(const rt::RunResult &result) {
  for (const rt::EngineCounters &engine : result.engines) {
    int64_t stalls = std::accumulate(engine.stalls.begin(), engine.stalls.end(), int64_t(0));
    EXPECT_EQ(engine.busy + stalls + engine.idle, result.cycles)
        << "core " << engine.core << " " << rt::name(engine.engine);
  }
}

inline rt::RunResult run(sim::SimDevice &device, rt::Mode mode = rt::Mode::Both, bool reverse = false) {
  rt::RunOptions options;
  options.mode = mode;
  options.records = true;
  options.reverseUnits = reverse;
  rt::RunResult result = device.run(options);
  expectAccounts(result);
  return result;
}

/// The n-th completed instruction of an engine.
inline rt::InsnRecord record(const rt::RunResult &result, int core, rt::Engine engine, size_t n) {
  for (const rt::InsnRecord &entry : result.records)
    if (entry.core == core && entry.engine == engine && n-- == 0)
      return entry;
  ADD_FAILURE() << "core " << core << " has no such instruction of " << rt::name(engine);
  return {};
}

/// Number of a segment of the loaded program.
inline uint32_t numberOf(const rt::Device &device, const std::string &segment) {
  const auto &all = device.program().segments;
  return uint32_t(std::ranges::find(all, segment, [](const auto &own) { return own->name; }) - all.begin());
}

template <class T>
std::vector<T> readAll(rt::Device &device, const std::string &segment, size_t count, uint64_t offset = 0) {
  std::vector<T> values(count);
  device.read(numberOf(device, segment), {reinterpret_cast<uint8_t *>(values.data()), count * sizeof(T)}, offset);
  return values;
}
template <class T> void writeAll(rt::Device &device, const std::string &segment, const std::vector<T> &values) {
  device.write(numberOf(device, segment), {reinterpret_cast<const uint8_t *>(values.data()), values.size() * sizeof(T)}, 0);
}

/// Runs a body on one core only: skips it elsewhere.
inline void onlyOn(KernelBuilder &kernel, int core, const KernelBuilder &body) {
  kernel.add(rt::Opcode::SeqCore, {60})
      .add(rt::Opcode::SeqEq, {61, r(60), core})
      .add(rt::Opcode::SeqSkip, {r(61), int64_t(body.insns.size())});
  kernel.insns.insert(kernel.insns.end(), body.insns.begin(), body.insns.end());
  for (size_t i = 0; i < body.waiters.size(); ++i)
    if (body.waiters[i] != 255)
      kernel.waiters[i] = body.waiters[i];
}

} // namespace garam::test
