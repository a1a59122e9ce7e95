// Order within a tick (rule MT3): arrivals, refreshes that fall due, update of each pseudo-channel, column runs, one
// row command. The choices of the pseudo-channels say when the next thing happens; the ticks before it are skipped.
#include "sim/memory/Channel.h"

#include "sim/memory/Plan.h"
#include "sim/memory/PseudoChannel.h"

#include <cassert>
#include <optional>
#include <vector>

namespace garam::sim {

class ChannelCore {
public:
  ChannelCore(std::shared_ptr<DramPlan> shared, int64_t number, Channel::Done onDone, Channel::Sink sink)
      : timing(shared->timing), plan(std::move(shared)), map(plan->map), patterns(plan->patterns),
        mixes(!plan->dram.addressXor.empty()), blockBits(std::countr_zero(uint64_t(map.blockBytes()))),
        onDone(std::move(onDone)), sink(std::move(sink)) {
    const rt::DramParams &dram = plan->dram;
    const bool booked = dram.pseudoChannels > 1 || timing.sharedBus;
    paired = dram.pseudoChannels > 1;
    for (int i = 0; i < dram.pseudoChannels; ++i)
      lane[size_t(i)] = &lanes[size_t(i)].emplace(dram, timing, map, number, i, booked ? &calendar : nullptr,
                                                  timing.sharedBus ? &calendar : nullptr);
  }

  /// Rules MQ1, MQ2: each part needs an entry; one that gets free can be taken from the next clock on.
  bool canAccept(const MemoryBurst &burst) {
    const Place &place = placeOf(burst);
    for (int i = 0; i < 2; ++i)
      if (place.lane[i] >= 0 && !lane[size_t(place.lane[i])]->hasRoom(burst.write))
        return false;
    return true;
  }

  void push(const MemoryBurst &burst) {
    int64_t tick = burst.arrival << timing.perClockBits;
    for (const Place &place = placeOf(burst); int i : {0, 1})
      if (place.lane[size_t(i)] >= 0)
        lane[size_t(place.lane[size_t(i)])]->prefetchFor(burst.write, place.pattern->parts[size_t(i)], place.base);
    advanceTo(tick - 1);
    assert(now == tick - 1 && "arrival in the past");
    uint32_t index = uint32_t(pending.size());
    if (unused.empty()) {
      pending.emplace_back();
    } else {
      index = unused.back();
      unused.pop_back();
    }
    const Place &place = placeOf(burst);
    Pending &p = pending[index];
    p.burst = burst, p.parts = 0, p.missed = false, p.times.done = 0;
    for (int i = 0; i < 2; ++i)
      if (place.lane[i] >= 0) {
        lane[size_t(place.lane[i])]->arrive(burst.write, index, place.pattern->parts[i], place.base, tick);
        ++p.parts;
      }
  }

  void advanceTo(int64_t limit) {
    for (;;) {
      const int64_t floor = now + 1, rowFloor = std::max(floor, rowFree);
      const int64_t tick = lane[0]->nextTick(floor, rowFloor);
      const int64_t other = paired ? lane[1]->nextTick(floor, rowFloor) : kNever;
      if (std::min(tick, other) > limit)
        break;
      if (tick == other)
        process(now = tick);
      else if (tick < other)
        processAlone(now = tick, 0);
      else
        processAlone(now = other, 1);
    }
    now = std::max(now, limit);
  }

  int64_t nextEvent() {
    int64_t tick = kNever;
    for (PseudoChannel *each : lane)
      if (each && each->queued())
        tick = std::min(tick, each->leastRun(now + 1, std::max(now + 1, rowFree)));
    if (tick >= kNever)
      return kNever;
    return std::max(timing.clockUp(tick), timing.clock(now) + 1);
  }

  int64_t queued() const { return int64_t(pending.size() - unused.size()); }

  const TickTiming &timing;
  ChannelCounters counters;

private:
  struct Pending {
    MemoryBurst burst;
    int parts;
    int64_t left;
    bool missed;
    PartTimes times; ///< of the part that began first
  };

  const std::shared_ptr<DramPlan> plan;
  const rt::AddressMap &map;
  Patterns &patterns;
  const bool mixes;    ///< the map has an exclusive or
  const int blockBits; ///< blocks are powers of two
  const Channel::Done onDone;
  const Channel::Sink sink;
  Calendar calendar;
  std::array<std::optional<PseudoChannel>, 2> lanes;
  std::array<PseudoChannel *, 2> lane{};
  bool paired; ///< two pseudo-channels
  std::vector<Pending> pending;
  std::vector<uint32_t> unused;
  int64_t now = -1, rowFree = 0; ///< now: all ticks up to it are decided
  size_t lastColumnLane = 1, lastRowLane = 1;

  /// Where a burst lies; asked for twice for each: whether there is room, and on its arrival.
  struct Place {
    int64_t offset = -1, bytes = 0;
    const BurstPattern *pattern = nullptr;
    rt::DramCell base;
    std::array<int, 2> lane; ///< of each part; -1: it has none
  };
  Place last;
  const Place &placeOf(const MemoryBurst &burst) {
    if (burst.offset == last.offset && burst.bytes == last.bytes)
      return last;
    last.offset = burst.offset, last.bytes = burst.bytes;
    last.pattern = &patterns.of(burst.offset, burst.bytes);
    last.base = map.base(burst.offset >> blockBits);
    for (int i = 0; i < 2; ++i) {
      // The pseudo-channel bit lies inside the block (a burst then has a part on each) or above it.
      last.lane[size_t(i)] = -1;
      if (last.pattern->parts[i].empty())
        continue;
      rt::DramCell cell = last.base;
      cell.pseudoChannel += i;
      last.lane[size_t(i)] = (mixes ? map.mixed(cell) : cell).pseudoChannel;
    }
    return last;
  }

  /// At a tick at which the other pseudo-channel does nothing.
  void processAlone(int64_t tick, size_t index) {
    PseudoChannel &own = *lane[index];
    own.beginTick(tick);
    if (own.column(tick).tick == tick)
      issueColumns(tick, index);
    if (tick >= rowFree && own.row(tick, tick).tick == tick)
      issueRow(tick, index);
  }

  void process(int64_t tick) {
    for (PseudoChannel *each : lane)
      each->beginTick(tick);
    // The pseudo-channel that was served last comes last.
    const size_t first = 1 - lastColumnLane;
    for (const size_t index : {first, 1 - first})
      if (lane[index]->column(tick).tick == tick)
        issueColumns(tick, index);
    if (tick < rowFree)
      return;
    const RowChoice &next = lane[1 - lastRowLane]->row(tick, tick), &last = lane[lastRowLane]->row(tick, tick);
    if (last.tick == tick && (next.tick != tick || last.before(next)))
      issueRow(tick, lastRowLane);
    else if (next.tick == tick)
      issueRow(tick, 1 - lastRowLane);
  }

  void issueColumns(int64_t tick, size_t index) {
    PseudoChannel &own = *lane[index];
    const uint32_t burst = own.burst();
    Pending &p = pending[burst];
    prefetch(&p, sizeof p);
    const PartTimes times = own.issueColumns(sink, counters);
    if (paired)
      lane[1 - index]->columnsBooked();
    lastColumnLane = index;
    p.missed |= times.missed;
    p.left = tick;
    if (--p.parts) {
      p.times = times;
      return;
    }
    finish(p, times.done > p.times.done ? times : p.times);
    unused.push_back(burst);
  }

  void issueRow(int64_t tick, size_t index) {
    rowFree = tick + lane[index]->issueRow(sink, counters);
    lastRowLane = index;
    if (!timing.sharedBus)
      return;
    for (int64_t slot = tick; slot < rowFree; ++slot)
      calendar.book(slot);
    for (PseudoChannel *each : lane)
      if (each)
        each->columnsBooked();
  }

  /// Rules MS1, MS2: each instant between arrival and first column has one cause, refresh before row before turnaround.
  void finish(const Pending &p, const PartTimes &t) {
    auto clock = [&](int64_t tick) { return timing.clockUp(tick); };
    int64_t begin = p.burst.arrival, end = timing.clock(t.first);
    struct Span {
      int64_t from, to;
      int64_t length() const { return std::max<int64_t>(0, to - from); }
      Span operator&(Span other) const { return {std::max(from, other.from), std::min(to, other.to)}; }
    };
    auto span = [&](int64_t from, int64_t to) {
      return Span{std::max(begin, clock(from)), std::min(end, clock(std::min(to, t.first)))};
    };
    Span refresh{0, 0}, row{0, 0}, turn{0, 0};
    BurstTimes out{};
    out.id = p.burst.id, out.write = p.burst.write, out.rowHit = !p.missed;
    out.arrival = begin, out.left = timing.clock(p.left), out.firstColumn = end, out.done = clock(t.done);
    out.rowReady = t.missed ? std::clamp(clock(t.ready), begin, end) : begin;
    if (t.refreshFrom >= 0)
      out.refresh = (refresh = span(t.refreshFrom, t.refreshTo)).length();
    if (t.rowStart >= 0)
      out.rowMiss = (row = span(t.rowStart, t.ready)).length() - (row & refresh).length();
    if (t.turnFrom >= 0) {
      turn = span(t.turnFrom, t.turnTo);
      out.turnaround =
          turn.length() - (turn & refresh).length() - (turn & row).length() + (turn & row & refresh).length();
    }
    out.transfer = out.done - end;
    out.memoryQueue = end - begin - out.refresh - out.rowMiss - out.turnaround;
    ++(out.rowHit ? counters.rowHits : counters.rowMisses);
    (p.burst.write ? counters.writeBytes : counters.readBytes) += p.burst.bytes;
    if (onDone)
      onDone(out);
  }
};

std::shared_ptr<DramPlan> planOf(const rt::DramParams &dram) { return std::make_shared<DramPlan>(dram); }

Channel::Channel(std::shared_ptr<DramPlan> plan, int64_t number, Done onDone, Sink sink)
    : core(std::make_unique<ChannelCore>(std::move(plan), number, std::move(onDone), std::move(sink))) {}
Channel::~Channel() = default;
Channel::Channel(Channel &&) noexcept = default;

bool Channel::canAccept(const MemoryBurst &burst) const { return core->canAccept(burst); }
void Channel::push(const MemoryBurst &burst) { core->push(burst); }
void Channel::advance(int64_t clock) { core->advanceTo((clock + 1) * core->timing.perClock - 1); }
int64_t Channel::pushFrom(int64_t clock, MemoryBurst burst) {
  advance(clock - 1);
  while (!canAccept(burst)) {
    // No entry gets free before the next event; it can be used from the clock after it.
    clock = nextEvent();
    advance(clock++);
  }
  burst.arrival = clock;
  push(burst);
  return clock;
}
void Channel::drain() {
  while (queued())
    advance(nextEvent());
}
int64_t Channel::nextEvent() const { return core->nextEvent(); }
int64_t Channel::leastLatency() const {
  return core->timing.clock(std::min(core->timing.readDone, core->timing.writeDone));
}
int64_t Channel::queued() const { return core->queued(); }
const ChannelCounters &Channel::counters() const { return core->counters; }
int64_t Channel::ticksPerClock() const { return core->timing.perClock; }

} // namespace garam::sim
