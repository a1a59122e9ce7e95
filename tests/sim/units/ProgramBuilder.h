// Small programs, written instruction by instruction.
#pragma once

#include "runtime/isa/Address.h"
#include "runtime/program/Program.h"

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace garam::test {

/// A slot: an immediate, or a register.
struct Slot {
  int32_t value;
  bool reg = false;
  Slot(int64_t value) : value(int32_t(value)) {}
  Slot(int64_t number, bool reg) : value(int32_t(number)), reg(reg) {}
};
inline Slot r(int number) { return {number, true}; }

/// Waits and signals of an instruction.
struct Sync {
  std::vector<rt::Token> waits, signals;
};
inline rt::Token token(int semaphore, int count = 1) { return {true, false, uint8_t(semaphore), uint8_t(count)}; }
inline rt::Token remote(int semaphore, int count = 1) { return {true, true, uint8_t(semaphore), uint8_t(count)}; }

class KernelBuilder {
public:
  std::vector<rt::Insn> insns;
  std::vector<rt::Descriptor> descriptors;
  std::vector<uint8_t> initialTokens = std::vector<uint8_t>(rt::kSemaphores),
                       waiters = std::vector<uint8_t>(rt::kSemaphores, 255);

  KernelBuilder &add(rt::Opcode opcode, std::vector<Slot> slots = {}, const Sync &sync = {}) {
    rt::Insn insn;
    insn.opcode = opcode;
    for (size_t i = 0; i < slots.size(); ++i) {
      insn.slots[i] = slots[i].value;
      insn.regs = uint16_t(insn.regs | (slots[i].reg ? 1 << i : 0));
    }
    for (size_t i = 0; i < sync.waits.size(); ++i) {
      insn.waits[i] = sync.waits[i];
      waiters[sync.waits[i].semaphore] = uint8_t(rt::info(insn).engine);
    }
    for (size_t i = 0; i < sync.signals.size(); ++i)
      insn.signals[i] = sync.signals[i];
    insns.push_back(insn);
    return *this;
  }
  /// Sets a register to a 64-bit value.
  KernelBuilder &set(int reg, int64_t value) {
    return add(rt::Opcode::SeqSet, {reg, int32_t(value), int32_t(value >> 32)});
  }
  int descriptor(const rt::Descriptor &entry) {
    descriptors.push_back(entry);
    return int(descriptors.size()) - 1;
  }
  static rt::DmaShape dense(int64_t bytes) { return {{bytes, 1, 1, 1, 1}, {1, 0, 0, 0, 0}, {1, 0, 0, 0, 0}}; }

  KernelBuilder &load(int desc, Slot src, int64_t dst, const Sync &sync = {}, int64_t targets = 0) {
    return add(rt::Opcode::DmaLoad, {desc, src, dst, 0, 0, 0, 0, 0, targets}, sync);
  }
  KernelBuilder &store(int desc, int64_t src, Slot dst, const Sync &sync = {}, int64_t peer = 0) {
    return add(rt::Opcode::DmaStore, {desc, src, dst, 0, 0, 0, 0, 0, peer}, sync);
  }
};

class ProgramBuilder {
public:
  rt::Program program;

  explicit ProgramBuilder(const std::string &chip = "unit", uint32_t dies = 1) {
    program.version = rt::kProgramVersion;
    program.chip = chip;
    program.dies = dies;
    program.model = "test";
  }
  ProgramBuilder &segment(const std::string &name, int64_t address, uint64_t bytes) {
    auto entry = std::make_unique<rt::Segment>();
    entry->name = name;
    entry->kind = rt::fb::SegmentKind::Workspace;
    entry->address = address;
    entry->bytes = bytes;
    program.segments.push_back(std::move(entry));
    return *this;
  }
  /// Adds seq.end and the kernel.
  ProgramBuilder &kernel(KernelBuilder builder, const std::string &name = "k") {
    builder.add(rt::Opcode::SeqEnd);
    auto entry = std::make_unique<rt::Kernel>();
    entry->name = name;
    for (const rt::Insn &insn : builder.insns) {
      rt::Word word = rt::encode(insn);
      entry->code.insert(entry->code.end(), word.begin(), word.end());
    }
    for (const rt::Descriptor &descriptor : builder.descriptors)
      entry->descriptors.push_back(std::make_unique<rt::fb::DescriptorT>(rt::toTable(descriptor)));
    entry->initial_tokens = builder.initialTokens;
    entry->waiters = builder.waiters;
    program.kernels.push_back(std::move(entry));
    return *this;
  }
  ProgramBuilder &launch(uint32_t kernel = 0, const std::vector<int64_t> &parameters = {}) {
    auto entry = std::make_unique<rt::fb::LaunchT>();
    entry->kernel = kernel;
    for (int64_t value : parameters) {
      entry->parameters.push_back(std::make_unique<rt::fb::ParameterT>());
      entry->parameters.back()->offset = value;
    }
    program.launches.push_back(std::move(entry));
    return *this;
  }
};

} // namespace garam::test
