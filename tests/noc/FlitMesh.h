// One network of a mesh of input-queued routers, flit by flit and cycle by cycle: a second model of rules N1 to N6 of
// docs/hardware/machine.md, which says only what a packet does as a whole. It knows nothing of the simulator.
//
// In each cycle an output that no packet holds is given to one of the inputs whose first flit is a head that goes
// there, round robin, if the receiver has room; an output that is held passes the next flit of its packet, the tail
// ends the hold. A flit is in the next buffer `hopCycles` later; the room that a flit leaves can be used from the next
// cycle on. What room a packet needs is the one thing in which routers differ:
#pragma once

#include "tests/noc/Traffic.h"

#include <array>
#include <deque>

namespace garam::noc {

enum class Room : uint8_t {
  Slots,    ///< as specified: a free slot for a whole packet, one packet in each, whatever its size
  Packet,   ///< the slots' flits as one buffer, shared: room for all flits of the packet (virtual cut-through)
  Wormhole, ///< the same buffer: room for a flit, flit by flit
};

class FlitMesh {
public:
  FlitMesh(const Shape &shape, Room room);

  /// In order of cycles at each queue; `id` comes back in `arrivals`.
  void offer(int id, const Offer &offer);
  /// Cycles must follow one another.
  void tick(int64_t cycle);
  bool empty() const { return inside == 0; }

  struct Arrival {
    int id;
    int64_t tail; ///< cycle of its last flit at its node
  };
  std::vector<Arrival> arrivals;

private:
  struct Packet {
    int id, to, flits;
    int64_t cycle;
  };
  struct Flit {
    int packet;
    bool head, tail;
    int64_t there; ///< in the buffer from this cycle on
  };
  struct Input {
    std::deque<Flit> buffer;
    std::deque<int> source; ///< of a node's queue: packets that are to come, sent flit by flit
    int sourceSent = 0;
    int upRouter = -1, upOutput = -1; ///< what feeds it; -1: a node
    bool granted = false;             ///< its first packet has an output
  };
  struct Output {
    int nextRouter = -1, nextInput = -1; ///< -1: to the node
    int input = -1;                      ///< that holds it
    size_t first = 0;                    ///< input that is asked first
    int room = 0;                        ///< at the receiver: slots or flits
    int returning = 0;                   ///< room that is free from the next cycle on
  };
  struct Router {
    std::vector<Input> inputs;
    std::vector<Output> outputs; ///< to the neighbours in the order of the inputs, then to the node
    std::array<int, 4> side{-1, -1, -1, -1};
    int flits = 0, waiting = 0; ///< in its buffers; packets in its node's queues
  };

  void emit(Input &input, Router &router, int64_t cycle);
  void allocate(int router, Output &output, int64_t cycle);
  void pass(int router, Output &output, int64_t cycle);
  int wayOf(int router, int to) const;

  const Shape shape;
  const Room room;
  std::vector<Router> routers;
  std::vector<Packet> packets;
  int64_t inside = 0; ///< packets offered that have not arrived
};

} // namespace garam::noc
