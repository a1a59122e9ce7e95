// Memory that nobody wrote: the run ends where it arrives, and says whence it came; what is computed and never used may
// be of it.
#include "Run.h"
#include "runtime/Error.h"

using namespace garam;
using namespace garam::test;
using rt::Opcode;
using Kind = rt::fb::SegmentKind;

namespace {

constexpr int64_t kRow = 64, kRows = 4, kBytes = kRow * kRows;
constexpr const char *kFrom = ", of graph.matmul query model.py:7";

int64_t at(int64_t segment) { return rt::hbmAddress(0, segment << 12); }

/// Segments in, state, work and out of four rows of f32, and kernels that come of one op.
class Program {
public:
  explicit Program(const std::string &chip) : builder(chip) {
    add("in", 1, Kind::Input);
    add("state", 2, Kind::State);
    add("work", 3, Kind::Workspace);
    add("out", 4, Kind::Output);
    auto location = std::make_unique<rt::fb::LocationT>();
    location->op = "graph.matmul", location->node = "query", location->source = "model.py:7";
    builder.program.locations.push_back(std::move(location));
  }

  void add(const std::string &name, int64_t segment, Kind kind) {
    builder.segment(name, at(segment), kBytes);
    builder.program.segments.back()->kind = kind;
    builder.program.segments.back()->shape = {kRows, kRow / 4};
  }
  /// A kernel for core 0; the others do nothing.
  Program &kernel(const KernelBuilder &body, const std::string &name = "k") {
    KernelBuilder whole;
    whole.descriptors = body.descriptors;
    onlyOn(whole, 0, body);
    builder.kernel(whole, name);
    auto entry = std::make_unique<rt::fb::DebugEntryT>();
    entry->count = uint32_t(whole.insns.size());
    builder.program.kernels.back()->debug.push_back(std::move(entry));
    return *this;
  }
  /// A launch that is given a segment.
  Program &launch(uint32_t kernel = 0, int segment = -1) {
    builder.launch(kernel, {0});
    builder.program.launches.back()->name = "layer";
    builder.program.launches.back()->parameters[0]->segment = segment;
    return *this;
  }
  Program &boundary(uint32_t launch, uint32_t segment) {
    auto entry = std::make_unique<rt::fb::BoundaryT>();
    entry->node = "keys", entry->segment = segment, entry->shape = {kRows, kRow / 4}, entry->launch = launch;
    builder.program.boundaries.push_back(std::move(entry));
    return *this;
  }

  ProgramBuilder builder;
};

class Checked {
public:
  explicit Checked(const Program &program)
      : device(rt::loadChip(program.builder.program.chip).withDies(program.builder.program.dies)) {
    device.load(program.builder.program, rt::Mode::Both, true);
    writeAll(device, "in", std::vector<float>(size_t(kBytes / 4), 1.0f));
  }
  /// What a run says; empty if it ends well.
  std::string run(rt::Mode mode = rt::Mode::Both, std::map<std::string, int64_t> values = {}) {
    rt::RunOptions options;
    options.mode = mode;
    options.values = std::move(values);
    try {
      device.run(options);
      return "";
    } catch (const rt::Error &error) {
      EXPECT_EQ(error.kind, rt::ErrorKind::Undefined);
      return error.what();
    }
  }

  sim::SimDevice device;
};

void expectIn(const std::string &text, const std::string &part) {
  EXPECT_NE(text.find(part), std::string::npos) << text << "\n  lacks " << part;
}

rt::Chain negation() {
  rt::Chain chain;
  chain.sources[0] = chain.dst = {rt::DType::F32, true};
  chain.steps = {{rt::StepOp::Neg}};
  return chain;
}

/// Loads so many rows of a segment, negates four, stores so many.
KernelBuilder negate(int64_t from, int64_t loaded, int64_t to, int64_t stored) {
  KernelBuilder k;
  const int load = k.descriptor(KernelBuilder::dense(loaded * kRow)), map = k.descriptor(negation()),
            store = k.descriptor(KernelBuilder::dense(stored * kRow));
  k.set(1, at(from)).set(2, at(to)).load(load, r(1), 0, {{}, {token(0)}});
  k.add(Opcode::VecMap, {map, kRows, kRow / 4, 0, kRow, 0, 0, 0, 0, 4096, kRow, 0, 0}, {{token(0)}, {token(1)}});
  k.store(store, 4096, r(2), {{token(1)}, {}});
  return k;
}

class Unwritten : public ::testing::TestWithParam<const char *> {
protected:
  Program program{GetParam()};
  std::string run() { return Checked(program).run(); }
};

INSTANTIATE_TEST_SUITE_P(Chips, Unwritten, ::testing::Values("unit", "atom"));

TEST_P(Unwritten, Workspace) {
  program.kernel(negate(3, kRows, 4, kRows)).launch();
  const std::string text = run();
  expectIn(text, "output `out`: byte 0 of 256, at 0x4000 of HBM 0, byte 0 of segment `out`; it comes of a byte that "
                 "nobody wrote, first read by launch 0, kernel `k`, instruction 5 `dma.load`");
  expectIn(text, std::string(kFrom) + ", at 0x3000 of HBM 0, byte 0 of segment `work`");
}

TEST_P(Unwritten, AnOutputThatIsNotStored) {
  program.kernel(negate(1, kRows, 4, kRows - 1)).launch();
  expectIn(run(), "output `out`: byte 192 of 256, at 0x40c0 of HBM 0, byte 192 of segment `out`; nobody wrote it");
}

TEST_P(Unwritten, PaddingMayBeComputed) {
  program.builder.program.segments[3]->shape = {kRows - 1, kRow / 4};
  program.kernel(negate(1, kRows - 1, 4, kRows - 1)).launch();
  EXPECT_EQ(run(), "");
}

TEST_P(Unwritten, PaddingThatIsStored) {
  program.kernel(negate(1, kRows - 1, 4, kRows)).launch();
  const std::string text = run();
  expectIn(text, "output `out`: byte 192 of 256");
  expectIn(text, std::string("first read by launch 0, kernel `k`, instruction 6 `vec.map`") + kFrom);
}

TEST_P(Unwritten, StatesAreWritten) {
  program.kernel(negate(2, kRows, 4, kRows)).launch();
  EXPECT_EQ(run(), "");
}

TEST_P(Unwritten, AStateOfWorkspace) {
  program.kernel(negate(3, kRows, 2, 1)).launch();
  program.kernel(negate(1, kRows, 4, kRows)).launch(1);
  expectIn(run(), "state `state`: byte 0 of 256");
}

TEST_P(Unwritten, AnInputThatNobodyGave) {
  program.kernel(negate(5, kRows, 4, kRows)).launch();
  program.add("other", 5, Kind::Input);
  Checked checked(program);
  expectIn(checked.run(), "byte 0 of segment `other`");
  writeAll(checked.device, "other", std::vector<float>(size_t(kBytes / 4), 1.0f));
  EXPECT_EQ(checked.run(), "");
}

TEST_P(Unwritten, AnOutputByAnotherName) {
  program.kernel(negate(1, kRows, 4, kRows)).launch();
  program.add("same", 1, Kind::Output); // an argument that is returned as it is
  program.add("twice", 4, Kind::Output);
  Checked checked(program);
  EXPECT_EQ(checked.run(), "");
  EXPECT_EQ(checked.run(), "") << "inputs stay given";
}

TEST_P(Unwritten, WhatTheRunBeforeLeft) {
  // The workspace is written only if asked for.
  KernelBuilder fill, whole;
  fill.set(1, at(1)).set(2, at(3));
  const int row = fill.descriptor(KernelBuilder::dense(kBytes));
  fill.load(row, r(1), 0, {{}, {token(0)}}).store(row, 0, r(2), {{token(0)}, {token(2)}});
  fill.add(Opcode::DmaInSync, {}, {{token(2)}, {}});
  KernelBuilder use = negate(3, kRows, 4, kRows);
  whole.descriptors = fill.descriptors;
  whole.add(Opcode::SeqParam, {10, 0}).add(Opcode::SeqSkip, {r(10), int64_t(fill.insns.size())});
  whole.insns.insert(whole.insns.end(), fill.insns.begin(), fill.insns.end());
  whole.waiters = fill.waiters;
  program.kernel(whole, "fill").kernel(use, "use").launch(0).launch(1);
  auto value = std::make_unique<rt::fb::RuntimeValueT>();
  value->name = "fills", value->low = 0, value->high = 1;
  program.builder.program.values.push_back(std::move(value));
  program.builder.program.launches[0]->parameters[0]->value = "fills";
  Checked checked(program);
  EXPECT_EQ(checked.run(rt::Mode::Both, {{"fills", 1}}), "");
  expectIn(checked.run(rt::Mode::Both, {{"fills", 0}}), "byte 0 of segment `work`");
  EXPECT_EQ(checked.run(rt::Mode::Both, {{"fills", 1}}), "");
}

TEST_P(Unwritten, WhatTheLaunchBeforeLeftInL1) {
  KernelBuilder store;
  store.set(2, at(4)).store(store.descriptor(KernelBuilder::dense(kBytes)), 4096, r(2));
  program.kernel(negate(1, kRows, 4, kRows), "first").kernel(store, "second").launch(0).launch(1);
  expectIn(run(), "first read by launch 1, kernel `second`, instruction 4 `dma.store`");
}

TEST_P(Unwritten, WhatAnotherTensorLeftInItsPlace) {
  program.add("later", 3, Kind::Workspace);
  program.kernel(negate(1, kRows, 3, kRows), "first").kernel(negate(3, kRows, 4, kRows), "second");
  program.launch(0, 2).launch(1, 2);
  EXPECT_EQ(run(), "");
  program.builder.program.launches[1]->parameters[0]->segment = 4; // the second is given the other tensor
  expectIn(run(), "first read by launch 1, kernel `second`, instruction 5 `dma.load`");
}

TEST_P(Unwritten, ABoundaryTensor) {
  program.kernel(negate(3, kRows, 3, kRows), "first").kernel(negate(1, kRows, 4, kRows), "second");
  program.launch(0).launch(1);
  EXPECT_EQ(run(), "") << "nothing of it is used";
  program.boundary(0, 2);
  const std::string text = run();
  expectIn(text, "launch 0 `layer`, kernel `first`, tensor `keys`: byte 0 of 256, at 0x3000 of HBM 0");
  expectIn(text, "first read by launch 0, kernel `first`, instruction 5 `dma.load`");
}

TEST_P(Unwritten, AnIndex) {
  KernelBuilder k;
  const int list = k.descriptor(KernelBuilder::dense(16));
  const int rows = k.descriptor(rt::DmaShape{{kRow, 1, 1, 1, kRows}, {1, 0, 0, 0, kRow}, {1, 0, 0, 0, kRow}});
  k.set(1, at(3)).set(2, at(1)).load(list, r(1), 64, {{}, {token(0)}});
  k.add(Opcode::DmaGather, {rows, r(2), 4096, 0, 0, 0, 0, 0, 64, int64_t(rt::DType::I32)}, {{token(0)}, {}});
  program.kernel(k).launch();
  const std::string text = run();
  expectIn(text, std::string("core0_dma_in, launch 0, kernel `k`, instruction 6 `dma.gather`") + kFrom);
  expectIn(text, "byte 0x40 of L1; it comes of a byte that nobody wrote, first read by launch 0, kernel `k`, "
                 "instruction 5 `dma.load`");
}

TEST_P(Unwritten, ACount) {
  KernelBuilder k;
  k.add(Opcode::SeqLoad, {1, 128, int64_t(rt::DType::I64)});
  program.kernel(k).launch();
  expectIn(run(), std::string("core0_sequencer, launch 0, kernel `k`, instruction 3 `seq.load`") + kFrom +
                      ": unwritten memory: byte 0x80 of L1; nobody wrote it");
}

TEST_P(Unwritten, ChangesNoCycleAndNoByte) {
  program.kernel(negate(1, kRows, 4, kRows)).launch();
  Checked checked(program);
  sim::SimDevice plain(rt::loadChip(GetParam()).withDies(1));
  plain.load(program.builder.program, rt::Mode::Both);
  writeAll(plain, "in", std::vector<float>(size_t(kBytes / 4), 1.0f));
  EXPECT_EQ(test::run(checked.device).cycles, test::run(plain).cycles);
  EXPECT_EQ(readAll<float>(checked.device, "out", 64), readAll<float>(plain, "out", 64));
}

TEST_P(Unwritten, CyclesAloneAreNotChecked) {
  program.kernel(negate(3, kRows, 4, kRows)).launch();
  EXPECT_EQ(Checked(program).run(rt::Mode::Cycles), "");
  expectIn(Checked(program).run(rt::Mode::Values), "output `out`");
}

TEST(UnwrittenParts, EachDieHasItsOwn) {
  Program program("rebel100");
  program.builder.program.dies = 2;
  rt::Segment &out = *program.builder.program.segments[3];
  out.dies = 2;
  program.kernel(negate(1, kRows, 4, kRows)).launch();
  EXPECT_EQ(Checked(program).run(), "") << "the first copy is the one that is read";
  out.split = true, out.shape = {2 * kRows, kRow / 4};
  expectIn(Checked(program).run(), "output `out`: byte 0 of 256, at 0x4000 of HBM 1, byte 0 of segment `out`; nobody "
                                   "wrote it");
}

} // namespace
