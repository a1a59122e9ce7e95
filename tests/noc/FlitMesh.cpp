#include "tests/noc/FlitMesh.h"

namespace garam::noc {
namespace {

constexpr int kAside[4][2] = {{1, 0}, {-1, 0}, {0, 1}, {0, -1}}; // N5

} // namespace

FlitMesh::FlitMesh(const Shape &shape, Room room) : shape(shape), room(room), routers(size_t(shape.nodes())) {
  auto beside = [&](int router, int side) {
    const int x = router % shape.columns + kAside[side][0], y = router / shape.columns + kAside[side][1];
    return x < 0 || x >= shape.columns || y < 0 || y >= shape.rows ? -1 : y * shape.columns + x;
  };
  for (int r = 0; r < shape.nodes(); ++r) {
    Router &router = routers[size_t(r)];
    for (int side = 0; side < 4; ++side)
      if (beside(r, side) >= 0) {
        router.side[size_t(side)] = int(router.inputs.size());
        router.inputs.emplace_back();
        router.outputs.emplace_back();
      }
    router.inputs.resize(router.inputs.size() + kQueues);
    router.outputs.emplace_back();
  }
  for (int r = 0; r < shape.nodes(); ++r)
    for (int side = 0; side < 4; ++side) {
      const int next = beside(r, side), own = routers[size_t(r)].side[size_t(side)];
      if (next < 0)
        continue;
      Output &output = routers[size_t(r)].outputs[size_t(own)];
      output.nextRouter = next;
      output.nextInput = routers[size_t(next)].side[size_t(side ^ 1)];
      output.room = shape.packetSlots * (room == Room::Slots ? 1 : shape.dataFlits);
      Input &input = routers[size_t(next)].inputs[size_t(output.nextInput)];
      input.upRouter = r;
      input.upOutput = own;
    }
}

void FlitMesh::offer(int id, const Offer &offer) {
  Router &router = routers[size_t(offer.from)];
  packets.push_back({id, offer.to, offer.flits, offer.cycle});
  router.inputs[router.outputs.size() - 1 + size_t(offer.queue)].source.push_back(int(packets.size()) - 1);
  ++router.waiting;
  ++inside;
}

/// A node's queue gives its router a flit in each cycle.
void FlitMesh::emit(Input &input, Router &router, int64_t cycle) {
  if (input.source.empty() || packets[size_t(input.source.front())].cycle > cycle)
    return;
  const int packet = input.source.front();
  const int sent = ++input.sourceSent;
  input.buffer.push_back({packet, sent == 1, sent == packets[size_t(packet)].flits, cycle});
  ++router.flits;
  if (input.buffer.back().tail) {
    input.source.pop_front();
    input.sourceSent = 0;
    --router.waiting;
  }
}

/// N2: x first, then y.
int FlitMesh::wayOf(int router, int to) const {
  const int x = router % shape.columns, y = router / shape.columns;
  const int toX = to % shape.columns, toY = to / shape.columns;
  const Router &own = routers[size_t(router)];
  if (x != toX)
    return own.side[toX > x ? 0 : 1];
  if (y != toY)
    return own.side[toY > y ? 2 : 3];
  return int(own.outputs.size()) - 1;
}

/// An output that is free goes to the first input from `first` on that asks for it.
void FlitMesh::allocate(int router, Output &output, int64_t cycle) {
  Router &own = routers[size_t(router)];
  const int number = int(&output - own.outputs.data());
  for (size_t i = 0; i < own.inputs.size(); ++i) {
    const size_t from = (output.first + i) % own.inputs.size();
    Input &input = own.inputs[from];
    if (input.buffer.empty() || input.granted || input.buffer.front().there > cycle)
      continue;
    const Packet &packet = packets[size_t(input.buffer.front().packet)];
    if (wayOf(router, packet.to) != number)
      continue;
    const int needed = room == Room::Packet ? packet.flits : 1;
    if (output.nextRouter >= 0) {
      if (output.room < needed)
        return;
      if (room != Room::Wormhole)
        output.room -= needed;
    }
    input.granted = true;
    output.input = int(from);
    output.first = (from + 1) % own.inputs.size();
    return;
  }
}

/// The next flit of the packet that holds an output goes over its link.
void FlitMesh::pass(int router, Output &output, int64_t cycle) {
  Router &own = routers[size_t(router)];
  Input &input = own.inputs[size_t(output.input)];
  if (input.buffer.empty() || input.buffer.front().there > cycle)
    return;
  if (room == Room::Wormhole && output.nextRouter >= 0) {
    if (output.room == 0)
      return;
    --output.room;
  }
  Flit flit = input.buffer.front();
  input.buffer.pop_front();
  --own.flits;
  if (input.upRouter >= 0 && (room != Room::Slots || flit.tail))
    ++routers[size_t(input.upRouter)].outputs[size_t(input.upOutput)].returning;
  if (flit.tail) {
    input.granted = false;
    output.input = -1;
  }
  if (output.nextRouter >= 0) {
    flit.there = cycle + shape.hopCycles;
    Router &next = routers[size_t(output.nextRouter)];
    next.inputs[size_t(output.nextInput)].buffer.push_back(flit);
    ++next.flits;
  } else if (flit.tail) {
    arrivals.push_back({packets[size_t(flit.packet)].id, cycle + shape.hopCycles});
    --inside;
  }
}

void FlitMesh::tick(int64_t cycle) {
  for (Router &router : routers) {
    for (Output &output : router.outputs) {
      output.room += output.returning;
      output.returning = 0;
    }
    if (router.waiting)
      for (Input &input : router.inputs)
        emit(input, router, cycle);
  }
  // Grants look at what there was before this cycle's flits go: all of them first.
  for (size_t r = 0; r < routers.size(); ++r)
    if (routers[r].flits)
      for (Output &output : routers[r].outputs)
        if (output.input < 0)
          allocate(int(r), output, cycle);
  for (size_t r = 0; r < routers.size(); ++r)
    if (routers[r].flits)
      for (Output &output : routers[r].outputs)
        if (output.input >= 0)
          pass(int(r), output, cycle);
}

} // namespace garam::noc
