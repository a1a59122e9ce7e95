// The timing wheel: messages ordered by tick. Constant time for ticks within the wheel, a heap for those beyond.
#pragma once

#include "sim/kernel/Message.h"

#include <array>
#include <memory>
#include <queue>
#include <vector>

namespace garam::sim {

class Wheel {
public:
  static constexpr Tick kSlots = 2048;

  /// `tick` must be later than the last one taken.
  void post(Tick tick, const Message &message) {
    if (tick - base < kSlots)
      append(tick, message);
    else
      far.push({tick, nextSequence++, message});
  }

  /// The earliest tick that has messages; false if there is none.
  bool peek(Tick &tick);

  /// Calls `body(message)` for each message of `tick`, the one that peek gave. Messages posted meanwhile are for later
  /// ticks.
  template <class F> void drain(Tick tick, F &&body) {
    Chunk *chunk = heads[tick % kSlots];
    heads[tick % kSlots] = tails[tick % kSlots] = nullptr;
    occupied[size_t(tick % kSlots) / 64] &= ~(uint64_t(1) << (tick % 64));
    base = tick + 1;
    pullFar();
    while (chunk) {
      for (int i = 0; i < chunk->count; ++i)
        body(chunk->messages[size_t(i)]);
      Chunk *next = chunk->next;
      chunk->next = freeChunks;
      freeChunks = chunk;
      chunk = next;
    }
  }

private:
  struct Chunk {
    std::array<Message, 14> messages;
    Chunk *next;
    int count;
  };
  struct Far {
    Tick tick;
    uint64_t sequence;
    Message message;
    bool operator<(const Far &other) const {
      return tick != other.tick ? tick > other.tick : sequence > other.sequence;
    }
  };

  void append(Tick tick, const Message &message) {
    size_t slot = size_t(tick % kSlots);
    Chunk *chunk = tails[slot];
    if (!chunk || chunk->count == int(chunk->messages.size())) {
      Chunk *fresh = newChunk();
      (chunk ? chunk->next : heads[slot]) = fresh;
      tails[slot] = chunk = fresh;
      occupied[slot / 64] |= uint64_t(1) << (slot % 64);
    }
    chunk->messages[size_t(chunk->count++)] = message;
  }
  Chunk *newChunk();
  void pullFar();

  Tick base = 0; ///< no message is earlier
  std::array<Chunk *, kSlots> heads{}, tails{};
  std::array<uint64_t, kSlots / 64> occupied{};
  Chunk *freeChunks = nullptr;
  std::vector<std::unique_ptr<Chunk[]>> slabs;
  std::priority_queue<Far> far;
  uint64_t nextSequence = 0;
};

} // namespace garam::sim
