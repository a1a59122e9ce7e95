// A burst on its way, and what travels through the NoC: the request becomes the response.
#pragma once

#include "runtime/device/Device.h"
#include "sim/kernel/Stamps.h"
#include "sim/memory/Prefetch.h"

#include <cstdint>

namespace garam::sim {

enum class Net : uint8_t { Request, Response };

enum class PacketKind : uint8_t { ReadRequest, WriteRequest, Signal, ReadResponse, WriteAck, CopyAck };

enum class EndpointKind : uint8_t { Core, Memory, Shared, DieToDie };

struct Endpoint {
  EndpointKind kind = EndpointKind::Core;
  int16_t die = 0;
  int16_t index = 0; ///< among its kind on the die
};

/// What a stretch of a burst's life was spent on: a stall cause, or busy.
inline constexpr uint8_t kBusy = uint8_t(rt::kStalls);
static_assert(kBusy < 16, "a cause has four bits");

/// Of a packet, what comes before the stamps of a long way.
inline constexpr size_t kPrefetched = 128;

struct alignas(64) Packet {
  // What a router looks at, in one line of the host's cache.
  Packet *next;
  int64_t arrival; ///< of its head at the current router input
  uint16_t flits;  ///< header included
  uint16_t route;  ///< endpoint of this die that it goes to
  PacketKind kind;
  bool write;
  bool dataHere;     ///< the core that asked gets the data too
  int32_t bytes;     ///< of the burst
  Endpoint from, to; ///< the core that asked; where it goes now
  int64_t issued;
  int64_t local; ///< L1 offset at the core that asked

  int64_t offset;           ///< in the channel, the bank or the remote L1
  uint64_t owner;           ///< of the engine that asked: its burst's number
  uint64_t targets;         ///< multicast: the other cores of the die that get a copy
  uint8_t semaphore, count; ///< signals only

  Stamps stamps; ///< since `issued`

  Net net() const { return kind >= PacketKind::ReadResponse ? Net::Response : Net::Request; }
  /// The time since the last mark, up to `cycle`, was spent on `cause`.
  void mark(uint8_t cause, int64_t cycle) { stamps.mark(cause, uint32_t(cycle - issued)); }
  /// A request becomes its response: `dataFlits` go back after a read.
  void respond(int64_t dataFlits) {
    kind = write ? PacketKind::WriteAck : PacketKind::ReadResponse;
    flits = uint16_t(1 + (write || !dataHere ? 0 : dataFlits));
    to = from;
  }
  void mark(rt::Stall cause, int64_t cycle) { mark(uint8_t(cause), cycle); }
};
static_assert(sizeof(Packet) == 192);

} // namespace garam::sim
