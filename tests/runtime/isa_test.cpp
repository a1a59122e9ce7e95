// Instructions: encode and decode, print and parse are inverses; what is malformed is refused by name.
#include "runtime/Error.h"
#include "runtime/isa/Isa.h"

#include <gtest/gtest.h>

#include <random>

using namespace garam::rt;

/// A valid instruction with random fields.
static Insn randomInsn(std::mt19937_64 &random, const InsnInfo &record) {
  Insn insn;
  insn.opcode = record.opcode;
  bool peer = false;
  for (size_t i = 0; i < record.fields.size(); ++i) {
    const FieldInfo &field = record.fields[i];
    peer |= field.name == "peer";
    if (field.reg && random() % 2) {
      insn.regs |= uint16_t(1 << i);
      insn.slots[i] = int32_t(random() % kRegisters);
    } else if (field.kind == FieldKind::Dest || field.name == "index") {
      insn.slots[i] = int32_t(random() % 16);
    } else if (field.kind == FieldKind::Stride || field.kind == FieldKind::Value ||
               (field.kind == FieldKind::Imm && field.name != "length")) {
      insn.slots[i] = int32_t(random());
    } else {
      insn.slots[i] = int32_t(random() & 0x7fffffff);
    }
  }
  bool waits = record.engine != Engine::Seq || record.opcode == Opcode::SeqLoad;
  for (int i = 0; i < 2; ++i) {
    if (waits && (i == 0 || insn.waits[0].valid) && random() % 2)
      insn.waits[i] = {true, false, uint8_t(random() % 32 + 32 * i), uint8_t(1 + random() % 63)};
    if (record.engine != Engine::Seq && (i == 0 || insn.signals[0].valid) && random() % 2)
      insn.signals[i] = {true, peer && random() % 2, uint8_t(random() % 64), uint8_t(1 + random() % 63)};
  }
  return insn;
}

TEST(Isa, RoundTrips) {
  std::mt19937_64 random(1);
  for (int n = 0; n < 200; ++n)
    for (const InsnInfo &record : instructions()) {
      Insn insn = randomInsn(random, record);
      ASSERT_NO_THROW(verify(insn)) << record.mnemonic;
      EXPECT_EQ(decode(encode(insn)), insn);
      EXPECT_EQ(parse(print(insn)), insn) << print(insn);
    }
}

TEST(Isa, UnusedBitsAreChecked) {
  for (const InsnInfo &record : instructions()) {
    Insn insn;
    insn.opcode = record.opcode;
    Word word = encode(insn);
    word[1] = 1;
    EXPECT_THROW(decode(word), Error);
    for (size_t slot = record.fields.size(); slot < kSlots; ++slot) {
      word = encode(insn);
      word[12 + 4 * slot] = 1;
      EXPECT_THROW(decode(word), Error) << record.mnemonic << " slot " << slot;
    }
  }
}

TEST(Isa, ErrorsNameTheField) {
  auto message = [](std::string_view text) -> std::string {
    try {
      parse(text);
    } catch (const Error &error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_EQ(message("seq.sin rd=1"), "instruction: `seq.sin` is unknown; see the instruction manual for what there is");
  EXPECT_EQ(message("seq.core rd=64"), "seq.core: field `rd` is 64; allowed: 0 to 63");
  EXPECT_EQ(message("seq.core rd=r3"), "seq.core: field `rd` names a register; allowed: an immediate");
  EXPECT_EQ(message("seq.core"), "seq.core: field `rd` is missing; needed: rd");
  EXPECT_EQ(message("seq.core rd=1 wait=3"), "seq.core: has a wait; allowed: engine instructions and seq.load");
  EXPECT_EQ(message("vector.sync wait=1 wait=2 wait=3"), "vector.sync: a third `wait`; allowed: two");
  EXPECT_EQ(message("vector.sync signal=remote:1"),
            "vector.sync: signal is remote; allowed: signals of instructions with a field `peer`");
  EXPECT_EQ(message("seq.param rd=1 index=16"), "seq.param: field `index` is 16; allowed: 0 to 15");
}

TEST(Isa, ExamplesOfTheRecordParse) {
  for (std::string_view text :
       {"seq.end", "seq.load rd=6 address=1024 type=8 wait=3", "vector.sync wait=1",
        "mma a=0 a_stride=128 w=8192 w_stride=128 acc=1073741824 acc_stride=128 m=32 k=64 n=32 accumulate=0 types=34"})
    EXPECT_NO_THROW(parse(text)) << text;
}

/// A flipped bit either decodes to something that encodes back to the same bytes, or is refused; never a crash.
TEST(Isa, EveryBitFlipIsDecodedOrRefused) {
  std::mt19937_64 random(2);
  for (const InsnInfo &record : instructions()) {
    Word word = encode(randomInsn(random, record));
    for (int bit = 0; bit < kWordBytes * 8; ++bit) {
      Word flipped = word;
      flipped[bit / 8] ^= uint8_t(1 << bit % 8);
      try {
        EXPECT_EQ(encode(decode(flipped)), flipped);
      } catch (const Error &error) {
        EXPECT_EQ(error.kind, ErrorKind::Input);
      }
    }
  }
}
