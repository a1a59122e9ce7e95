// Records, verification, encoding. The bits are those of docs/hardware/isa.md.
#include "runtime/isa/Isa.h"

#include "runtime/Error.h"

#include <cstring>

namespace garam::rt {

std::string_view name(Engine engine) {
  switch (engine) {
  case Engine::Seq:
    return "seq";
  case Engine::DmaIn:
    return "dma_in";
  case Engine::DmaOut:
    return "dma_out";
  case Engine::Matrix:
    return "matrix";
  case Engine::Vector:
    return "vector";
  }
  return "?";
}

const std::vector<InsnInfo> &instructions() {
  static const std::vector<InsnInfo> table = {
#define GARAM_ISA_TABLE
#include "runtime/isa/Isa.inc"
#undef GARAM_ISA_TABLE
  };
  return table;
}

const InsnInfo *find(Opcode opcode) {
  static const std::array<const InsnInfo *, 256> byOpcode = [] {
    std::array<const InsnInfo *, 256> map{};
    for (const InsnInfo &record : instructions())
      map[size_t(record.opcode)] = &record;
    return map;
  }();
  return byOpcode[size_t(opcode)];
}

const InsnInfo *find(std::string_view mnemonic) {
  for (const InsnInfo &record : instructions())
    if (record.mnemonic == mnemonic)
      return &record;
  return nullptr;
}

const InsnInfo &info(const Insn &insn) {
  const InsnInfo *record = find(insn.opcode);
  if (!record)
    throw inputError("instruction", fmt::format("opcode {:#04x} is not assigned", int(insn.opcode)),
                     "allowed: those of the instruction manual");
  return *record;
}

static bool hasField(const InsnInfo &record, std::string_view field) {
  for (const FieldInfo &candidate : record.fields)
    if (candidate.name == field)
      return true;
  return false;
}

static void verifyToken(const InsnInfo &record, const Token &token, bool signal) {
  std::string_view what = signal ? "signal" : "wait";
  if (!token.valid) {
    if (!(token == Token{}))
      throw inputError(record.mnemonic, fmt::format("{} is unused but not zero", what), "allowed: 0");
    return;
  }
  if (token.semaphore >= kSemaphores)
    throw inputError(record.mnemonic, fmt::format("{} on semaphore {}", what, token.semaphore), "allowed: 0 to 63");
  if (token.count < 1 || token.count > kMaxTokens)
    throw inputError(record.mnemonic, fmt::format("{} of {} tokens", what, token.count), "allowed: 1 to 63");
  if (token.remote && (!signal || !hasField(record, "peer")))
    throw inputError(record.mnemonic, fmt::format("{} is remote", what),
                     "allowed: signals of instructions with a field `peer`");
}

static void verifySlot(const InsnInfo &record, const FieldInfo &field, int32_t slot, bool reg) {
  auto fail = [&](std::string_view what, std::string_view allowed) {
    throw inputError(record.mnemonic, fmt::format("field `{}` {}", field.name, what), allowed);
  };
  if (reg) {
    if (!field.reg)
      fail("names a register", "allowed: an immediate");
    if (slot < 0 || slot >= kRegisters)
      fail(fmt::format("names register {}", slot), "allowed: r0 to r63");
    return;
  }
  if (field.kind == FieldKind::Dest && (slot < 0 || slot >= kRegisters))
    fail(fmt::format("is {}", slot), "allowed: 0 to 63");
  bool isUnsigned = field.kind == FieldKind::Enum || field.kind == FieldKind::Desc || field.kind == FieldKind::Count ||
                    field.kind == FieldKind::Local || field.name == "length" || field.name == "index";
  if (isUnsigned && slot < 0)
    fail(fmt::format("is {}", slot), "allowed: zero or more");
  if (field.name == "index" && slot >= kLaunchParameters)
    fail(fmt::format("is {}", slot), "allowed: 0 to 15");
}

void verify(const Insn &insn) {
  const InsnInfo &record = info(insn);
  bool isScalar = record.engine == Engine::Seq && insn.opcode != Opcode::SeqLoad;
  for (int i = 0; i < 2; ++i) {
    verifyToken(record, insn.waits[i], false);
    verifyToken(record, insn.signals[i], true);
    if (isScalar && insn.waits[i].valid)
      throw inputError(record.mnemonic, "has a wait", "allowed: engine instructions and seq.load");
    if (record.engine == Engine::Seq && insn.signals[i].valid)
      throw inputError(record.mnemonic, "has a signal", "allowed: engine instructions");
  }
  // One text for each instruction: the first place is used first.
  for (const auto *tokens : {&insn.waits, &insn.signals})
    if (!(*tokens)[0].valid && (*tokens)[1].valid)
      throw inputError(record.mnemonic, "uses its second wait or signal but not its first",
                       "allowed: the first place first");
  if (insn.waits[0].valid && insn.waits[1].valid && insn.waits[0].semaphore == insn.waits[1].semaphore)
    throw inputError(record.mnemonic, "waits twice on one semaphore", "allowed: one wait with a count");
  for (int i = 0; i < kSlots; ++i) {
    if (i < int(record.fields.size()))
      verifySlot(record, record.fields[i], insn.slots[i], insn.isReg(i));
    else if (insn.slots[i] || insn.isReg(i))
      throw inputError(record.mnemonic, fmt::format("unused slot {} is not zero", i), "allowed: 0");
  }
  if (insn.regs >> kSlots)
    throw inputError(record.mnemonic, "register mask names slots beyond 12", "allowed: slots 0 to 12");
}

static uint16_t tokenBits(const Token &token) {
  if (!token.valid)
    return 0;
  return uint16_t(0x8000 | (token.remote ? 0x4000 : 0) | (token.count - 1) << 6 | token.semaphore);
}

static Token tokenFromBits(uint16_t bits, std::string_view what) {
  if (!(bits & 0x8000)) {
    if (bits)
      throw inputError("instruction", fmt::format("unused {} is not zero", what), "allowed: 0");
    return {};
  }
  if (bits & 0x3000)
    throw inputError("instruction", fmt::format("reserved bits of {} are not zero", what), "allowed: 0");
  return {true, bool(bits & 0x4000), uint8_t(bits & 63), uint8_t((bits >> 6 & 63) + 1)};
}

template <class T> static void put(Word &word, int at, T value) { std::memcpy(word.data() + at, &value, sizeof(T)); }
template <class T> static T get(std::span<const uint8_t, kWordBytes> word, int at) {
  T value;
  std::memcpy(&value, word.data() + at, sizeof(T));
  return value;
}

Word encode(const Insn &insn) {
  Word word{};
  word[0] = uint8_t(insn.opcode);
  put(word, 2, insn.regs);
  for (int i = 0; i < 2; ++i) {
    put(word, 4 + 2 * i, tokenBits(insn.waits[i]));
    put(word, 8 + 2 * i, tokenBits(insn.signals[i]));
  }
  for (int i = 0; i < kSlots; ++i)
    put(word, 12 + 4 * i, insn.slots[i]);
  return word;
}

Insn decode(std::span<const uint8_t, kWordBytes> word) {
  Insn insn;
  insn.opcode = Opcode(word[0]);
  info(insn);
  if (word[1])
    throw inputError("instruction", "byte 1 is not zero", "allowed: 0");
  insn.regs = get<uint16_t>(word, 2);
  for (int i = 0; i < 2; ++i) {
    insn.waits[i] = tokenFromBits(get<uint16_t>(word, 4 + 2 * i), "wait");
    insn.signals[i] = tokenFromBits(get<uint16_t>(word, 8 + 2 * i), "signal");
  }
  for (int i = 0; i < kSlots; ++i)
    insn.slots[i] = get<int32_t>(word, 12 + 4 * i);
  verify(insn);
  return insn;
}

} // namespace garam::rt
