// Damaged programs and chips: refused in one line, or they run to an end or an error within a bounded number of cycles.
#include "../../runtime/Mutants.h"
#include "Run.h"
#include "runtime/Error.h"

#include <fstream>
#include <sstream>

using namespace garam;
using namespace garam::test;
using rt::DType;
using rt::Opcode;

namespace {

constexpr int64_t kMostCycles = 50'000;

/// Every engine and every kind of transfer, loops, lists, barriers and run-time values.
rt::Program workout() {
  KernelBuilder k;
  rt::Chain chain;
  chain.sources[0] = {DType::F32, true, false};
  chain.sources[1] = {DType::BF16, true, true};
  chain.dst = {DType::BF16, true, false};
  chain.steps = {{rt::StepOp::Mul, rt::StepArg::S1}, {rt::StepOp::Exp}, {rt::StepOp::Add, rt::StepArg::Const0}};
  chain.constants = {0.5f};
  chain.reduction = rt::Reduction::Max;
  int tile = k.descriptor(KernelBuilder::dense(1024)), map = k.descriptor(chain);
  int rows = k.descriptor(rt::DmaShape{{64, 4, 1, 1, 4}, {1, 64, 0, 0, 256}, {1, 64, 0, 0, 256}});
  k.add(Opcode::SeqParam, {1, 0}).add(Opcode::SeqParam, {2, 1}).add(Opcode::SeqParam, {3, 2}).add(Opcode::SeqCore, {5});
  k.add(Opcode::SeqMul, {6, r(5), 4096}).add(Opcode::SeqAdd, {2, r(2), r(6)});
  // Two slots: dma_in fills one while the engines read the other.
  k.add(Opcode::SeqLoop, {4, 0, r(3), 1, 9});
  k.add(Opcode::SeqAnd, {7, r(4), 1}).add(Opcode::SeqShl, {7, r(7), 12});
  k.load(tile, r(1), 0, {{token(9)}, {token(0), token(1)}}, 0);
  k.insns.back().slots[2] = 7, k.insns.back().regs |= 1 << 2;
  k.add(Opcode::Mma, {r(7), 64, r(7), 64, rt::kAccBase, 64, 8, 16, 16, 0, 0}, {{token(0)}, {token(2)}});
  k.add(Opcode::VecMap, {map, 8, 16, rt::kAccBase, 64, r(7), 2, 0, 0, 32768, 32, 36864, 0},
        {{token(2), token(3)}, {token(4), token(9)}});
  k.add(Opcode::VectorSync, {}, {{}, {token(5)}});
  k.store(rows, 32768, r(2), {{token(4), token(5)}, {token(3)}});
  k.add(Opcode::SeqEq, {8, r(4), 1000}).add(Opcode::SeqSkip, {r(8), 0});
  k.initialTokens[9] = 2, k.initialTokens[3] = 1;
  k.add(Opcode::VecTranspose, {8, 16, 0, 64, 40960, 32, 0}, {{token(1)}, {}});
  k.add(Opcode::VecScan, {8, 16, 0, 64, 45056, 64, 0})
      .add(Opcode::VecArgmax, {4, 64, 0, 256, 49152, 8, 144}, {{}, {token(6), token(7)}});
  k.add(Opcode::VecRotate, {4, 2, 8, 0, 64, 4096, 32, 8192, 32, 53248, 64, 0, 1});
  k.add(Opcode::SeqLoad, {9, 49152, int64_t(DType::I64)}, {{token(6)}, {}});
  k.add(Opcode::DmaGather, {rows, r(1), 16384, 0, 0, 0, 0, 0, 49152, int64_t(DType::I64)}, {{token(8)}, {}});
  k.add(Opcode::DmaOutSync, {r(5)}, {{token(7)}, {remote(8)}});
  k.add(Opcode::DmaScatter, {rows, 16384, r(2), 0, 0, 0, 0, 0, 49152, int64_t(DType::I64)});
  k.add(Opcode::SyncBarrier, {0}).add(Opcode::SyncBarrier, {1}).add(Opcode::MatrixSync).add(Opcode::DmaInSync);
  ProgramBuilder p;
  p.segment("in", rt::hbmAddress(rt::kAllDies, 0), 4096)
      .segment("out", rt::hbmAddress(0, 1 << 20), 65536)
      .kernel(k)
      .launch(0, {0, 0, 0})
      .launch(0, {0, 0, 2});
  auto value = std::make_unique<rt::fb::RuntimeValueT>();
  value->name = "trips", value->low = 0, value->high = 3;
  p.program.values.push_back(std::move(value));
  for (auto &launch : p.program.launches)
    launch->parameters[0]->segment = 0, launch->parameters[1]->segment = 1;
  p.program.launches[0]->parameters[2]->value = "trips";
  auto boundary = std::make_unique<rt::fb::BoundaryT>();
  boundary->node = "exp", boundary->segment = 1, boundary->shape = {8, 16};
  p.program.boundaries.push_back(std::move(boundary));
  p.program.locations.push_back(std::make_unique<rt::fb::LocationT>());
  auto debug = std::make_unique<rt::fb::DebugEntryT>();
  debug->count = 20;
  p.program.kernels[0]->debug.push_back(std::move(debug));
  return std::move(p.program);
}

/// An instruction with a field, flag or token changed, or exchanged for another.
void damageCode(rt::Kernel &kernel, Random &random) {
  std::vector<rt::Insn> insns = rt::decodeKernel(kernel);
  size_t a = random.below(insns.size()), b = random.below(insns.size());
  rt::Insn &insn = insns[a];
  switch (random.below(8)) {
  case 0:
    std::swap(insns[a], insns[b]);
    break;
  case 1:
    insns.erase(insns.begin() + std::ptrdiff_t(a));
    break;
  case 2:
    insns.insert(insns.begin() + std::ptrdiff_t(b), rt::Insn(insn));
    break;
  case 3:
    insn.regs = uint16_t(insn.regs ^ 1 << random.below(rt::kSlots));
    break;
  case 4:
    (random.chance(2) ? insn.waits : insn.signals)[random.below(2)] = {
        true, random.chance(4), uint8_t(random.below(64)), uint8_t(1 + random.below(63))};
    break;
  case 5:
    (random.chance(2) ? insn.waits : insn.signals)[random.below(2)] = {};
    break;
  default:
    insn.slots[random.below(rt::kSlots)] = int32_t(random.number());
  }
  kernel.code.clear();
  for (const rt::Insn &each : insns) {
    rt::Word word = rt::encode(each);
    kernel.code.insert(kernel.code.end(), word.begin(), word.end());
  }
}

void damageDescriptor(rt::fb::DescriptorT &descriptor, Random &random) {
  if (descriptor.dma) {
    auto &list = random.chance(3)   ? descriptor.dma->counts
                 : random.chance(2) ? descriptor.dma->src_strides
                                    : descriptor.dma->dst_strides;
    list[random.below(5)] = random.chance(2) ? int64_t(random.below(300)) : random.number();
    return;
  }
  rt::fb::ChainT &chain = *descriptor.chain;
  rt::fb::ChainOperandT &operand = random.chance(4) ? *chain.dst : *chain.sources[random.below(3)];
  switch (random.below(6)) {
  case 0:
    operand.type = uint8_t(random.below(11));
    break;
  case 1:
    operand.present = !operand.present;
    break;
  case 2:
    operand.per_row = !operand.per_row;
    break;
  case 3:
    chain.reduction = uint8_t(random.below(5)), chain.reduce_rows = random.chance(2);
    break;
  case 4:
    chain.step_ops.push_back(uint8_t(random.below(60))), chain.step_args.push_back(uint8_t(random.below(20)));
    break;
  default:
    chain.integer = !chain.integer;
  }
}

/// One field of the tables becomes another.
void damageTables(rt::Program &program, Random &random) {
  rt::Kernel &kernel = *program.kernels[0];
  rt::Segment &segment = *program.segments[random.below(2)];
  rt::fb::LaunchT &launch = *program.launches[random.below(2)];
  rt::fb::ParameterT &parameter = *launch.parameters[random.below(launch.parameters.size())];
  switch (random.below(14)) {
  case 0:
    kernel.initial_tokens[random.below(64)] = uint8_t(random.below(70));
    break;
  case 1:
    kernel.waiters[random.below(10)] = uint8_t(random.below(6));
    break;
  case 2:
    segment.address = random.number();
    break;
  case 3:
    segment.bytes = uint64_t(random.number());
    break;
  case 4:
    parameter.segment = int32_t(random.below(5)) - 1;
    break;
  case 5:
    parameter.offset = random.number();
    break;
  case 6:
    program.values[0]->high = random.number();
    break;
  case 7:
    program.dies = uint32_t(random.number());
    break;
  case 8:
    program.boundaries[0]->offset = uint64_t(random.number());
    break;
  case 9:
    program.boundaries[0]->shape = {random.number(), random.number()};
    break;
  case 10:
    launch.kernel = uint32_t(random.number());
    break;
  case 11:
    kernel.debug[0]->first = uint32_t(random.number()), kernel.debug[0]->location = uint32_t(random.below(2));
    break;
  case 12:
    segment.data.assign(random.below(70000), 1);
    break;
  default:
    segment.weights.push_back(std::make_unique<rt::fb::WeightSourceT>());
    segment.weights[0]->shape = {random.number(), int64_t(random.below(9))};
    segment.weights[0]->dtype = uint8_t(random.below(10)), segment.weights[0]->offset = uint64_t(random.number());
  }
}

std::vector<uint8_t> mutant(const rt::Program &original, Random &random) {
  std::vector<uint8_t> bytes = rt::serialize(original);
  if (random.chance(4)) {
    bytes.resize(bytes.size() - rt::kSealBytes);
    damage(bytes, random);
    if (!random.chance(20))
      rt::seal(bytes);
    return bytes;
  }
  rt::Program program = rt::deserialize(bytes, "original");
  for (size_t edits = 1 + random.below(3); edits; --edits)
    switch (random.below(4)) {
    case 0:
      damageDescriptor(*program.kernels[0]->descriptors[random.below(3)], random);
      break;
    case 1:
      damageTables(program, random);
      break;
    default:
      try {
        damageCode(*program.kernels[0], random);
      } catch (const rt::Error &) { // no encoding: the bytes say what the words cannot
        std::vector<uint8_t> &code = program.kernels[0]->code;
        code[random.below(code.size())] ^= uint8_t(1 << random.below(8));
      }
    }
  return rt::serialize(program);
}

/// Runs it in every mode: an end, or an error of one line that is not our own mistake.
void runBounded(sim::SimDevice &device, const rt::Program &program, Random &random, int &ended) {
  auto mode = random.of(std::vector{rt::Mode::Both, rt::Mode::Cycles, rt::Mode::Values});
  try {
    device.load(program, mode);
    rt::RunOptions options;
    options.mode = mode;
    options.mostCycles = kMostCycles;
    if (!program.values.empty())
      options.values[program.values[0]->name] = program.values[0]->high;
    device.run(options);
    ++ended;
  } catch (const rt::Error &error) {
    std::string text = error.what();
    EXPECT_NE(error.kind, rt::ErrorKind::Internal) << text;
    EXPECT_TRUE(text.find(": ") != text.npos && text.find('\n') == text.npos) << text;
  }
}

} // namespace

TEST(ProgramMutants, TheOriginalRuns) {
  rt::Program program = rt::deserialize(rt::serialize(workout()), "original");
  for (rt::Mode mode : {rt::Mode::Both, rt::Mode::Values}) {
    sim::SimDevice device(rt::loadChip("unit"));
    device.load(program, mode);
    rt::RunOptions options;
    options.mode = mode;
    options.mostCycles = kMostCycles;
    options.values = {{"trips", 3}};
    EXPECT_GT(device.run(options).cycles, 50);
  }
}

TEST(ProgramMutants, AreRefusedOrRunToAnEnd) {
  Random random(21);
  rt::Program original = workout();
  int loaded = 0, ended = 0;
  for (int n = 0, all = mutants(2000, 30000); n < all; ++n) {
    SCOPED_TRACE(n);
    std::optional<rt::Program> program;
    try {
      program = rt::deserialize(mutant(original, random), "m.garam");
    } catch (const rt::Error &error) {
      expectRefusal(error);
    }
    if (program) {
      ++loaded;
      sim::SimDevice device(rt::loadChip("unit"));
      runBounded(device, *program, random, ended);
    }
    ASSERT_FALSE(HasFailure());
  }
  EXPECT_GT(loaded, 500) << "the mutants are all refused early";
  EXPECT_GT(ended, 50) << "the mutants all fail early";
}

TEST(ChipMutants, ThatLoadRunToAnEnd) {
  Random random(22);
  std::ifstream file(rt::chipFolder() + "/unit.toml");
  std::stringstream text;
  text << file.rdbuf();
  rt::Program program = rt::deserialize(rt::serialize(workout()), "original");
  int ended = 0;
  for (int n = 0, all = mutants(500, 5000); n < all; ++n) {
    SCOPED_TRACE(n);
    std::string mutated = text.str();
    damageLines(mutated, random);
    std::optional<rt::Chip> chip;
    try {
      chip = rt::parseChip(mutated, "m.toml");
    } catch (const rt::Error &error) {
      expectRefusal(error);
    }
    if (chip) {
      sim::SimDevice device(*chip);
      runBounded(device, program, random, ended);
    }
    ASSERT_FALSE(HasFailure()) << mutated;
  }
  EXPECT_GT(ended, 15);
}
