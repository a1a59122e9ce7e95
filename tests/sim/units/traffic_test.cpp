// Bytes that cross the machine: every memory, every way, both construction orders, both memories behind the TLM-2.0
// door.
#include "Run.h"
#include "runtime/Error.h"

using namespace garam;
using namespace garam::test;
using rt::Engine;
using rt::Opcode;

namespace {

std::vector<int32_t> ramp(size_t count, int32_t first = 1) {
  std::vector<int32_t> values(count);
  std::iota(values.begin(), values.end(), first);
  return values;
}

constexpr int64_t kBytes = 8192;

/// Runs in both construction orders and on a foreign memory; the values must be the same, the cycles too where the
/// machine is.
void expectEverywhere(const rt::Program &program, const std::string &chip, const std::vector<int32_t> &expected) {
  int64_t cycles = 0;
  for (const char *memory : {"memory", "memory_plain"})
    for (bool reverse : {false, true}) {
      sim::SimDevice device(rt::loadChip(chip, {fmt::format("replace.memory={}", memory)}));
      device.load(program, rt::Mode::Both);
      writeAll(device, "in", ramp(kBytes / 4));
      rt::RunResult result = run(device, rt::Mode::Both, reverse);
      EXPECT_EQ(readAll<int32_t>(device, "out", expected.size()), expected) << memory;
      EXPECT_TRUE(!reverse || result.cycles == cycles) << memory;
      cycles = result.cycles;
      rt::RunOptions options;
      options.mode = rt::Mode::Cycles;
      EXPECT_EQ(device.run(options).cycles, cycles) << memory;
    }
  sim::SimDevice device(rt::loadChip(chip));
  device.load(program, rt::Mode::Both);
  writeAll(device, "in", ramp(kBytes / 4));
  run(device, rt::Mode::Values);
  EXPECT_EQ(readAll<int32_t>(device, "out", expected.size()), expected);
}

ProgramBuilder inAndOut(const std::string &chip, int dies = 1, int outDie = 0) {
  ProgramBuilder p(chip, uint32_t(dies));
  p.segment("in", rt::hbmAddress(0, 0), kBytes).segment("out", rt::hbmAddress(outDie, 1 << 20), kBytes * 4);
  return p;
}

} // namespace

TEST(Traffic, ThroughSharedMemoryAndAnotherCore) {
  KernelBuilder k;
  int tile = k.descriptor(KernelBuilder::dense(kBytes));
  KernelBuilder zero, one;
  zero.set(1, rt::hbmAddress(0, 0)).set(2, rt::sharedAddress(0, 4096)).set(3, rt::l1Address(1, 16384));
  zero.load(tile, r(1), 0, {{}, {token(0)}});
  zero.store(tile, 0, r(2), {{token(0)}, {token(1)}});
  zero.load(tile, r(2), kBytes, {{token(1)}, {token(0)}});
  zero.store(tile, kBytes, r(3), {{token(0)}, {remote(2)}}, 1);
  one.set(4, rt::hbmAddress(0, 1 << 20));
  one.store(tile, 16384, r(4), {{token(2)}, {}});
  // Semaphore 1 is waited on by dma_in, 0 and 2 by dma_out.
  onlyOn(k, 0, zero);
  onlyOn(k, 1, one);
  ProgramBuilder p = inAndOut("unit");
  p.segment("shared", rt::sharedAddress(0, 4096), kBytes).kernel(k).launch();
  expectEverywhere(p.program, "unit", ramp(kBytes / 4));
}

TEST(Traffic, AMulticastReachesItsTargetsAndSignalsThem) {
  for (int64_t targets : {0b1111, 0b1010}) {
    KernelBuilder k;
    int tile = k.descriptor(KernelBuilder::dense(kBytes));
    KernelBuilder zero;
    zero.set(1, rt::hbmAddress(0, 0)).load(tile, r(1), 256, {{}, {token(3)}}, targets);
    onlyOn(k, 0, zero);
    std::vector<int32_t> expected(kBytes);
    for (int core = 0; core < 4; ++core) {
      if (!(targets >> core & 1))
        continue;
      KernelBuilder each;
      each.set(4, rt::hbmAddress(0, (1 << 20) + core * kBytes)).store(tile, 256, r(4), {{token(3)}, {}});
      onlyOn(k, core, each);
      std::vector<int32_t> part = ramp(kBytes / 4);
      std::copy(part.begin(), part.end(), expected.begin() + core * kBytes / 4);
    }
    ProgramBuilder p = inAndOut("unit");
    p.kernel(k).launch();
    expectEverywhere(p.program, "unit", expected);
  }
}

TEST(Traffic, AcrossDies) {
  KernelBuilder k;
  int tile = k.descriptor(KernelBuilder::dense(kBytes));
  // A core of the last die reads die 0, and writes to a die that is a neighbour in y.
  KernelBuilder body;
  body.set(1, rt::hbmAddress(0, 0)).set(2, rt::hbmAddress(1, 1 << 20));
  body.load(tile, r(1), 0, {{}, {token(0)}}).store(tile, 0, r(2), {{token(0)}, {}});
  onlyOn(k, 63, body);
  ProgramBuilder p = inAndOut("rebel100", 4, 1);
  p.kernel(k).launch();
  expectEverywhere(p.program, "rebel100", ramp(kBytes / 4));
  sim::SimDevice device(rt::loadChip("rebel100"));
  device.load(p.program, rt::Mode::Both);
  rt::RunResult result = run(device);
  EXPECT_GT(result.engines[63 * 4].stalls[size_t(rt::Stall::DieToDie)], 2 * 11);
  EXPECT_EQ(result.hbm.readBytes, kBytes);
  EXPECT_EQ(result.hbm.writeBytes, kBytes);
}

TEST(Traffic, GathersAndScattersByIndex) {
  KernelBuilder k;
  rt::DmaShape rows{{256, 1, 1, 1, 32}, {1, 0, 0, 0, 256}, {1, 0, 0, 0, 256}};
  int list = k.descriptor(KernelBuilder::dense(128)), gather = k.descriptor(rows);
  KernelBuilder body;
  body.set(1, rt::hbmAddress(0, 2 << 20)).set(2, rt::hbmAddress(0, 0)).set(3, rt::hbmAddress(0, 1 << 20));
  body.load(list, r(1), 0, {{}, {token(0), token(1)}});
  body.add(Opcode::DmaGather, {gather, r(2), 4096, 0, 0, 0, 0, 0, 0, int64_t(rt::DType::I32)},
           {{token(0)}, {token(1)}});
  body.add(Opcode::DmaScatter, {gather, 4096, r(3), 0, 0, 0, 0, 0, 0, int64_t(rt::DType::I32)}, {{token(1, 2)}, {}});
  onlyOn(k, 0, body);
  ProgramBuilder p = inAndOut("unit");
  p.segment("list", rt::hbmAddress(0, 2 << 20), 128).kernel(k).launch();
  sim::SimDevice device(rt::loadChip("unit"));
  device.load(p.program, rt::Mode::Both);
  writeAll(device, "in", ramp(kBytes / 4));
  std::vector<int32_t> indices(32);
  for (int i = 0; i < 32; ++i)
    indices[size_t(i)] = i * 7 % 32;
  writeAll(device, "list", indices);
  EXPECT_EQ(run(device).gatherIndices, rt::IndexSource::Memory);
  // Gathered and scattered by the same permutation: as it was.
  EXPECT_EQ(readAll<int32_t>(device, "out", kBytes / 4), ramp(kBytes / 4));
}

TEST(Traffic, WithoutTensorDataIndicesAreDrawnAndALoadIsNamed) { // T2
  KernelBuilder k, body;
  int gather = k.descriptor(rt::DmaShape{{256, 1, 1, 1, 8}, {1, 0, 0, 0, 256}, {1, 0, 0, 0, 256}});
  body.set(2, rt::hbmAddress(0, 0));
  body.add(Opcode::DmaGather, {gather, r(2), 4096, 0, 0, 0, 0, 0, 0, int64_t(rt::DType::I32)});
  onlyOn(k, 0, body);
  KernelBuilder loads = k;
  loads.add(Opcode::SeqLoad, {7, 0, int64_t(rt::DType::I32)});
  ProgramBuilder p = inAndOut("unit");
  p.kernel(k).kernel(loads).launch(0);
  sim::SimDevice device(rt::loadChip("unit"));
  device.load(p.program, rt::Mode::Cycles);
  rt::RunResult result = run(device, rt::Mode::Cycles);
  EXPECT_EQ(result.gatherIndices, rt::IndexSource::Drawn);
  EXPECT_EQ(rt::name(result.gatherIndices), "drawn");
  p.launch(1);
  device.load(p.program, rt::Mode::Cycles);
  try {
    run(device, rt::Mode::Cycles);
    FAIL() << "it ran";
  } catch (const rt::Error &error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("instruction 5 `seq.load`"), std::string::npos) << text;
    EXPECT_NE(text.find("a load has no value where no tensor data is kept"), std::string::npos) << text;
  }
}

TEST(Traffic, BeyondAMemoryIsNamed) {
  KernelBuilder k;
  int tile = k.descriptor(KernelBuilder::dense(kBytes));
  KernelBuilder body;
  body.set(1, rt::hbmAddress(3, 0)).load(tile, r(1), 0);
  onlyOn(k, 0, body);
  ProgramBuilder p = inAndOut("unit");
  p.kernel(k).launch();
  sim::SimDevice device(rt::loadChip("unit"));
  device.load(p.program, rt::Mode::Both);
  try {
    run(device);
    FAIL() << "it ran";
  } catch (const rt::Error &error) {
    EXPECT_NE(std::string(error.what()).find("core0_dma_in, launch 0, kernel `k`, instruction 4 `dma.load`"),
              std::string::npos)
        << error.what();
  }
}
