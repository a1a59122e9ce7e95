#include "Run.h"
#include "runtime/Error.h"

using namespace garam;
using namespace garam::test;
using rt::Opcode;

namespace {

/// c = a · w in f32, 8 × 16 · 16 × 16: two loads, a product, a chain that copies the sums, a store.
ProgramBuilder matmul(const std::string &chip) {
  KernelBuilder k;
  int a = k.descriptor(KernelBuilder::dense(8 * 16 * 4)), w = k.descriptor(KernelBuilder::dense(16 * 16 * 4));
  rt::Chain copy;
  copy.sources[0] = {rt::DType::F32, true, false};
  copy.dst = {rt::DType::F32, true, false};
  int chain = k.descriptor(copy);
  k.add(Opcode::SeqParam, {1, 0}).add(Opcode::SeqParam, {2, 1}).add(Opcode::SeqParam, {3, 2});
  k.add(Opcode::SeqCore, {0}).add(Opcode::SeqEq, {4, r(0), 0}).add(Opcode::SeqSkip, {r(4), 5});
  k.load(a, r(1), 0, {{}, {token(0)}});
  k.load(w, r(2), 4096, {{}, {token(0)}});
  k.add(Opcode::Mma, {0, 64, 4096, 64, rt::kAccBase, 64, 8, 16, 16, 0, 0}, {{token(0, 2)}, {token(1)}});
  k.add(Opcode::VecMap, {chain, 8, 16, rt::kAccBase, 64, 0, 0, 0, 0, 8192, 64, 0, 0}, {{token(1)}, {token(2)}});
  k.store(a, 8192, r(3), {{token(2)}, {}});
  ProgramBuilder p(chip);
  p.segment("a", rt::hbmAddress(0, 0), 512)
      .segment("w", rt::hbmAddress(0, 4096), 1024)
      .segment("c", rt::hbmAddress(0, 8192), 512);
  p.kernel(k).launch(0, {rt::hbmAddress(0, 0), rt::hbmAddress(0, 4096), rt::hbmAddress(0, 8192)});
  return p;
}

void runMatmul(sim::SimDevice &device, const std::string &chip, rt::Mode mode, rt::RunResult &result) {
  device.load(matmul(chip).program, rt::Mode::Both);
  std::vector<float> a(8 * 16), w(16 * 16), expected(8 * 16);
  for (size_t i = 0; i < a.size(); ++i)
    a[i] = float(int(i % 7) - 3);
  for (size_t i = 0; i < w.size(); ++i)
    w[i] = float(int(i % 5) - 2);
  for (size_t m = 0; m < 8; ++m)
    for (size_t n = 0; n < 16; ++n)
      for (size_t k = 0; k < 16; ++k)
        expected[m * 16 + n] += a[m * 16 + k] * w[k * 16 + n];
  writeAll(device, "a", a);
  writeAll(device, "w", w);
  rt::RunOptions options;
  options.mode = mode;
  options.records = true;
  result = device.run(options);
  expectAccounts(result);
  if (mode != rt::Mode::Cycles) {
    EXPECT_EQ(readAll<float>(device, "c", 8 * 16), expected);
  }
}

} // namespace

TEST(Machine, MatmulComputesValuesAndCycles) {
  for (rt::Mode mode : {rt::Mode::Both, rt::Mode::Values, rt::Mode::Cycles}) {
    sim::SimDevice device(rt::loadChip("unit", {"replace.memory=memory_plain"}));
    rt::RunResult result;
    runMatmul(device, "unit", mode, result);
    EXPECT_GT(result.cycles, 0);
    EXPECT_EQ(result.records.size(), 5u);
  }
}

TEST(Machine, CyclesDoNotDependOnValuesOrOnConstructionOrder) {
  rt::RunResult both, cycles;
  sim::SimDevice first(rt::loadChip("unit")), second(rt::loadChip("unit"));

  runMatmul(first, "unit", rt::Mode::Both, both);
  runMatmul(second, "unit", rt::Mode::Cycles, cycles);
  EXPECT_EQ(both.cycles, cycles.cycles);
  rt::RunOptions options;
  options.reverseUnits = true;
  EXPECT_EQ(first.run(options).cycles, both.cycles);
}

TEST(Machine, SaysWhoWaitsWhenNothingCanGoOn) {
  KernelBuilder k;
  k.add(Opcode::VectorSync, {}, {{token(5)}, {}});
  ProgramBuilder p;
  p.kernel(k).launch();
  sim::SimDevice device(rt::loadChip("unit"));
  device.load(p.program, rt::Mode::Both);
  try {
    device.run({});
    FAIL() << "it ended";
  } catch (const rt::Error &error) {
    std::string text = error.what();
    EXPECT_NE(text.find("core0_vector"), std::string::npos) << text;
    EXPECT_NE(text.find("instruction 0 `vector.sync` waits for semaphore 5 (0 of 1 tokens)"), std::string::npos)
        << text;
  }
}

TEST(Machine, TokensAreLostFromTheCycleOnInWhichTheNextLaunchStarts) {
  // Each core signals the other one, and goes on for a while. The later the token, the nearer to the next launch.
  KernelBuilder k;
  k.add(Opcode::MatrixSync, {}).add(Opcode::SeqCore, {0}).add(Opcode::SeqEq, {1, r(0), 0});
  k.add(Opcode::DmaOutSync, {r(1)}, {{}, {remote(63)}});
  for (int i = 0; i < 60; ++i)
    k.add(Opcode::SeqCore, {0});
  k.waiters[63] = uint8_t(rt::Engine::Matrix);
  int64_t way = 0, counted = 0, lost = 0;
  for (int64_t delay = 1; delay < 90; ++delay) {
    sim::SimDevice device(rt::loadChip("unit", {"topology.cores_per_die=2", "launch.latency_ns=0.0",
                                                fmt::format("sync.remote_cycles={}", delay)}));
    ProgramBuilder p("unit");
    p.kernel(k).launch().launch();
    device.load(p.program, rt::Mode::Both);
    std::vector<int64_t> added;
    device.onTokens([&](const sim::TokenChange &change) { added.push_back(change.cycle); });
    const rt::RunResult result = run(device);
    const int64_t start = record(result, 0, rt::Engine::Matrix, 1).issue;
    if (delay == 1)
      way = added.at(0) - delay;
    const bool inTime = way + delay < start;
    EXPECT_EQ(std::count(added.begin(), added.end(), way + delay), inTime ? 2 : 0) << "delay " << delay;
    ++(inTime ? counted : lost);
  }
  EXPECT_GT(counted, 9);
  EXPECT_GT(lost, 9);
}
