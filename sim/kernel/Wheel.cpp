#include "sim/kernel/Wheel.h"

#include <bit>

namespace garam::sim {

bool Wheel::peek(Tick &tick) {
  constexpr size_t kWords = kSlots / 64;
  size_t start = size_t(base % kSlots), word = start / 64;
  uint64_t bits = occupied[word] & (~uint64_t(0) << (start % 64));
  // One word more than there are: the first one again for the slots below `start`.
  for (size_t step = 0; step <= kWords; ++step) {
    if (bits) {
      size_t slot = word * 64 + size_t(std::countr_zero(bits));
      tick = base + Tick((slot + kSlots - start) % kSlots);
      return true;
    }
    word = (word + 1) % kWords;
    bits = occupied[word];
  }
  if (far.empty())
    return false;
  tick = base = far.top().tick;
  pullFar();
  return true;
}

void Wheel::pullFar() {
  while (!far.empty() && far.top().tick - base < kSlots) {
    append(far.top().tick, far.top().message);
    far.pop();
  }
}

Wheel::Chunk *Wheel::newChunk() {
  if (!freeChunks) {
    constexpr size_t kSlab = 64;
    slabs.push_back(std::make_unique<Chunk[]>(kSlab));
    for (size_t i = 0; i < kSlab; ++i) {
      slabs.back()[i].next = freeChunks;
      freeChunks = &slabs.back()[i];
    }
  }
  Chunk *chunk = freeChunks;
  freeChunks = chunk->next;
  chunk->next = nullptr;
  chunk->count = 0;
  return chunk;
}

} // namespace garam::sim
