// A channel of DRAM behind its TLM-2.0 socket: drives sim/memory's Channel in the time of its own clock; rule H2.
//
// It acts as late as it can. A burst that finds room takes its entry when it is offered, for the clock that it is
// offered for: what the channel decides before that clock no later arrival reaches. Otherwise it wakes between two
// edges of the core clock: in time for the next burst's last beat, or, while one waits for an entry, for the next to
// get free.
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
            machine.dramPlan, place.index, [this](const BurstTimes &times) { done(times); }, sinkOf(machine, number)) {
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

  void decide(int64_t cycle) override {
    Tick next = wanted();
    if (next <= kernel.now()) {
      run(cycle);
      next = wanted();
    }
    wakeFor(next);
  }

  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload &payload, tlm::tlm_phase &phase,
                                     sc_core::sc_time &delay) override {
    if (phase == tlm::END_RESP)
      return tlm::TLM_COMPLETED;
    payload.acquire();
    MemoryTimes *times = payload.get_extension<MemoryTimes>();
    const bool told = times && times->offered != MemoryTimes::kUnknown;
    Arrival arrival{&payload,
                    times,
                    {0, payload.is_write(), int64_t(payload.get_address()), int64_t(payload.get_data_length()),
                     told ? times->offered : clock.after(nowFs() + int64_t(delay.value()) - 1)}};
    const bool room = !running && arrivals.empty() && channel.canAccept(arrival.burst);
    if (!room) {
      arrivals.push_back(arrival);
      if (!running)
        wakeFor(wanted());
      return tlm::TLM_ACCEPTED;
    }
    running = true;
    enter(arrival);
    running = false;
    // What is still undecided cannot end before this.
    const Tick least = arrivals.empty() ? tickOf(arrival.burst.arrival + leastLatency) : kernel.now();
    if (woken <= kernel.now() || woken > least)
      wakeFor(wanted());
    phase = tlm::END_REQ;
    delay = delayTo(arrival.burst.arrival);
    return tlm::TLM_UPDATED;
  }
  void b_transport(tlm::tlm_generic_payload &payload, sc_core::sc_time &) override {
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  }
  bool get_direct_mem_ptr(tlm::tlm_generic_payload &, tlm::tlm_dmi &) override { return false; }
  unsigned transport_dbg(tlm::tlm_generic_payload &) override { return 0; }

  /// Refreshes go on where no burst comes.
  void finish(int64_t cycle) override {
    channel.advance(machine.toMemory.before(cycle));
    meter(cycle);
  }

  std::string waitingFor() const override {
    int64_t queued = channel.queued();
    return queued ? fmt::format("{} bursts are in its queues", queued) : std::string();
  }

private:
  enum Port : uint16_t { kWake };
  struct Arrival {
    tlm::tlm_generic_payload *payload;
    MemoryTimes *times; ///< null: of another initiator
    MemoryBurst burst;
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
  int64_t horizon(int64_t cycle) const { return machine.toMemory.after(cycle + 1) + machine.chip.clock.syncCycles - 1; }

  /// The last tick before a clock.
  Tick tickOf(int64_t clock) const { return fallingTick(machine.toCore.before(clock)); }

  /// The tick at which something has to be decided, if nothing arrives.
  Tick wanted() {
    const int64_t next = channel.nextEvent();
    Tick tick = next < kNever ? tickOf(next + leastLatency) : kNever;
    if (!arrivals.empty()) {
      // An entry that gets free can be taken from the next clock on.
      const MemoryBurst &first = arrivals.front().burst;
      tick = std::min(tick, tickOf(channel.canAccept(first) ? first.arrival : std::max(first.arrival, next + 1)));
    }
    return tick;
  }

  void wakeFor(Tick tick) {
    if (tick >= kNever)
      return;
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
  }

  /// Gives the first arrival a queue entry, if one is free at or before `last`.
  bool accept(int64_t last) {
    Arrival first = arrivals.front();
    if (first.burst.arrival > last)
      return false;
    channel.advance(first.burst.arrival - 1);
    while (!channel.canAccept(first.burst)) {
      // No entry gets free before the next event; it can be used from the clock after it.
      int64_t &at = arrivals.front().burst.arrival;
      at = first.burst.arrival = std::max(at, channel.nextEvent() + 1);
      if (at > last)
        return false;
      channel.advance(at - 1);
    }
    arrivals.pop_front();
    enter(first);
    tlm::tlm_phase phase = tlm::END_REQ;
    sc_core::sc_time delay = delayTo(first.burst.arrival);
    target->nb_transport_bw(*first.payload, phase, delay);
    return true;
  }

  /// The burst has a queue entry at its clock of arrival.
  void enter(Arrival &arrival) {
    if (arrival.times)
      arrival.times->accepted = arrival.burst.arrival;
    Accepted *entry = entries.take();
    *entry = {arrival.payload, arrival.times};
    arrival.burst.id = payloadOf(entry);
    channel.push(arrival.burst);
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
      prefetch(cut->packet, kPrefetched);
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
  const int64_t leastLatency = channel.leastLatency();
  std::deque<Arrival> arrivals; ///< of which none has an entry
  Pool<Accepted> entries;
  ChannelCounters metered;
  int64_t meteredUntil = 0;
  Tick woken = -1;
  bool running = false;
};

GARAM_UNIT(MemoryController, "memory");

} // namespace
} // namespace garam::sim
