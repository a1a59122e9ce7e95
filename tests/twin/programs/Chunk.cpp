#include "tests/twin/programs/Chunk.h"

namespace garam::twin {

int Chunk::registerFor(const Field &field, int64_t step) {
  using rt::Opcode;
  int reg = 8 + nextRegister++ % 40;
  add(Opcode::SeqSet, {{reg}, {int32_t(field.base)}, {int32_t(field.base >> 32)}});
  auto addTimes = [&](int by, int64_t factor) {
    if (!factor)
      return;
    if ((factor & (factor - 1)) == 0 && (factor > INT32_MAX || random() % 2))
      add(Opcode::SeqShl, {{kScratch}, Chunk::reg(by), {__builtin_ctzll(uint64_t(factor))}});
    else
      add(Opcode::SeqMul, {{kScratch}, Chunk::reg(by), {factor}});
    add(Opcode::SeqAdd, {{reg}, Chunk::reg(reg), Chunk::reg(kScratch)});
  };
  addTimes(kCore, field.perCore);
  addTimes(kTrip, field.perTrip / step);
  if (field.own)
    add(Opcode::SeqAdd, {{reg}, Chunk::reg(kOwn), Chunk::reg(reg)});
  return reg;
}

bool Chunk::addToken(std::array<rt::Token, 2> &tokens, const rt::Token &token) {
  for (rt::Token &place : tokens)
    if (!place.valid) {
      place = token;
      return true;
    }
  return false;
}

} // namespace garam::twin
