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
      : Unit(name, place.kernel), machine(place.machine), sync(machine.chip.clock.syncCycles),
        bytes(machine.channelBytes[size_t(place.die * machine.chip.dram.channels() + place.index)]) {
    addInput("packetIn", kPacket, Edge::Rising, Delivery::Ahead);
    packetOut = addOutput("packetOut");
    creditOut = addOutput("creditOut");
    initiator.bind(*this);
  }

  tlm::tlm_initiator_socket<> &memorySocket() override { return initiator; }

  /// One output of the mesh leads here, so packets come in the order of their cycles.
  void foresee(const Message &message, int64_t cycle) override {
    waiting.push_back({message.as<Packet>(), machine.toMemory.after(cycle) + sync});
    offer();
  }

  void take(const Message &) override {}
  void decide(int64_t) override {}

  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload &payload, tlm::tlm_phase &phase,
                                     sc_core::sc_time &delay) override {
    const MemoryTimes &times = static_cast<MemoryPayload &>(payload).times;
    if (phase == tlm::END_REQ) {
      accepted(times, delay);
      offer();
      return tlm::TLM_ACCEPTED;
    }
    if (phase == tlm::BEGIN_RESP) {
      // A response without END_REQ before it implies it.
      if (offered == &payload) {
        accepted(times, delay);
        offer();
      }
      finish(payload, delay);
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

  void offer() {
    while (!offered && !waiting.empty()) {
      const Waiting first = waiting.front();
      waiting.pop_front();
      MemoryPayload *payload = payloads.take();
      payload->set_command(first.packet->write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
      payload->set_address(sc_dt::uint64(first.packet->offset));
      payload->set_data_length(unsigned(first.packet->bytes));
      payload->set_streaming_width(unsigned(first.packet->bytes));
      payload->set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
      MemoryTimes &times = payload->times;
      times.offered = std::max(first.clock, nextClock);
      times.accepted = times.done = MemoryTimes::kUnknown;
      times.packet = first.packet;
      offered = payload;
      sc_core::sc_time delay =
          sc_core::sc_time::from_value(sc_dt::uint64(machine.memoryClock.edge(times.offered) - nowFs()));
      tlm::tlm_phase phase = tlm::BEGIN_REQ;
      tlm::tlm_sync_enum status = initiator->nb_transport_fw(*payload, phase, delay);
      if (status == tlm::TLM_UPDATED && phase == tlm::END_REQ) {
        accepted(times, delay);
      } else if (status == tlm::TLM_COMPLETED || (status == tlm::TLM_UPDATED && phase == tlm::BEGIN_RESP)) {
        accepted(times, delay);
        finish(*payload, delay);
      }
    }
  }

  /// The core cycle in which an event of the controller is seen: at `clock` if that is known, else `delay` from now.
  int64_t seen(int64_t clock, const sc_core::sc_time &delay) const {
    const int64_t cycle = clock != MemoryTimes::kUnknown ? machine.toCore.after(clock)
                                                         : machine.coreClock.after(nowFs() + int64_t(delay.value()));
    return std::max(cycle + sync, kernel.cycle() + 1);
  }

  void accepted(const MemoryTimes &times, const sc_core::sc_time &delay) {
    nextClock = times.accepted != MemoryTimes::kUnknown ? times.accepted + 1
                                                        : machine.memoryClock.after(nowFs() + int64_t(delay.value()));
    offered = nullptr;
    creditOut->send(seen(times.accepted, delay), uint64_t(Net::Request));
  }

  void finish(tlm::tlm_generic_payload &payload, const sc_core::sc_time &delay) {
    // What comes back is what was sent.
    const MemoryTimes &times = static_cast<MemoryPayload &>(payload).times;
    Packet *packet = times.packet;
    const int64_t cycle = seen(times.done, delay);
    if (times.done != MemoryTimes::kUnknown) {
      int64_t at = times.accepted;
      auto spent = [&](uint8_t cause, int64_t clocks) {
        at += clocks;
        if (clocks)
          packet->mark(cause, std::min(machine.toCore.reach(at), cycle));
      };
      // What is before the queue entry counts as time in the queue.
      packet->mark(rt::Stall::MemoryQueue, std::min(machine.toCore.reach(at += times.memoryQueue), cycle));
      spent(uint8_t(rt::Stall::RowMiss), times.rowMiss);
      spent(uint8_t(rt::Stall::Refresh), times.refresh);
      spent(uint8_t(rt::Stall::Turnaround), times.turnaround);
      spent(kBusy, times.transfer);
    } else {
      const int64_t done = nowFs() + int64_t(delay.value());
      packet->mark(rt::Stall::MemoryQueue, std::min(machine.coreClock.after(done - 1), cycle));
    }
    packet->mark(rt::Stall::Noc, cycle);
    bytes[bytes.reach(cycle)] += packet->bytes;
    answer(machine, *packetOut, packet, cycle);
    payload.release();
  }

  Machine &machine;
  const int64_t sync;
  tlm::tlm_initiator_socket<> initiator{"memory"};
  PayloadPool payloads;
  std::deque<Waiting> waiting;
  tlm::tlm_generic_payload *offered = nullptr;
  int64_t nextClock = 0; ///< one request in a clock
  Curve<int64_t> &bytes;
  OutPort *packetOut, *creditOut;
};

GARAM_UNIT(MemoryPort, "memory_port");

} // namespace
} // namespace garam::sim
