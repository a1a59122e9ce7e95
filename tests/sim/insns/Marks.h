// Marks against an oracle that knows no instruction: bytes that nobody wrote are replaced, and what then comes out
// otherwise must be marked.
#pragma once

#include "Random.h"
#include "sim/insns/Insns.h"
#include "sim/insns/Shadow.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

namespace garam::sim::insns {

/// Results in pieces of an f32: those that are marked, and of these the ones that changed with what nobody wrote.
struct Coverage {
  int64_t all = 0, marked = 0, changed = 0;
};

/// Stretches of bytes of a memory become unwritten; with `whole`, of elements of four bytes.
inline void forget(Random &random, bool whole, std::vector<uint8_t> &marks) {
  const int64_t unit = whole ? 4 : 1, size = int64_t(marks.size()) / unit;
  for (int64_t n = size ? random.in(1, 4) : 0; n > 0; --n) {
    const int64_t from = random.in(0, size - 1), length = random.one(2) ? 4 / unit : random.in(1, 300);
    std::memset(marks.data() + from * unit, kUnwritten, size_t(std::min(length, size - from) * unit));
  }
}

/// Every unwritten byte becomes another: of NaN, of large numbers, of small ones, anything.
inline void replace(Random &random, int round, const std::vector<uint8_t> &marks, std::vector<uint8_t> &bytes) {
  static constexpr uint8_t kSame[] = {0xff, 0x4f, 0x00};
  for (size_t i = 0; i < bytes.size(); ++i)
    if (marks[i] == kUnwritten)
      bytes[i] = round < int(std::size(kSame)) ? kSame[round] : uint8_t(random.bits());
}

/// Fails where a byte of a result changes that is not marked.
inline Coverage expectMarked(Random &random, rt::Opcode opcode, const rt::SlotValues &values, const Machine &machine,
                             const rt::Chain *chain = nullptr, int64_t arrayRows = 64, bool whole = false) {
  Machine marks = machine, first = machine;
  std::ranges::fill(marks.l1, kWritten);
  std::ranges::fill(marks.acc, kWritten);
  forget(random, whole, marks.l1);
  forget(random, whole, marks.acc);
  const Memory memory = first.memory();
  Result shadow, before;
  execute(opcode, {marks.memory(), values, chain, arrayRows, Path::Shadow, &memory}, shadow);
  execute(opcode, {memory, values, chain, arrayRows}, before);
  std::vector<std::vector<bool>> changed;
  for (const Result::Write &write : before.writes())
    changed.emplace_back(size_t(write.rows * write.rowBytes));
  constexpr int kRounds = 6;
  for (int round = 0; round < kRounds; ++round) {
    Machine other = machine;
    replace(random, round, marks.l1, other.l1);
    replace(random, round, marks.acc, other.acc);
    Result after;
    execute(opcode, {other.memory(), values, chain, arrayRows}, after);
    for (size_t w = 0; w < changed.size(); ++w)
      for (size_t i = 0; i < changed[w].size(); ++i)
        changed[w][i] = changed[w][i] || after.data(w)[i] != before.data(w)[i];
  }
  Coverage coverage;
  EXPECT_EQ(shadow.writes().size(), before.writes().size());
  constexpr size_t kPiece = 4;
  for (size_t w = 0; w < changed.size() && !::testing::Test::HasFailure(); ++w)
    for (size_t i = 0; i < changed[w].size(); i += kPiece) {
      bool marked = false, differs = false;
      for (size_t b = i; b < std::min(i + kPiece, changed[w].size()); ++b) {
        EXPECT_FALSE(changed[w][b] && shadow.data(w)[b] == kWritten)
            << "byte " << b << " of result " << w << " changes, and is not marked";
        marked |= shadow.data(w)[b] != kWritten;
        differs |= changed[w][b];
      }
      coverage.all += 1, coverage.marked += marked, coverage.changed += differs;
    }
  return coverage;
}

} // namespace garam::sim::insns
