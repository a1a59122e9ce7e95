// The container: what is written is read back; what is truncated, flipped or inconsistent is refused, never a crash.
#include "runtime/Error.h"
#include "runtime/program/ChipKeys.h"

#include <gtest/gtest.h>

using namespace garam::rt;

static Program sample() {
  Program program;
  program.version = kProgramVersion;
  program.model = "sample";
  auto kernel = std::make_unique<Kernel>();
  kernel->name = "layer";
  kernel->initial_tokens.assign(kSemaphores, 0);
  kernel->waiters.assign(kSemaphores, 255);
  kernel->waiters[3] = uint8_t(Engine::Matrix);
  Chain chain;
  chain.sources[0] = {DType::BF16, true, false};
  chain.dst = {DType::F32, true, false};
  chain.steps = {{StepOp::Mul, StepArg::Const0}, {StepOp::Exp}};
  chain.constants = {0.5f};
  DmaShape shape;
  shape.counts = {128, 4, 1, 1, 1};
  shape.srcStrides = {1, 256, 0, 0, 0};
  shape.dstStrides = {1, 128, 0, 0, 0};
  for (const Descriptor &descriptor : {Descriptor(shape), Descriptor(chain)})
    kernel->descriptors.push_back(std::make_unique<fb::DescriptorT>(toTable(descriptor)));
  for (std::string_view text :
       {"seq.param rd=1 index=0", "seq.loop iv=4 lower=0 upper=3 step=1 length=2",
        "dma.load desc=0 src=r1 dst=0 c0=0 c1=0 c2=0 c3=0 c4=0 targets=0 signal=3", "matrix.sync wait=3", "seq.end"}) {
    Word word = encode(parse(text));
    kernel->code.insert(kernel->code.end(), word.begin(), word.end());
  }
  program.kernels.push_back(std::move(kernel));
  auto segment = std::make_unique<Segment>();
  segment->name = "x";
  segment->bytes = 1024;
  segment->shape = {4, 64};
  program.segments.push_back(std::move(segment));
  auto launch = std::make_unique<fb::LaunchT>();
  launch->name = "layer";
  launch->parameters.push_back(std::make_unique<fb::ParameterT>());
  launch->parameters[0]->segment = 0;
  program.launches.push_back(std::move(launch));
  return program;
}

TEST(Program, RoundTripsToTheSameBytes) {
  std::vector<uint8_t> bytes = serialize(sample());
  EXPECT_EQ(serialize(deserialize(bytes, "sample.garam")), bytes);
}

TEST(Program, DescriptorsRoundTrip) {
  Program program = deserialize(serialize(sample()), "sample.garam");
  for (const auto &table : program.kernels[0]->descriptors)
    EXPECT_EQ(fromTable(toTable(fromTable(*table))), fromTable(*table));
}

TEST(Program, TruncationIsRefused) {
  std::vector<uint8_t> bytes = serialize(sample());
  for (size_t size = 0; size < bytes.size(); ++size)
    EXPECT_THROW(deserialize(std::span(bytes.data(), size), "sample.garam"), Error) << size;
}

TEST(Program, OtherVersionIsNamed) {
  Program program = sample();
  program.version = 99;
  try {
    deserialize(serialize(program), "sample.garam");
    FAIL();
  } catch (const Error &error) {
    EXPECT_STREQ(error.what(), "sample.garam: has version 99; allowed: 3");
  }
}

TEST(Program, AFlippedBitIsRefused) {
  std::vector<uint8_t> bytes = serialize(sample());
  for (size_t bit = 0; bit < bytes.size() * 8; bit += 5) {
    std::vector<uint8_t> flipped = bytes;
    flipped[bit / 8] ^= uint8_t(1 << bit % 8);
    EXPECT_THROW(deserialize(flipped, "flipped.garam"), Error) << bit;
  }
}

static void expectRefused(const Program &program, std::string_view message) {
  try {
    deserialize(serialize(program), "p");
    FAIL() << "accepted; expected " << message;
  } catch (const Error &error) {
    EXPECT_NE(std::string_view(error.what()).find(message), std::string_view::npos) << error.what();
  }
}

TEST(Program, InconsistenciesAreNamed) {
  Program program = sample();
  program.kernels[0]->waiters[3] = uint8_t(Engine::Vector);
  expectRefused(program, "waits on semaphore 3 of another engine");
  program = sample();
  program.kernels[0]->descriptors.resize(0);
  expectRefused(program, "names descriptor 0");
  program = sample();
  program.kernels[0]->code[64 + 12 + 16] = 200;
  expectRefused(program, "has a body that leaves the one around it");
  program = sample();
  program.launches[0]->kernel = 7;
  expectRefused(program, "launches a kernel that is not there");
  program = sample();
  program.launches[0]->parameters[0]->segment = -1;
  program.launches[0]->parameters[0]->value = "pos";
  expectRefused(program, "names a run-time value that is not declared");
}

TEST(Program, WeightFilesAreChecked) {
  auto of = [](std::vector<std::string> files, std::vector<uint32_t> numbers) {
    Program program = sample();
    program.weight_files = std::move(files);
    auto segment = std::make_unique<Segment>();
    segment->name = "weights", segment->kind = fb::SegmentKind::Weight, segment->bytes = 64;
    for (uint32_t number : numbers) {
      segment->weights.push_back(std::make_unique<fb::WeightSourceT>());
      fb::WeightSourceT &weight = *segment->weights.back();
      weight.tensor = fmt::format("w{}", number), weight.file = number, weight.shape = {4};
      weight.dtype = weight.to_dtype = uint8_t(DType::F32);
    }
    program.segments.push_back(std::move(segment));
    return program;
  };
  Program read = deserialize(serialize(of({"a", "b", "c"}, {2, 0, 2})), "p"); // one file that no weight names
  EXPECT_EQ(read.weight_files, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(read.segments[1]->weights[0]->file, 2u);
  EXPECT_NO_THROW(deserialize(serialize(of({}, {0})), "p")); // compiled without weights
  expectRefused(of({}, {1}), "`w1` is in weight file 1, which is not there");
  expectRefused(of({"a", "b"}, {0, 2}), "`w2` is in weight file 2, which is not there");
  expectRefused(of({"a", "b"}, {UINT32_MAX}), "is in weight file 4294967295, which is not there");
  expectRefused(of({"a", "b", "a"}, {0}), "`a` is a weight file twice");
  expectRefused(of({"a", ""}, {0}), "`` is no name of a weight file");
}

TEST(Program, OutputsAndRangesAreChecked) {
  auto named = [](std::vector<std::pair<std::string, uint32_t>> outputs) {
    Program program = sample();
    auto ids = std::make_unique<Segment>();
    ids->name = "ids", ids->dtype = uint8_t(DType::I64), ids->bytes = 64, ids->shape = {8};
    ids->range = std::make_unique<fb::RangeT>();
    ids->range->low = 0, ids->range->high = 9;
    program.segments.push_back(std::move(ids));
    for (const auto &[name, segment] : outputs) {
      program.outputs.push_back(std::make_unique<fb::OutputT>());
      program.outputs.back()->name = name, program.outputs.back()->segment = segment;
    }
    return program;
  };
  // An input returned twice, once under its own name.
  Program read = deserialize(serialize(named({{"y", 0}, {"x", 0}, {"ids", 1}})), "p");
  EXPECT_EQ(read.outputs[1]->name, "x");
  EXPECT_EQ(read.outputs[2]->segment, 1u);
  EXPECT_EQ(read.segments[1]->range->high, 9);
  EXPECT_FALSE(read.segments[0]->range);
  EXPECT_EQ(segmentOf(read, fb::SegmentKind::Input, "ids"), 1u);
  EXPECT_THROW(segmentOf(read, fb::SegmentKind::Output, "ids"), Error);
  expectRefused(named({{"y", 2}}), "`y` is an output in a segment that is not there");
  expectRefused(named({{"y", 0}, {"y", 1}}), "`y` names two outputs");
  Program program = named({{"y", 0}});
  program.segments[0]->kind = fb::SegmentKind::Workspace;
  expectRefused(program, "is an output in workspace");
  program = named({});
  program.segments[1]->name = "x";
  expectRefused(program, "`x` names two inputs or two states");
  program.segments[1]->kind = fb::SegmentKind::State, program.segments[1]->range.reset();
  EXPECT_NO_THROW(deserialize(serialize(program), "p")); // names of inputs and states are apart
  program = named({});
  program.segments[1]->range->low = 10;
  expectRefused(program, "has an empty range");
  program = named({});
  program.segments[1]->dtype = uint8_t(DType::F32);
  expectRefused(program, "has a range and is no input of i32 or i64");
}

TEST(Program, TheChipMustBeTheOneCompiledFor) {
  const Chip atom = loadChip("atom");
  Program program = sample();
  program.chip = "atom", program.dies = 1, program.chip_keys = chipKeys(atom);
  EXPECT_EQ(deserialize(serialize(program), "p").chip_keys.size(), program.chip_keys.size());
  EXPECT_NO_THROW(checkChip(program, atom, "p"));
  auto said = [&](const Chip &chip) -> std::string {
    try {
      checkChip(program, chip, "p");
    } catch (const Error &error) {
      return error.what();
    }
    return "";
  };
  // Every key of every table that shapes programs, one at a time; of the others, none.
  Chip other = atom;
  size_t keys = 0;
  other.eachTable([&](const char *table, auto &params) {
    params.each([&](const char *key, auto &member, auto &&...) {
      auto before = member;
      if constexpr (std::is_same_v<decltype(before), std::string>)
        member += "x";
      else if constexpr (std::is_same_v<decltype(before), std::vector<std::string>>)
        member.push_back("x");
      else
        member += 1;
      if (std::string(table) == "topology" && std::string(key) == "dies") {
        EXPECT_EQ(said(other), ""); // the program uses the first only
      } else if (shapesPrograms(table)) {
        EXPECT_NE(said(other).find(fmt::format("was compiled for another atom: {}.{} was ", table, key)), std::string::npos)
            << table << "." << key;
        ++keys;
      } else {
        EXPECT_EQ(said(other), "") << table << "." << key;
      }
      member = before;
    });
  });
  EXPECT_GT(keys, 50u);
  other.dram.timing.rp += 1, other.l1.banks += 1, other.l1.beatBytes += 1;
  EXPECT_NE(said(other).find(", and 2 more keys; compile it for this chip"), std::string::npos) << said(other);
  EXPECT_EQ(said(loadChip("unit")), "p: was compiled for atom, not unit; compile it for this chip");
  program.dies = 2;
  EXPECT_EQ(said(atom), "p: was compiled for 2 dies of atom, which has 1; compile it for this chip");
  program.dies = 1, program.chip_keys.clear(); // written by hand
  EXPECT_EQ(said(other), "");
  program.chip_keys = chipKeys(atom);
  std::swap(program.chip_keys[0], program.chip_keys[1]);
  expectRefused(program, "is a key of the chip out of order");
}

TEST(Program, PartsOnSeveralDiesAreChecked) {
  auto parts = [] {
    Program program = sample();
    program.dies = 4;
    program.segments[0]->dies = 4, program.segments[0]->split = true;
    auto boundary = std::make_unique<fb::BoundaryT>();
    boundary->node = "y", boundary->dtype = uint8_t(DType::F32), boundary->shape = {16, 64}, boundary->split = 0;
    program.boundaries.push_back(std::move(boundary));
    return program;
  };
  Program read = deserialize(serialize(parts()), "p");
  EXPECT_EQ(read.segments[0]->dies, 4u);
  EXPECT_TRUE(read.segments[0]->split);
  EXPECT_EQ(read.boundaries[0]->split, 0);
  EXPECT_EQ(deserialize(serialize(sample()), "p").segments[0]->dies, 1u);
  Program program = parts();
  program.dies = 3;
  expectRefused(program, "is on dies that the program does not have");
  program = parts();
  program.segments[0]->address = int64_t(1) << 48;
  expectRefused(program, "is on several dies and does not begin on the first");
  program = parts();
  program.segments[0]->shape = {6, 64};
  expectRefused(program, "is split and has no equal parts");
  program = parts();
  program.boundaries[0]->split = 2;
  expectRefused(program, "is split in a dimension that it does not have");
  program = parts();
  program.boundaries[0]->shape = {20, 64}; // 1280 bytes on each die
  expectRefused(program, "does not fit its segment");
}
