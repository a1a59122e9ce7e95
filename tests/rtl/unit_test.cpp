// A chip whose matrix engine is the Verilated block: programs take the same cycles, stall as often and leave the same
// bits.
#include "Run.h"
#include "runtime/Error.h"

#include <random>

using namespace garam;
using namespace garam::test;
using rt::Engine;
using rt::Opcode;

namespace {

const std::vector<rt::Override> kSize = {"matrix.rows=16", "matrix.columns=16", "matrix.weight_rows_per_cycle=4",
                                         "matrix.i8_rows_per_cycle=2", "l1.banks=8"};
constexpr int64_t kBytes = 1 << 16;

/// Products one after the other; between them, and against their banks, vector and DMA engines at work.
rt::Program drawn(uint64_t seed) {
  std::mt19937_64 random(seed);
  auto upTo = [&](int64_t most) { return int64_t(random() % uint64_t(most)) + 1; };
  KernelBuilder body;
  rt::Chain copy;
  copy.sources[0] = {rt::DType::F32, true, false}, copy.dst = {rt::DType::F32, true, false};
  const int all = body.descriptor(KernelBuilder::dense(kBytes)), piece = body.descriptor(KernelBuilder::dense(8192)),
            chain = body.descriptor(copy);
  body.set(1, rt::hbmAddress(0, 0)).set(2, rt::hbmAddress(0, kBytes)).set(4, rt::l1Address(0, 0));
  body.load(all, r(1), 0, {{}, {token(0)}});
  body.add(Opcode::MatrixSync, {}, {{token(0)}, {token(1)}});
  body.initialTokens[2] = 1;
  int64_t m = 1, n = 1, out = 0;
  bool integers = false;
  for (int i = 0; i < 8; ++i) {
    const bool more = i && random() % 3 == 0; // onto the last one
    if (!more)
      integers = random() % 3 == 0, m = upTo(40), n = upTo(40);
    const int64_t k = upTo(40), bytes = integers ? 1 : 2,
                  type = integers ? int64_t(rt::DType::I8) : int64_t(rt::DType::BF16);
    const int64_t aStride = k * bytes + 2 * upTo(32), wStride = n * bytes + 2 * upTo(32);
    // These meet the product's banks; dma_in goes first.
    body.add(Opcode::VecMap, {chain, upTo(4), upTo(100), 4 * upTo(4000), 400, 0, 0, 0, 0, 32768, 400, 0, 0},
             Sync{i ? std::vector<rt::Token>{} : std::vector{token(1)}, {token(5)}});
    body.load(piece, r(4), 49152, {{token(5)}, {}});
    body.store(piece, 0, r(2), {{}, {}});
    body.add(Opcode::Mma,
             {2 * upTo(4000), aStride, 2 * upTo(4000), wStride, rt::kAccBase, n * 4, m, k, n, more, type | type << 4},
             {{token(2)}, {token(3)}});
    // The next product waits for this one's sums to have been copied.
    body.add(Opcode::VecMap, {chain, m, n, rt::kAccBase, n * 4, 0, 0, 0, 0, kBytes + out, n * 4, 0, 0},
             {{token(3)}, {token(4), token(2)}});
    body.set(3, rt::hbmAddress(0, 2 * kBytes + out)).store(piece, kBytes + out, r(3), {{token(4)}, {}});
    out += 8192;
  }
  KernelBuilder kernel = body;
  kernel.insns.clear();
  onlyOn(kernel, 0, body);
  ProgramBuilder program;
  program.segment("in", rt::hbmAddress(0, 0), kBytes)
      .segment("copy", rt::hbmAddress(0, kBytes), kBytes)
      .segment("out", rt::hbmAddress(0, 2 * kBytes), kBytes);
  program.kernel(kernel).launch();
  return std::move(program.program);
}

struct Seen {
  rt::RunResult result;
  std::vector<uint8_t> out;
};
Seen runOn(const rt::Program &program, bool block, uint64_t seed) {
  std::vector<rt::Override> overrides = kSize;
  if (block)
    overrides.push_back("replace.matrix=matrix_rtl");
  sim::SimDevice device(rt::loadChip("unit", overrides));
  device.load(program, rt::Mode::Both);
  std::mt19937_64 random(seed);
  std::vector<uint8_t> in(static_cast<size_t>(kBytes));
  for (uint8_t &byte : in)
    byte = uint8_t(random());
  writeAll(device, "in", in);
  Seen seen{run(device), {}};
  seen.out = readAll<uint8_t>(device, "out", size_t(kBytes));
  return seen;
}

auto timesOf(const rt::RunResult &result) {
  std::vector<std::array<int64_t, 5>> times;
  for (const rt::InsnRecord &own : result.records)
    times.push_back({int64_t(own.engine), own.index, own.issue, own.start, own.end});
  std::ranges::sort(times);
  return times;
}

} // namespace

TEST(RtlUnit, TakesTheCyclesAndGivesTheBitsOfTheUnitThatItReplaces) {
  int64_t held = 0;
  for (uint64_t seed = 1; seed <= 25; ++seed) {
    const rt::Program program = drawn(seed);
    const Seen own = runOn(program, false, seed), block = runOn(program, true, seed);
    ASSERT_EQ(timesOf(own.result), timesOf(block.result)) << "program " << seed;
    ASSERT_EQ(own.result.cycles, block.result.cycles) << "program " << seed;
    ASSERT_EQ(own.out, block.out) << "program " << seed;
    for (size_t i = 0; i < own.result.engines.size(); ++i)
      ASSERT_EQ(own.result.engines[i].stalls, block.result.engines[i].stalls) << "program " << seed;
    for (const rt::EngineCounters &engine : own.result.engines)
      held += engine.engine == Engine::Matrix ? engine.stalls[size_t(rt::Stall::OperandL1)] : 0;
  }
  EXPECT_GT(held, 100) << "no product met another engine's banks";
}

TEST(RtlUnit, SaysWhatItCannotDo) {
  KernelBuilder k;
  k.add(Opcode::Mma, {0, 64, 4096, 64, rt::kAccBase, 64, 2, 16, 16, 0, 0});
  ProgramBuilder p;
  p.kernel(k).launch();
  std::vector<rt::Override> overrides = kSize;
  overrides.push_back("replace.matrix=matrix_rtl");
  sim::SimDevice device(rt::loadChip("unit", overrides));
  device.load(p.program, rt::Mode::Both);
  try {
    device.run({});
    FAIL() << "it ran";
  } catch (const rt::Error &error) {
    EXPECT_NE(
        std::string(error.what())
            .find("core0_matrix, launch 0, kernel `k`, instruction 0 `mma`: the block: such a product; bf16 or i8"),
        std::string::npos)
        << error.what();
  }
}
