// A channel of DRAM behind its TLM-2.0 socket: drives sim/memory's Channel in the time of its own clock; rule H2.
//
// It acts between two edges of the core clock, and decides up to the last clock that no later arrival can reach.
#include "sim/kernel/MemoryPayload.h"
#include "sim/kernel/MemoryUnit.h"
#include "sim/kernel/Registry.h"
#include "sim/memory/Channel.h"

#include <algorithm>

namespace garam::sim {
namespace {

class MemoryController : public Unit, public MemoryTarget, public tlm::tlm_fw_transport_if<> {
public:
  MemoryController(sc_core::sc_module_name name, const UnitPlace &place)
      : Unit(name, place.kernel), machine(place.machine), clock(machine.memoryClock),
        number(place.die * int(machine.chip.dram.channels()) + place.index),
        banksOfRefresh(machine.chip.dram.refresh == rt::RefreshMode::AllBank ? machine.chip.dram.timing.banks() : 1),
        channel(
            machine.chip.dram, place.index, [this](const BurstTimes &times) { done(times); }, sinkOf(machine, number)) {
    target.bind(*this);
  }

  tlm::tlm_target_socket<> &memorySocket() override { return target; }

  void addCounters(rt::HbmCounters &counters) const override {
    const ChannelCounters &own = channel.counters();
    const int64_t access = machine.chip.dram.timing.accessBytes;
    counters.readBytes += own.readCommands * access;
    counters.writeBytes += own.writeCommands * access;
    counters.rowHits += own.rowHits;
    counters.rowMisses += own.rowMisses;
    counters.activates += own.activates;
    counters.precharges += own.precharges;
    counters.refreshes += own.refreshes;
  }

  void take(const Message &) override {}

  void decide(int64_t cycle) override { run(cycle); }

  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload &payload, tlm::tlm_phase &phase,
                                     sc_core::sc_time &delay) override {
    if (phase == tlm::END_RESP)
      return tlm::TLM_COMPLETED;
    payload.acquire();
    MemoryTimes *times = payload.get_extension<MemoryTimes>();
    const bool told = times && times->offered != MemoryTimes::kUnknown;
    arrivals.push_back({&payload, times, told ? times->offered : clock.after(nowFs() + int64_t(delay.value()) - 1)});
    if (!running)
      wakeFor(arrivals.front().clock);
    return tlm::TLM_ACCEPTED;
  }
  void b_transport(tlm::tlm_generic_payload &payload, sc_core::sc_time &) override {
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  }
  bool get_direct_mem_ptr(tlm::tlm_generic_payload &, tlm::tlm_dmi &) override { return false; }
  unsigned transport_dbg(tlm::tlm_generic_payload &) override { return 0; }

  void finish(int64_t cycle) override { meter(cycle); }

  std::string waitingFor() const override {
    int64_t queued = channel.queued();
    return queued ? fmt::format("{} bursts are in its queues", queued) : std::string();
  }

private:
  enum Port : uint16_t { kWake };
  struct Arrival {
    tlm::tlm_generic_payload *payload;
    MemoryTimes *times; ///< null: of another initiator
    int64_t clock;
  };

  struct Accepted {
    tlm::tlm_generic_payload *payload;
    MemoryTimes *times;
  };

  static Channel::Sink sinkOf(Machine &machine, int number) {
    if (!machine.commandSink)
      return nullptr;
    return [&machine, number](const DramCommand &command) { machine.commandSink(number, command); };
  }

  static int64_t nowFs() { return int64_t(sc_core::sc_time_stamp().value()); }

  /// The last clock that an arrival sent at a later cycle cannot reach.
  int64_t horizon(int64_t cycle) const {
    return machine.toMemory.after(cycle + 1) + machine.chip.clock.syncCycles - 1;
  }

  void wakeFor(int64_t at) {
    Tick tick = fallingTick(machine.toCore.before(at));
    tick = std::max(tick, kernel.now() + 1 + (kernel.now() & 1));
    if (woken > kernel.now() && woken <= tick)
      return;
    woken = tick;
    wakeAt(tick, kWake);
  }

  void run(int64_t cycle) {
    running = true;
    const int64_t last = horizon(cycle);
    while (!arrivals.empty() && accept(last))
      ;
    channel.advance(last);
    meter(cycle);
    running = false;
    int64_t next = channel.nextEvent();
    if (!arrivals.empty())
      next = std::min(next, std::max(arrivals.front().clock, last + 1));
    if (next < kNever)
      wakeFor(next);
  }

  /// Gives the first arrival a queue entry, if one is free at or before `last`.
  bool accept(int64_t last) {
    Arrival &first = arrivals.front();
    if (first.clock > last)
      return false;
    MemoryBurst burst{0, first.payload->is_write(), int64_t(first.payload->get_address()),
                      int64_t(first.payload->get_data_length()), first.clock};
    channel.advance(first.clock - 1);
    while (!channel.canAccept(burst)) {
      // No entry gets free before the next event; it can be used from the clock after it.
      first.clock = std::max(first.clock, channel.nextEvent() + 1);
      if (first.clock > last)
        return false;
      channel.advance(first.clock - 1);
      burst.arrival = first.clock;
    }
    if (MemoryTimes *times = first.times)
      times->accepted = burst.arrival;
    Accepted *entry = entries.take();
    *entry = {first.payload, first.times};
    burst.id = payloadOf(entry);
    channel.push(burst);
    tlm::tlm_generic_payload *payload = first.payload;
    arrivals.pop_front();
    tlm::tlm_phase phase = tlm::END_REQ;
    sc_core::sc_time delay = delayTo(burst.arrival);
    target->nb_transport_bw(*payload, phase, delay);
    return true;
  }

  /// Rule P4: rows opened and banks refreshed since the last look, spread over the cycles since.
  void meter(int64_t cycle) {
    const ChannelCounters &own = channel.counters();
    rt::ActionCounts actions;
    actions[rt::Action::DramActivates] = own.activates - metered.activates;
    actions[rt::Action::DramRefreshes] = (own.refreshes - metered.refreshes) * banksOfRefresh;
    if (actions != rt::ActionCounts{})
      machine.energy.machine(meteredUntil, cycle, actions);
    metered = own;
    meteredUntil = cycle;
  }

  void done(const BurstTimes &times) {
    auto *entry = reinterpret_cast<Accepted *>(times.id);
    tlm::tlm_generic_payload *payload = entry->payload;
    MemoryTimes *cut = entry->times;
    entries.give(entry);
    if (cut) {
      // The initiator marks its packet with these times: its lines have not been touched since it was sent.
      __builtin_prefetch(cut->packet, 1);
      __builtin_prefetch(reinterpret_cast<const char *>(cut->packet) + 64, 1);
      cut->done = times.done;
      cut->memoryQueue = times.memoryQueue, cut->rowMiss = times.rowMiss, cut->refresh = times.refresh;
      cut->turnaround = times.turnaround, cut->transfer = times.transfer;
    }
    payload->set_response_status(tlm::TLM_OK_RESPONSE);
    tlm::tlm_phase phase = tlm::BEGIN_RESP;
    sc_core::sc_time delay = delayTo(times.done);
    target->nb_transport_bw(*payload, phase, delay);
    payload->release();
  }

  sc_core::sc_time delayTo(int64_t at) const {
    return sc_core::sc_time::from_value(sc_dt::uint64(std::max<int64_t>(0, clock.edge(at) - nowFs())));
  }

  Machine &machine;
  const Clock &clock;
  const int number;
  const int64_t banksOfRefresh;
  tlm::tlm_target_socket<> target{"target"};
  Channel channel;
  std::deque<Arrival> arrivals;
  Pool<Accepted> entries;
  ChannelCounters metered;
  int64_t meteredUntil = 0;
  Tick woken = -1;
  bool running = false;
};

GARAM_UNIT(MemoryController, "memory");

} // namespace
} // namespace garam::sim
