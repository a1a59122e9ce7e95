// The instruction set: words, fields, text. docs/hardware/isa.md is the page about it.
#pragma once

#include "runtime/isa/DType.h"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace garam::rt {

enum class Engine : uint8_t { Seq, DmaIn, DmaOut, Matrix, Vector };
inline constexpr int kEngines = 5; ///< the sequencer counts as one
std::string_view name(Engine engine);

enum class Opcode : uint8_t {
#define GARAM_ISA_OPCODES
#include "runtime/isa/Isa.inc"
#undef GARAM_ISA_OPCODES
};

enum class FieldKind : uint8_t { Dest, Imm, Enum, Desc, Value, Count, Stride, Local, Global };

struct FieldInfo {
  std::string_view name;
  FieldKind kind;
  bool reg; ///< may name a register
  std::string_view text;
};

struct InsnInfo {
  Opcode opcode;
  std::string_view mnemonic;
  Engine engine;
  std::string_view text;
  std::vector<FieldInfo> fields;
};

/// What an instruction from rows to rows writes: rows × columns, columns × rows, or one element for each row.
enum class RowsResult : uint8_t { Same, Transposed, Column };

inline constexpr int kSlots = 13;
inline constexpr int kRegisters = 64;
inline constexpr int kSemaphores = 64;
inline constexpr int kMaxTokens = 63;
inline constexpr int kLaunchParameters = 16;
inline constexpr int kLoopDepth = 8;
inline constexpr int kWordBytes = 64;

/// Local addresses from here on are accumulator memory.
inline constexpr int64_t kAccBase = 0x40000000;

using Word = std::array<uint8_t, kWordBytes>;
using SlotValues = std::array<int64_t, kSlots>;

/// A wait or a signal.
struct Token {
  bool valid = false;
  bool remote = false; ///< signals only: the semaphore of the core named by the instruction's `peer`
  uint8_t semaphore = 0;
  uint8_t count = 1; ///< 1 … 63
  bool operator==(const Token &) const = default;
};

/// A decoded instruction.
struct Insn {
  Opcode opcode = Opcode::SeqEnd;
  uint16_t regs = 0; ///< bit i: slot i names a register
  std::array<int32_t, kSlots> slots{};
  std::array<Token, 2> waits{};
  std::array<Token, 2> signals{};

  bool isReg(int slot) const { return regs >> slot & 1; }
  bool operator==(const Insn &) const = default;
};

const std::vector<InsnInfo> &instructions();
/// The record of an opcode; null if there is none.
const InsnInfo *find(Opcode opcode);
const InsnInfo *find(std::string_view mnemonic);
/// The record of a decoded instruction.
const InsnInfo &info(const Insn &insn);

/// Throws Error (Input) naming the bad field: ranges, bits that must be zero, registers where none may be.
void verify(const Insn &insn);
Word encode(const Insn &insn);
/// Throws Error (Input) if the word is no instruction. Exact inverse of encode.
Insn decode(std::span<const uint8_t, kWordBytes> word);

/// Assembler text, `mma a=r3 a_stride=128 … wait=3 wait=4:2 signal=5 signal=remote:6`; every field is printed.
std::string print(const Insn &insn);
Insn parse(std::string_view text);

/// Field values of an engine instruction, registers replaced by their contents. Fields keep the order of the record.
#define GARAM_ISA_VIEWS
#include "runtime/isa/Isa.inc"
#undef GARAM_ISA_VIEWS

} // namespace garam::rt
