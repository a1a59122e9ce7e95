// Rules N1 to N8: the routers and links of a die.
//
// One unit, since its routers share a clock and a table, but each router decides from what it holds and what its
// neighbours told it at least a cycle ago: a grant at cycle t is the news of t + 1 or later. A packet costs one message
// per hop, the arrival of its head at the next input; links and slots are free times, and an output that must wait for
// one is woken when it comes.
#include "sim/kernel/Registry.h"
#include "sim/kernel/Topology.h"

#include <bit>
#include <limits>

namespace garam::sim {
namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::max() / 4;

class Mesh : public Unit {
public:
  Mesh(sc_core::sc_module_name name, const UnitPlace &place)
      : Unit(name, place.kernel), machine(place.machine), noc(machine.chip.noc), topology(machine.chip), die(place.die),
        firstLane(size_t(machine.chip.topology.dies)) {
    addInput("packetIn", kInject); // lane: Topology's input number
    addInput("creditIn", kCredit); // lane: endpoint; payload: network
    build();
  }

  void take(const Message &message) override {
    switch (message.port) {
    case kInject: {
      Packet *packet = message.as<Packet>();
      packet->route = uint16_t(routeOf(packet->to, topology.endpointOfInput(message.lane)));
      packet->arrival = kernel.cycle();
      push(inject[message.lane] * 2 + int(packet->net()), packet);
      return;
    }
    case kCredit: {
      int out = eject[message.lane] * 2 + int(message.payload);
      Output &output = outputs[size_t(out)];
      slotOf(out, output.returned) = kernel.cycle();
      output.blocked = false;
      dirty.push_back(out);
      return;
    }
    case kWake:
      return;
    case kEvent:
      return happen(Event(message.payload));
    }
  }

  void decide(int64_t cycle) override {
    std::vector<Event> &due = soon[size_t(cycle % kSoon)];
    for (Event event : due)
      happen(event);
    due.clear();
    for (int out : dirty)
      arbitrate(out, cycle);
    dirty.clear();
  }

  std::string waitingFor() const override {
    int waiting = 0;
    for (const Input &input : inputs)
      for (const Packet *packet = input.first; packet; packet = packet->next)
        ++waiting;
    return waiting ? fmt::format("{} packets wait in routers", waiting) : std::string();
  }

private:
  enum Port : uint16_t { kInject, kCredit, kWake, kEvent };

  /// What happens inside at a later cycle: an input or an output, and which of both. A head is at an input; an output
  /// can be granted again. Nearly all lie a few cycles ahead, in `soon`, and the first of a cycle wakes the mesh for
  /// it.
  using Event = uint32_t;
  static Event headAt(int in) { return Event(in) << 1; }
  static Event retryOf(int out) { return Event(out) << 1 | 1; }
  static constexpr int64_t kSoon = 256;

  struct Input {
    Packet *first = nullptr, *last = nullptr;
    int64_t ready = 0;     ///< the tail of the packet before has left
    int32_t wants = 0;     ///< output of the first packet
    int32_t upstream = -1; ///< output that feeds it; -1: an endpoint
    int32_t router = 0;
    uint8_t left = 0; ///< slot of the first packet
    uint8_t bit = 0;  ///< its number at the router
  };
  struct Output {
    uint64_t requests = 0; ///< inputs whose head wants it
    int64_t free = 0;
    int64_t retry = -1;      ///< cycle of the retry that is under way
    int32_t downstream = -1; ///< input of the next router; -1: an endpoint
    int32_t endpoint = -1;
    int32_t firstInput = 0; ///< of its router
    uint8_t granted = 0;    ///< slot of the next packet
    uint8_t returned = 0;   ///< slot of the next credit from an endpoint
    uint8_t next = 0;       ///< input that is asked first
    bool blocked = false;   ///< waits for a slot whose time is not known
    bool credited = true;   ///< the receiver has slots
  };

  // Ports are numbered over the die; each has an input or output per network at number · 2 + network.

  void build() {
    int columns = int(noc.meshColumns), routers = topology.routers(), ends = topology.endpoints(die);
    for (int end = 0; end < ends; ++end)
      places.push_back(topology.router(die, end));
    lanes = topology.lanes(die);
    for (int i = int(lanes.size()) - 1; i >= 0; --i)
      firstLane[size_t(lanes[size_t(i)].neighbour)] = topology.endpoint(EndpointKind::DieToDie, i);
    // Outputs: four directions, then endpoints.
    eject.resize(size_t(ends));
    inject.resize(size_t(topology.inputs(die)));
    std::vector<std::array<int, 4>> directionIn(size_t(routers), {-1, -1, -1, -1}), directionOut = directionIn;
    int inputPorts = 0, outputPorts = 0;
    for (int router = 0; router < routers; ++router) {
      int first = inputPorts;
      for (int direction = 0; direction < 4; ++direction)
        if (neighbour(router, direction) >= 0) {
          directionIn[size_t(router)][size_t(direction)] = inputPorts++;
          directionOut[size_t(router)][size_t(direction)] = outputPorts++;
        }
      for (int input = 0; input < topology.inputs(die); ++input)
        if (places[size_t(topology.endpointOfInput(input))] == router)
          inject[size_t(input)] = inputPorts++;
      for (int end = 0; end < ends; ++end)
        if (places[size_t(end)] == router)
          eject[size_t(end)] = outputPorts++;
      if (inputPorts - first > 64)
        throw rt::inputError(name(), fmt::format("router {} has {} inputs", router, inputPorts - first),
                             "at most 64: more routers, or fewer endpoints");
      inputs.resize(size_t(inputPorts) * 2);
      outputs.resize(size_t(outputPorts) * 2);
      for (int port = first; port < inputPorts; ++port)
        for (int net = 0; net < 2; ++net) {
          inputs[size_t(port * 2 + net)].router = router;
          inputs[size_t(port * 2 + net)].bit = uint8_t(port - first);
        }
      firstInput.push_back(first);
    }
    slots.assign(outputs.size() * size_t(noc.packetSlots), 0);
    for (int router = 0; router < routers; ++router)
      for (int direction = 0; direction < 4; ++direction) {
        int next = neighbour(router, direction), out = directionOut[size_t(router)][size_t(direction)];
        for (int net = 0; next >= 0 && net < 2; ++net) {
          Output &output = outputs[size_t(out * 2 + net)];
          output.downstream = directionIn[size_t(next)][size_t(direction ^ 1)] * 2 + net;
          output.firstInput = firstInput[size_t(router)];
          inputs[size_t(output.downstream)].upstream = out * 2 + net;
        }
      }
    for (int end = 0; end < ends; ++end) {
      EndpointKind kind = topology.kindOf(end);
      for (int net = 0; net < 2; ++net) {
        Output &output = outputs[size_t(eject[size_t(end)] * 2 + net)];
        output.endpoint = end;
        output.firstInput = firstInput[size_t(places[size_t(end)])];
        output.credited = kind == EndpointKind::Memory;
      }
      addReceivers(kind, end - topology.endpoint(kind, 0));
    }
    routes.resize(size_t(routers) * size_t(ends));
    for (int router = 0; router < routers; ++router)
      for (int end = 0; end < ends; ++end) {
        int to = places[size_t(end)], dx = to % columns - router % columns, dy = to / columns - router / columns;
        int direction = dx > 0 ? 0 : dx < 0 ? 1 : dy > 0 ? 2 : 3;
        routes[size_t(router * ends + end)] =
            uint16_t(dx || dy ? directionOut[size_t(router)][size_t(direction)] : eject[size_t(end)]);
      }
  }

  /// Endpoint of this die at which a packet leaves the mesh that it entered from endpoint `from`: N8.
  int routeOf(const Endpoint &to, int from) const {
    const int end = topology.endpoint(to.kind, to.index);
    if (to.die == die)
      return end;
    const int lane = from - topology.endpoint(EndpointKind::DieToDie, 0);
    const bool fromY = lane >= 0 && !((lanes[size_t(lane)].neighbour ^ die) & 1);
    // Cores, channels and banks have the same places on all dies.
    const rt::Exit exit = rt::exitTowards(machine.chip, die, places[size_t(from)], fromY, to.die, places[size_t(end)]);
    return firstLane[size_t(exit.neighbour)] + int(exit.lane);
  }

  /// Router in a direction: 0 and 1 are x up and down, 2 and 3 y; -1: none.
  int neighbour(int router, int direction) const {
    int columns = int(noc.meshColumns), rows = int(noc.meshRows), x = router % columns, y = router / columns;
    x += direction == 0 ? 1 : direction == 1 ? -1 : 0;
    y += direction == 2 ? 1 : direction == 3 ? -1 : 0;
    return x < 0 || y < 0 || x >= columns || y >= rows ? -1 : y * columns + x;
  }

  /// A packet leaves for the unit of its endpoint that deals with its kind.
  void addReceivers(EndpointKind kind, int index) {
    std::array<OutPort *, 6> byKind{};
    if (kind == EndpointKind::Core) {
      OutPort *request = addOutput(fmt::format("core{}.requestOut", index));
      OutPort *read = addOutput(fmt::format("core{}.readOut", index));
      byKind = {request,
                request,
                addOutput(fmt::format("core{}.signalOut", index)),
                read,
                addOutput(fmt::format("core{}.ackOut", index)),
                read};
    } else {
      const char *names[] = {"core", "memory", "shared", "die"};
      byKind.fill(addOutput(fmt::format("{}{}.packetOut", names[size_t(kind)], index)));
    }
    receivers.push_back(byKind);
    writers.push_back(kind == EndpointKind::Core ? addOutput(fmt::format("core{}.writeOut", index)) : nullptr);
  }

  /// A packet joins an input; its head is there at `packet->arrival`.
  void push(int in, Packet *packet) {
    Input &input = inputs[size_t(in)];
    packet->next = nullptr;
    if (input.first) {
      input.last->next = packet;
      input.last = packet;
      return;
    }
    input.last = packet;
    lead(in, packet);
  }

  /// A packet is the first of its input now.
  void lead(int in, Packet *packet) {
    Input &input = inputs[size_t(in)];
    input.first = packet;
    input.wants = routes[size_t(input.router) * receivers.size() + packet->route] * 2 + (in & 1);
    __builtin_prefetch(&outputs[size_t(input.wants)], 1);
    __builtin_prefetch(&slots[size_t(input.wants) * size_t(noc.packetSlots)], 1);
    announce(in, std::max(packet->arrival, input.ready));
  }

  /// The first packet of an input asks for its output at `cycle`.
  void announce(int in, int64_t cycle) {
    if (cycle <= kernel.cycle())
      head(in);
    else
      later(cycle, headAt(in));
  }

  void later(int64_t cycle, Event event) {
    if (cycle - kernel.cycle() >= kSoon)
      return wakeAt(risingTick(cycle), kEvent, event);
    std::vector<Event> &events = soon[size_t(cycle % kSoon)];
    if (events.empty())
      wakeAt(risingTick(cycle), kWake);
    events.push_back(event);
  }

  void happen(Event event) {
    if (event & 1)
      dirty.push_back(int(event >> 1));
    else
      head(int(event >> 1));
  }

  void head(int in) {
    const Input &input = inputs[size_t(in)];
    Output &output = outputs[size_t(input.wants)];
    output.requests |= uint64_t(1) << input.bit;
    dirty.push_back(input.wants);
    // What a grant touches.
    if (output.downstream >= 0)
      __builtin_prefetch(&inputs[size_t(output.downstream)], 1);
    if (input.upstream >= 0) {
      __builtin_prefetch(&outputs[size_t(input.upstream)], 1);
      __builtin_prefetch(&slots[size_t(input.upstream) * size_t(noc.packetSlots)], 1);
    }
  }

  /// The slot that `number` counts, which goes on to the next.
  int64_t &slotOf(int out, uint8_t &number) {
    int64_t &slot = slots[size_t(out) * size_t(noc.packetSlots) + number];
    number = number + 1 == noc.packetSlots ? 0 : uint8_t(number + 1);
    return slot;
  }

  void arbitrate(int out, int64_t cycle) {
    Output &output = outputs[size_t(out)];
    if (!output.requests)
      return;
    int64_t from = output.free;
    if (output.credited) {
      const int64_t slot = slots[size_t(out) * size_t(noc.packetSlots) + output.granted];
      if (slot == kNever) {
        output.blocked = true;
        return;
      }
      from = std::max(from, slot);
    }
    if (from > cycle)
      return retry(out, from);
    // The first request at or after `next`, going round.
    uint64_t later = output.requests & (~uint64_t(0) << output.next);
    int bit = std::countr_zero(later ? later : output.requests);
    output.next = uint8_t((bit + 1) & 63);
    output.requests &= ~(uint64_t(1) << bit);
    grant((output.firstInput + bit) * 2 + (out & 1), out, cycle);
    if (output.requests)
      arbitrate(out, cycle);
  }

  void retry(int out, int64_t cycle) {
    if (outputs[size_t(out)].retry == cycle)
      return;
    outputs[size_t(out)].retry = cycle;
    later(cycle, retryOf(out));
  }

  void grant(int in, int out, int64_t cycle) {
    Input &input = inputs[size_t(in)];
    Output &output = outputs[size_t(out)];
    Packet *packet = input.first;
    const int64_t gone = cycle + packet->flits; // the tail has left a cycle ago
    input.ready = gone;
    if (input.upstream >= 0) {
      Output &upstream = outputs[size_t(input.upstream)];
      slotOf(input.upstream, input.left) = gone;
      if (upstream.blocked) {
        upstream.blocked = false;
        retry(input.upstream, gone);
      }
    }
    input.first = nullptr;
    if (packet->next)
      lead(in, packet->next);
    output.free = gone;
    if (output.credited)
      slotOf(out, output.granted) = kNever;
    const int64_t arrival = cycle + noc.hopCycles;
    if (output.downstream >= 0) {
      packet->arrival = arrival;
      push(output.downstream, packet);
      return;
    }
    const int64_t tail = arrival + packet->flits - 1;
    packet->mark(rt::Stall::Noc, arrival);
    packet->mark(kBusy, tail);
    if (const OutPort *writer = writers[size_t(output.endpoint)]; writer && packet->flits > 1) {
      // The L1 takes the data flits as they come, from the cycle after the head.
      const int64_t address = packet->kind == PacketKind::WriteRequest ? packet->offset : packet->local;
      if (address < rt::kAccBase)
        writer->send(arrival, uint64_t(address) | uint64_t(packet->bytes) << 32);
    }
    receivers[size_t(output.endpoint)][size_t(packet->kind)]->send(tail, payloadOf(packet));
  }

  Machine &machine;
  const rt::NocParams &noc;
  const Topology topology;
  const int die;
  std::vector<Input> inputs;
  std::vector<Output> outputs;
  std::vector<int64_t> slots;                      ///< output × slot: cycle from which it is free
  std::vector<int> firstInput;                     ///< of each router
  std::vector<int> places;                         ///< router of each endpoint
  std::vector<rt::Exit> lanes;                     ///< to the neighbours
  std::vector<int> firstLane;                      ///< endpoint of the first lane to each die that is a neighbour
  std::vector<int> inject, eject;                  ///< ports of the endpoints
  std::vector<uint16_t> routes;                    ///< router × endpoint: output port
  std::vector<std::array<OutPort *, 6>> receivers; ///< endpoint × packet kind
  std::vector<OutPort *> writers;                  ///< of the cores' L1s; null for other endpoints
  std::array<std::vector<Event>, kSoon> soon;      ///< by cycle
  std::vector<int> dirty;                          ///< outputs that may grant
};

GARAM_UNIT(Mesh, "mesh");

} // namespace
} // namespace garam::sim
