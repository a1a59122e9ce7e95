// What units say to each other: 16 bytes, delivered at a half cycle of the core clock.
//
// Even ticks are rising edges of the core clock (cores, mesh), odd ticks lie between two of them: there the units that
// are clocked on the falling edge (L1, semaphores, barriers) and the memory controllers act.
#pragma once

#include <cstdint>

namespace garam::sim {

using Tick = int64_t;

constexpr Tick risingTick(int64_t cycle) { return cycle * 2; }
constexpr Tick fallingTick(int64_t cycle) { return cycle * 2 + 1; }
constexpr int64_t cycleOf(Tick tick) { return tick >> 1; }

struct Message {
  uint32_t unit;    ///< receiver
  uint16_t port;    ///< of the receiver
  uint16_t lane;    ///< which of several like ports
  uint64_t payload; ///< a number or a pointer, as the port says

  template <class T> T *as() const { return reinterpret_cast<T *>(payload); }
};

template <class T> uint64_t payloadOf(T *object) { return reinterpret_cast<uint64_t>(object); }

} // namespace garam::sim
