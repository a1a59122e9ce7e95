// Rules N1 to N8: the routers and links of a die.
//
// One unit, since its routers share a clock and a table, but each router decides from what it holds and what its
// neighbours told it at least a cycle ago: a grant at cycle t is the news of t + 1 or later. A packet costs one event
// per hop, the look at the output that it will ask for when its head is there; links and slots are free times, and an
// output that must wait for one is looked at when it comes. Packets and credits come ahead: that they will be there
// changes no grant before.
#include "sim/kernel/MeshLayout.h"
#include "sim/kernel/Registry.h"

#include <bit>
#include <cassert>

namespace garam::sim {
namespace {

class Mesh : public Unit {
public:
  Mesh(sc_core::sc_module_name name, const UnitPlace &place)
      : Unit(name, place.kernel), noc(place.machine.chip.noc), layout(place.machine.chip, place.die),
        hop(noc.hopCycles), slots(uint8_t(noc.packetSlots)) {
    addInput("packetIn", kInject, Edge::Rising, Delivery::Ahead); // lane: Topology's input number
    addInput("creditIn", kCredit, Edge::Rising, Delivery::Ahead); // lane: endpoint; payload: network
    build();
  }

  void foresee(const Message &message, int64_t cycle) override {
    if (message.port == kCredit)
      return release(uint32_t(layout.eject[message.lane] * 2) + uint32_t(message.payload), cycle);
    Packet *packet = message.as<Packet>();
    packet->route = uint16_t(layout.exitOf(packet->to, layout.topology.endpointOfInput(message.lane)));
    packet->arrival = cycle;
    join(layout.inject[message.lane] * 2 + int(packet->net()), packet);
  }

  void take(const Message &message) override {
    if (message.port == kLook)
      soon[uint64_t(kernel.cycle()) % kSoon].push_back(uint32_t(message.payload));
  }

  void decide(int64_t cycle) override {
    std::vector<uint32_t> &due = soon[uint64_t(cycle) % kSoon];
    const size_t count = due.size();
    for (size_t i = 0; i < std::min(count, kAhead); ++i)
      prefetch(&outputs[due[i]]);
    for (size_t i = 0; i < std::min(count, kAhead - 2); ++i)
      prefetchInputs(outputs[due[i]]);
    for (size_t i = 0; i < count; ++i) {
      if (i + kAhead < count)
        prefetch(&outputs[due[i + kAhead]]);
      if (i + kAhead - 2 < count)
        prefetchInputs(outputs[due[i + kAhead - 2]]);
      if (i + 2 < count)
        prefetchPacket(outputs[due[i + 2]]);
      if (i + 1 < count)
        prefetchNext(outputs[due[i + 1]]);
      look(due[i], cycle);
    }
    due.clear();
  }

  std::string waitingFor() const override {
    int waiting = 0;
    for (const Input &input : inputs)
      for (const Packet *packet = input.first; packet; packet = packet->next)
        ++waiting;
    return waiting ? fmt::format("{} packets wait in routers", waiting) : std::string();
  }

private:
  enum Port : uint16_t { kInject, kCredit, kWake, kLook };
  /// Nearly all looks lie a few cycles ahead, in `soon`; the first of a cycle wakes the mesh for it.
  static constexpr uint64_t kSoon = 128;

  // Ports of both networks: number · 2 + network. Each has a line of the host's cache.

  struct alignas(64) Input {
    Packet *first = nullptr, *last = nullptr;
    int64_t ready = 0;    ///< the tail of the packet before has left
    int64_t asks = 0;     ///< cycle from which the first packet asks for its output
    const uint32_t *ways; ///< by endpoint that a packet goes to: that output
    uint32_t wants = 0;   ///< of the first packet
    int32_t upstream;     ///< output that feeds it; -1: an endpoint
    int32_t bit;          ///< its number at the router
  };
  struct alignas(64) Output {
    static constexpr uint8_t kNearSlots = 4;
    uint64_t requests = 0; ///< inputs whose first packet wants it, maybe from a later cycle on
    int64_t free = 0;
    uint32_t retry = 0; ///< cycle of a look for the sake of `free` or a slot, its low bits below a one; 0: none
    int32_t link;       ///< input of the next router, or ~endpoint
    int32_t firstInput; ///< of its router and network
    uint8_t granted = 0, returned = 0;       ///< the next slot that is taken, and that is given back
    uint8_t taken = 0;                       ///< slots of which no one knows when they get free
    uint8_t next : 6 = 0;                    ///< input that is asked first
    bool blocked : 1 = false;                ///< waits for such a slot
    bool credited : 1 = true;                ///< the receiver has slots
    std::array<int64_t, kNearSlots> freed{}; ///< cycle from which a slot is free, where that is known
  };
  static_assert(sizeof(Input) == 64 && sizeof(Output) == 64);
  int64_t &freedOf(uint32_t out, Output &output, uint8_t slot) {
    return slots <= Output::kNearSlots ? output.freed[slot] : manyFreed[size_t(out) * slots + slot];
  }

  void build() {
    const size_t routers = size_t(layout.topology.routers()), ends = layout.eject.size();
    ways.reserve(routers * 2 * ends);
    for (size_t router = 0; router < routers; ++router)
      for (int net : {0, 1})
        for (size_t end = 0; end < ends; ++end)
          ways.push_back(uint32_t(layout.wayOf(int(router), int(end)) * 2 + net));
    for (const MeshLayout::Input &own : layout.inputs)
      for (int net : {0, 1})
        inputs.push_back({.ways = &ways[size_t(own.router * 2 + net) * ends],
                          .upstream = own.upstream < 0 ? -1 : own.upstream * 2 + net,
                          .bit = own.bit});
    for (const MeshLayout::Output &own : layout.outputs)
      for (int net : {0, 1}) {
        Output output{.link = own.endpoint < 0 ? own.downstream * 2 + net : ~own.endpoint,
                      .firstInput = own.firstInput * 2 + net};
        output.credited = own.endpoint < 0 || layout.topology.kindOf(own.endpoint) == EndpointKind::Memory;
        outputs.push_back(output);
      }
    if (slots > Output::kNearSlots)
      manyFreed.assign(outputs.size() * slots, 0);
    for (int end = 0; end < int(layout.eject.size()); ++end) {
      const EndpointKind kind = layout.topology.kindOf(end);
      addReceivers(kind, end - layout.topology.endpoint(kind, 0));
    }
  }

  /// A packet leaves for the unit of its endpoint that deals with its kind.
  void addReceivers(EndpointKind kind, int index) {
    Receiver own;
    if (kind == EndpointKind::Core) {
      OutPort *request = addOutput(fmt::format("core{}.requestOut", index));
      OutPort *read = addOutput(fmt::format("core{}.readOut", index));
      own.byKind = {request,
                    request,
                    addOutput(fmt::format("core{}.signalOut", index)),
                    read,
                    addOutput(fmt::format("core{}.ackOut", index)),
                    read};
      own.l1 = addOutput(fmt::format("core{}.writeOut", index));
    } else {
      const char *names[] = {"core", "memory", "shared", "die"};
      own.byKind.fill(addOutput(fmt::format("{}{}.packetOut", names[size_t(kind)], index)));
    }
    receivers.push_back(own);
  }

  // What a look touches is spread over more lines than the host's first cache holds, and each is found by the one
  // before: they are asked for while the looks before are decided.
  static constexpr size_t kAhead = 6;
  const Input *firstAsking(const Output &output) const {
    return output.requests ? &inputs[inputOf(output, std::countr_zero(output.requests))] : nullptr;
  }
  void prefetchInputs(const Output &output) const {
    prefetch(firstAsking(output));
    if (output.link >= 0)
      prefetch(&inputs[size_t(output.link)]);
  }
  void prefetchPacket(const Output &output) const {
    if (const Input *input = firstAsking(output))
      prefetch(input->first);
  }
  void prefetchNext(const Output &output) const {
    const Input *input = firstAsking(output);
    if (!input)
      return;
    prefetch(input->first->next);
    if (output.link >= 0)
      prefetch(&outputs[inputs[size_t(output.link)].ways[input->first->route]]);
  }

  /// A packet joins an input; its head is there at `packet->arrival`.
  void join(int in, Packet *packet) {
    Input &input = inputs[size_t(in)];
    packet->next = nullptr;
    if (!input.first) {
      input.first = input.last = packet;
      return lead(input);
    }
    if (packet->arrival >= input.last->arrival) {
      input.last->next = packet;
      input.last = packet;
      return;
    }
    // An endpoint may know of a packet before it knows of one that is sent earlier.
    Packet **place = &input.first;
    while ((*place)->arrival <= packet->arrival)
      place = &(*place)->next;
    packet->next = *place;
    *place = packet;
    if (input.first == packet) {
      outputs[input.wants].requests &= ~(uint64_t(1) << input.bit);
      lead(input);
    }
  }

  /// Another packet is the first of its input now.
  [[gnu::always_inline]] void lead(Input &input) {
    const uint32_t out = input.ways[input.first->route];
    input.wants = out;
    input.asks = std::max(input.first->arrival, input.ready);
    outputs[out].requests |= uint64_t(1) << input.bit;
    lookAt(input.asks, out);
  }

  [[gnu::always_inline]] void lookAt(int64_t cycle, uint32_t out) {
    assert(cycle > kernel.cycle());
    if (uint64_t(cycle - kernel.cycle()) >= kSoon) [[unlikely]]
      return wakeAt(risingTick(cycle), kLook, out);
    std::vector<uint32_t> &looks = soon[uint64_t(cycle) % kSoon];
    if (looks.empty())
      wakeAt(risingTick(cycle), kWake);
    looks.push_back(out);
  }

  /// The inputs that ask for an output in this cycle.
  uint64_t asking(const Output &output, int64_t cycle) const {
    uint64_t all = output.requests;
    if (!(all & (all - 1))) [[likely]]
      return all && inputs[inputOf(output, std::countr_zero(all))].asks <= cycle ? all : 0;
    for (uint64_t rest = all; rest; rest &= rest - 1)
      if (inputs[inputOf(output, std::countr_zero(rest))].asks > cycle)
        all &= ~(rest & -rest);
    return all;
  }
  static size_t inputOf(const Output &output, int bit) { return size_t(output.firstInput + bit * 2); }

  void look(uint32_t out, int64_t cycle) {
    Output &output = outputs[out];
    if (output.retry == lowBits(cycle))
      output.retry = 0;
    uint64_t asks = asking(output, cycle);
    if (!asks || waits(out, output, cycle))
      return;
    // The first request at or after `next`, going round.
    const uint64_t later = asks & (~uint64_t(0) << output.next);
    const int bit = std::countr_zero(later ? later : asks);
    output.next = uint8_t((bit + 1) & 63);
    asks &= ~(uint64_t(1) << bit);
    output.requests &= ~(uint64_t(1) << bit);
    Packet *packet = leave(inputs[inputOf(output, bit)], cycle);
    output.free = cycle + packet->flits;
    if (output.credited) {
      output.granted = after(output.granted);
      ++output.taken;
    }
    if (asks)
      waits(out, output, cycle);
    if (output.link >= 0) {
      packet->arrival = cycle + hop;
      join(output.link, packet);
    } else {
      deliver(receivers[size_t(~output.link)], packet, cycle + hop);
    }
  }

  /// True if there can be no grant in this cycle; looked at again when there can.
  bool waits(uint32_t out, Output &output, int64_t cycle) {
    int64_t from = output.free;
    if (output.credited) {
      if (output.taken == slots)
        return output.blocked = true;
      from = std::max(from, freedOf(out, output, output.granted));
    }
    if (from <= cycle)
      return false;
    retry(out, output, from);
    return true;
  }

  static uint32_t lowBits(int64_t cycle) { return uint32_t(cycle) | uint32_t(1) << 31; }
  void retry(uint32_t out, Output &output, int64_t cycle) {
    if (output.retry == lowBits(cycle))
      return;
    output.retry = lowBits(cycle);
    lookAt(cycle, out);
  }

  uint8_t after(uint8_t slot) const { return slot + 1 == slots ? 0 : uint8_t(slot + 1); }

  /// A slot of the receiver of an output is free from `cycle` on.
  void release(uint32_t out, int64_t cycle) {
    Output &output = outputs[out];
    freedOf(out, output, output.returned) = cycle;
    output.returned = after(output.returned);
    --output.taken;
    if (output.blocked) {
      output.blocked = false;
      retry(out, output, cycle);
    }
  }

  /// The first packet of an input is granted and goes.
  Packet *leave(Input &input, int64_t cycle) {
    Packet *packet = input.first;
    input.ready = cycle + packet->flits; // the tail has left a cycle ago
    if (input.upstream >= 0)
      release(uint32_t(input.upstream), input.ready);
    input.first = packet->next;
    if (input.first)
      lead(input);
    return packet;
  }

  struct Receiver {
    std::array<OutPort *, 6> byKind{};
    OutPort *l1 = nullptr; ///< of a core
  };

  void deliver(const Receiver &receiver, Packet *packet, int64_t head) {
    const int64_t tail = head + packet->flits - 1;
    packet->mark(rt::Stall::Noc, head);
    packet->mark(kBusy, tail);
    if (receiver.l1 && packet->flits > 1) {
      // The L1 takes the data flits as they come, from the cycle after the head.
      const int64_t address = packet->kind == PacketKind::WriteRequest ? packet->offset : packet->local;
      if (address < rt::kAccBase)
        receiver.l1->send(head, uint64_t(address) | uint64_t(packet->bytes) << 32);
    }
    receiver.byKind[size_t(packet->kind)]->send(tail, payloadOf(packet));
  }

  const rt::NocParams &noc;
  const MeshLayout layout;
  const int64_t hop;
  const uint8_t slots;
  std::vector<uint32_t> ways; ///< router × network × endpoint: output
  std::vector<Input> inputs;
  std::vector<Output> outputs;
  std::vector<int64_t> manyFreed; ///< output × slot, as Output::freed, of chips with more slots
  std::vector<Receiver> receivers;
  std::array<std::vector<uint32_t>, kSoon> soon; ///< by cycle: outputs to look at
};

GARAM_UNIT(Mesh, "mesh");

} // namespace
} // namespace garam::sim
