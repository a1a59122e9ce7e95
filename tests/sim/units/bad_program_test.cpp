// Programs that rely on what nobody promises: the run ends and names cycle, unit, instruction, and the op that it came
// from.
#include "Run.h"
#include "runtime/Error.h"

using namespace garam;
using namespace garam::test;
using rt::Opcode;

namespace {

/// Every instruction of the kernel comes from one op.
ProgramBuilder programOf(const KernelBuilder &kernel, const std::vector<rt::Override> & = {}) {
  ProgramBuilder p;
  p.segment("a", rt::hbmAddress(0, 4096), 1024)
      .segment("b", rt::hbmAddress(0, 8192), 1024)
      .segment("s", rt::sharedAddress(0, 0), 1024);
  p.kernel(kernel).launch();
  auto location = std::make_unique<rt::fb::LocationT>();
  location->op = "graph.matmul", location->node = "query", location->source = "model.py:7";
  p.program.locations.push_back(std::move(location));
  auto entry = std::make_unique<rt::fb::DebugEntryT>();
  entry->count = uint32_t(kernel.insns.size());
  p.program.kernels[0]->debug.push_back(std::move(entry));
  return p;
}

/// What the run says, in a mode; the same in each.
std::string messageOf(const KernelBuilder &kernel,
                      std::vector<rt::Mode> modes = {rt::Mode::Both, rt::Mode::Cycles, rt::Mode::Values}) {
  std::string text;
  for (rt::Mode mode : modes) {
    sim::SimDevice device(rt::loadChip("unit"));
    device.load(programOf(kernel).program, mode);
    rt::RunOptions options;
    options.mode = mode;
    options.mostCycles = 100'000;
    try {
      device.run(options);
      return "ran";
    } catch (const rt::Error &error) {
      EXPECT_EQ(error.kind, rt::ErrorKind::Undefined) << error.what();
      if (mode == modes.front())
        text = error.what();
    }
  }
  return text;
}

constexpr const char *kFrom = ", of graph.matmul query model.py:7";

void expectIn(const std::string &text, const std::string &part) {
  EXPECT_NE(text.find(part), std::string::npos) << text << "\n  lacks " << part;
}

/// A transfer of so many bytes between L1 and an address.
std::string transfer(bool store, int64_t address, int64_t bytes) {
  KernelBuilder k;
  int desc = k.descriptor(KernelBuilder::dense(bytes));
  k.set(1, address);
  store ? k.store(desc, 0, r(1)) : k.load(desc, r(1), 0);
  return messageOf(k);
}

} // namespace

TEST(BadProgram, MemoryThatIsNotItsOwn) {
  EXPECT_EQ(transfer(false, rt::hbmAddress(0, 4096), 1024), "ran");
  std::string before = transfer(false, rt::hbmAddress(0, 4095), 8),
              after = transfer(true, rt::hbmAddress(0, 4096 + 1020), 8);
  expectIn(before, std::string("core0_dma_in, launch 0, kernel `k`, instruction 1 `dma.load`") + kFrom +
                       ": transfer: 8 bytes from 0xfff are not the program's; within its segments");
  expectIn(before, "cycle ");
  expectIn(after, "core0_dma_out, launch 0, kernel `k`, instruction 1 `dma.store`");
  expectIn(after, "8 bytes from 0x13fc are not the program's");
  EXPECT_EQ(transfer(true, rt::sharedAddress(0, 1016), 8), "ran");
  expectIn(transfer(true, rt::sharedAddress(0, 1017), 8), "are not the program's");
  expectIn(transfer(true, rt::hbmAddress(0, 3000), 8192),
           "are not the program's"); // over a whole segment and on both sides
}

TEST(BadProgram, MemoryThatIsNotThere) {
  expectIn(transfer(false, rt::hbmAddress(0, int64_t(1) << 40), 8), "end beyond the memory; it has 4294967296 bytes");
  expectIn(transfer(false, rt::l1Address(0, 2097152 - 4), 8), "end beyond the L1; it has 2097152 bytes");
  expectIn(transfer(false, rt::l1Address(77, 0), 8), "names no memory; the machine has 1 dies and 4 cores");
  KernelBuilder k;
  k.add(Opcode::Mma, {2097152 - 64, 64, 0, 64, rt::kAccBase, 64, 2, 16, 16, 0, 0});
  expectIn(messageOf(k), std::string("core0_matrix, launch 0, kernel `k`, instruction 0 `mma`") + kFrom);
}

TEST(BadProgram, ASemaphoreOverItsMaximum) {
  KernelBuilder k;
  k.add(Opcode::VectorSync, {}, {{}, {token(5, 40)}}).add(Opcode::VectorSync, {}, {{}, {token(5, 23)}});
  k.add(Opcode::MatrixSync, {}, {{token(5, 63)}, {}});
  EXPECT_EQ(messageOf(k), "ran") << "63 are allowed";
  k.insns.insert(k.insns.begin(), k.insns[0]);
  std::string text = messageOf(k);
  expectIn(
      text,
      "core0_matrix: semaphore 5 would hold 80 tokens, signalled by launch 0, kernel `k`, instruction 0 `vector.sync`");
  expectIn(text, kFrom);
  expectIn(text, "and launch 0, kernel `k`, instruction 1 `vector.sync`");
  expectIn(text, "; at most 63");
  expectIn(text, "cycle ");
}

TEST(BadProgram, ASemaphoreOfTheSequencerOverItsMaximum) {
  KernelBuilder k;
  k.add(Opcode::VectorSync, {}, {{}, {token(6, 40)}}).add(Opcode::VectorSync, {}, {{}, {token(6, 40)}});
  k.add(Opcode::SeqLoad, {1, 0, int64_t(rt::DType::I32)}, {{token(6, 63)}, {}});
  expectIn(messageOf(k), "core0_sequencer: semaphore 6 would hold 80 tokens");
}

TEST(BadProgram, ASignalThatNobodyWaitsFor) {
  KernelBuilder k;
  k.add(Opcode::VectorSync, {}, {{}, {token(9)}});
  expectIn(messageOf(k), "core0_semaphores: signal on semaphore 9, which no engine waits on, by launch 0, kernel `k`, "
                         "instruction 0 `vector.sync`");
}

TEST(BadProgram, ARegisterThatWasNotWritten) {
  KernelBuilder k;
  k.add(Opcode::SeqSet, {1, 0, 0}).add(Opcode::SeqAdd, {2, r(1), r(3)});
  expectIn(messageOf(k), std::string("cycle 3, core0_sequencer, launch 0, kernel `k`, instruction 1 `seq.add`") +
                             kFrom + ": register r3 is read before it is written");
  KernelBuilder issue;
  issue.load(issue.descriptor(KernelBuilder::dense(8)), r(7), 0);
  expectIn(messageOf(issue), "instruction 0 `dma.load`");
  expectIn(messageOf(issue), "register r7 is read before it is written");
}

TEST(BadProgram, NothingCanGoOn) {
  // Core 1 waits at a barrier for the others, they for a token that core 1 would give behind it.
  KernelBuilder k, one, rest;
  one.add(Opcode::SyncBarrier, {1}).add(Opcode::DmaOutSync, {0}, {{}, {remote(3)}});
  onlyOn(k, 1, one);
  rest.add(Opcode::MatrixSync, {}, {{token(3, 2)}, {token(4)}}).add(Opcode::SyncBarrier, {1}, {{token(4)}, {}});
  onlyOn(k, 0, rest);
  std::string text = messageOf(k);
  expectIn(text, "the machine cannot go on: ");
  expectIn(text, "barrier: 1 cores have arrived at the barrier of the program");
  expectIn(text, std::string("core0_matrix: launch 0, kernel `k`, instruction 8 `matrix.sync`") + kFrom +
                     " waits for semaphore 3 (0 of 2 tokens)");
  expectIn(text, std::string("core1_dma_out: launch 0, kernel `k`, instruction 3 `sync.barrier`") + kFrom +
                     " waits for the other cores");
  expectIn(text, "command_processor: 2 of 4 cores have ended launch 0");
}
