// Rules H1 and H3: between the NoC and a memory controller. Packets wait in the slots of the endpoint; the first one is
// offered to the controller; its slot goes back to the router when it has a queue entry there.
#include "sim/kernel/MemoryPayload.h"
#include "sim/kernel/MemoryUnit.h"
#include "sim/kernel/Multicast.h"
#include "sim/kernel/Registry.h"

#include <algorithm>

namespace garam::sim {
namespace {

class MemoryPort : public Unit, public MemoryInitiator, public tlm::tlm_bw_transport_if<> {
public:
  MemoryPort(sc_core::sc_module_name name, const UnitPlace &place)
      : Unit(name, place.kernel), machine(place.machine), clock(kernel.clock()),
        memoryClock(1'000'000'000'000'000, machine.chip.dram.timing.clockHz),
        bytes(machine.channelBytes[size_t(place.die * machine.chip.dram.channels() + place.index)]) {
    addInput("packetIn", kPacket, Edge::Rising, Delivery::Ahead);
    packetOut = addOutput("packetOut");
    creditOut = addOutput("creditOut");
    initiator.bind(*this);
  }

  tlm::tlm_initiator_socket<> &memorySocket() override { return initiator; }

  /// One output of the mesh leads here, so packets come in the order of their cycles.
  void foresee(const Message &message, int64_t cycle) override {
    waiting.push_back({message.as<Packet>(), arrivalClock(cycle)});
    offer();
  }

  void take(const Message &) override {}
  void decide(int64_t) override {}

  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload &payload, tlm::tlm_phase &phase,
                                     sc_core::sc_time &delay) override {
    int64_t at = nowFs() + int64_t(delay.value());
    if (phase == tlm::END_REQ) {
      accepted(at);
      offer();
      return tlm::TLM_ACCEPTED;
    }
    if (phase == tlm::BEGIN_RESP) {
      // A response without END_REQ before it implies it.
      if (offered == &payload) {
        accepted(at);
        offer();
      }
      finish(payload, at);
      phase = tlm::END_RESP;
      return tlm::TLM_COMPLETED;
    }
    throw rt::Error(rt::ErrorKind::Input, name(), "the memory answered in a phase that the base protocol does not have",
                    "END_REQ, BEGIN_RESP");
  }
  void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override {}

  std::string waitingFor() const override {
    return waiting.empty() && !offered
               ? std::string()
               : fmt::format("{} bursts wait for the memory controller", waiting.size() + (offered ? 1 : 0));
  }

private:
  enum Port : uint16_t { kPacket };
  struct Waiting {
    Packet *packet;
    int64_t clock; ///< of the controller, from which it may be offered
  };

  static int64_t nowFs() { return int64_t(sc_core::sc_time_stamp().value()); }
  int64_t arrivalClock(int64_t cycle) const {
    return memoryClock.after(clock.edge(cycle)) + machine.chip.clock.syncCycles;
  }
  /// The core cycle in which an event at `fs` of the controller is seen.
  int64_t seen(int64_t fs) const { return clock.after(fs) + machine.chip.clock.syncCycles; }

  void offer() {
    while (!offered && !waiting.empty()) {
      Waiting first = waiting.front();
      waiting.pop_front();
      first.clock = std::max(first.clock, nextClock);
      MemoryPayload *payload = payloads.take();
      payload->set_command(first.packet->write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
      payload->set_address(sc_dt::uint64(first.packet->offset));
      payload->set_data_length(unsigned(first.packet->bytes));
      payload->set_streaming_width(unsigned(first.packet->bytes));
      payload->set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
      payload->times.known = false;
      payload->times.packet = first.packet;
      offered = payload;
      int64_t at = memoryClock.edge(first.clock);
      sc_core::sc_time delay = sc_core::sc_time::from_value(sc_dt::uint64(at - nowFs()));
      tlm::tlm_phase phase = tlm::BEGIN_REQ;
      tlm::tlm_sync_enum status = initiator->nb_transport_fw(*payload, phase, delay);
      int64_t answeredAt = nowFs() + int64_t(delay.value());
      if (status == tlm::TLM_UPDATED && phase == tlm::END_REQ) {
        accepted(answeredAt);
      } else if (status == tlm::TLM_COMPLETED || (status == tlm::TLM_UPDATED && phase == tlm::BEGIN_RESP)) {
        accepted(answeredAt);
        finish(*payload, answeredAt);
      }
    }
  }

  void accepted(int64_t at) {
    nextClock = memoryClock.after(at);
    creditOut->send(std::max(seen(at), kernel.cycle() + 1), uint64_t(Net::Request));
    offered = nullptr;
  }

  void finish(tlm::tlm_generic_payload &payload, int64_t doneFs) {
    // What comes back is what was sent.
    const MemoryTimes *times = &static_cast<MemoryPayload &>(payload).times;
    Packet *packet = times->packet;
    int64_t cycle = std::max(seen(doneFs), kernel.cycle() + 1);
    auto until = [&](int64_t fs) { return std::min(clock.after(fs - 1), cycle); };
    if (times->known) {
      int64_t at = times->accepted + times->memoryQueue;
      packet->mark(rt::Stall::MemoryQueue, until(at));
      packet->mark(rt::Stall::RowMiss, until(at += times->rowMiss));
      packet->mark(rt::Stall::Refresh, until(at += times->refresh));
      packet->mark(rt::Stall::Turnaround, until(at += times->turnaround));
      packet->mark(kBusy, until(at + times->transfer));
    } else {
      packet->mark(rt::Stall::MemoryQueue, until(doneFs));
    }
    packet->mark(rt::Stall::Noc, cycle);
    size_t bucket = size_t(cycle / machine.bucketCycles);
    if (bytes.size() <= bucket)
      bytes.resize(bucket + 1);
    bytes[bucket] += packet->bytes;
    answer(machine, *packetOut, packet, cycle);
    payload.release();
  }

  Machine &machine;
  const Clock &clock;
  const Clock memoryClock;
  tlm::tlm_initiator_socket<> initiator{"memory"};
  PayloadPool payloads;
  std::deque<Waiting> waiting;
  tlm::tlm_generic_payload *offered = nullptr;
  int64_t nextClock = 0; ///< one request in a clock
  std::vector<int64_t> &bytes;
  OutPort *packetOut, *creditOut;
};

GARAM_UNIT(MemoryPort, "memory_port");

} // namespace
} // namespace garam::sim
