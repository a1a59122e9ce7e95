// Bursts and the packets they travel in.
#pragma once

#include "runtime/device/Device.h"

#include <compare>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

namespace garam::twin {

class DmaEngine;

/// A burst on its way (D2).
struct Burst {
  DmaEngine *engine;
  int core, die; ///< that asked
  int64_t src, dst, bytes;
  bool write;
  std::vector<int> copies; ///< other cores that receive it (D6)
  bool toAsker = true;     ///< the core that asked is a target, or there are no others
  int64_t sent = -1, pending = 1;
  bool complete = false;
  // C4: what the time since the last mark, up to a cycle, was spent on.
  struct Mark {
    uint8_t cause;
    int64_t end;
  };
  std::vector<Mark> marks;
  void mark(uint8_t cause, int64_t end) {
    if (end > (marks.empty() ? sent : marks.back().end))
      marks.push_back({cause, end});
  }
  uint8_t causeAt(int64_t cycle) const;
};
using BurstPtr = std::shared_ptr<Burst>;

/// What an engine did in a cycle: a stall, or one of these.
enum class Cause : uint8_t { Busy = 64, Idle };
inline constexpr uint8_t kBusy = uint8_t(Cause::Busy);

/// After the response, only the answers of copies are still to come.
inline uint8_t Burst::causeAt(int64_t cycle) const {
  for (const Mark &mark : marks)
    if (cycle < mark.end)
      return mark.cause;
  return copies.empty() ? kBusy : uint8_t(rt::Stall::Noc);
}

enum class Network : uint8_t { Request, Response };
enum class PacketKind : uint8_t { ReadRequest, Write, Signal, Data, Answer, Copy, CopyAnswer };

/// What stands at a router and takes packets (N5, N6). `index` counts in the die; of a lane, `neighbour` is the die it
/// leads to.
enum class EndpointKind : uint8_t { Core, Memory, Shared, Lane };
struct Endpoint {
  EndpointKind kind;
  int die, index, neighbour = 0;
  auto operator<=>(const Endpoint &) const = default;
};
/// Queues of a core at its router, in the order of N5.
enum class CoreInput : uint8_t { DmaIn, DmaOut, Signals, L1 };

struct Packet {
  PacketKind kind;
  Network network;
  Endpoint to;
  int64_t flits;
  BurstPtr burst;                     ///< none for signals
  rt::Token token{};                  ///< of signals
  uint32_t launch = 0;                ///< of signals
  int64_t l1Offset = -1, l1Bytes = 0; ///< data for an L1 (A5)
  Endpoint exit{};                    ///< where it leaves the mesh that it is in (N8)
};
using PacketPtr = std::shared_ptr<Packet>;

} // namespace garam::twin
