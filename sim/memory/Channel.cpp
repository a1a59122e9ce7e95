// Order within a tick (rule MT3): arrivals, refreshes that fall due, update of each pseudo-channel, column runs, one
// row command. A choice stays valid until something changes its pseudo-channel or takes its slot on a bus, so nothing
// is worked out again without cause, and the ticks between two choices are skipped.
#include "sim/memory/Channel.h"

#include "sim/memory/PseudoChannel.h"

#include <cassert>
#include <vector>

namespace garam::sim {

class ChannelCore {
public:
  ChannelCore(const rt::DramParams &params, int64_t number, Channel::Done onDone, Channel::Sink sink)
      : dram(params), timing(dram), map(dram, "memory"), patterns(map, dram.timing), onDone(std::move(onDone)),
        sink(std::move(sink)), usesCalendar(dram.pseudoChannels > 1 || timing.sharedBus) {
    lanes.reserve(size_t(dram.pseudoChannels));
    for (int i = 0; i < dram.pseudoChannels; ++i)
      lanes.emplace_back(dram, timing, map, number, i);
  }

  bool canAccept(const MemoryBurst &burst) {
    const BurstPattern &pattern = patterns.of(burst.offset, burst.bytes);
    const rt::DramCell &base = baseOf(burst);
    for (int i = 0; i < 2; ++i)
      if (!pattern.parts[i].empty() && !laneOf(base, i).channel.hasRoom(burst.write))
        return false;
    return true;
  }

  void push(const MemoryBurst &burst) {
    int64_t tick = burst.arrival * timing.perClock;
    advanceTo(tick - 1);
    assert(now == tick - 1 && "arrival in the past");
    uint32_t index = uint32_t(pending.size());
    if (unused.empty()) {
      pending.emplace_back();
    } else {
      index = unused.back();
      unused.pop_back();
    }
    const BurstPattern &pattern = patterns.of(burst.offset, burst.bytes);
    const rt::DramCell &base = baseOf(burst);
    pending[index] = {burst, 0, 0, false, {}};
    for (int i = 0; i < 2; ++i) {
      if (pattern.parts[i].empty())
        continue;
      Lane &lane = laneOf(base, i);
      PseudoChannel::Effect effect = lane.channel.arrive(burst.write, index, pattern.parts[i], base, tick);
      lane.columnStale |= effect.column, lane.rowStale |= effect.row, lane.stale = true;
      ++pending[index].parts;
    }
  }

  void advanceTo(int64_t limit) {
    for (int64_t tick = nextTick(); tick <= limit; tick = nextTick())
      process(tick);
    now = std::max(now, limit);
  }

  int64_t nextEvent() {
    int64_t tick = kNever;
    for (Lane &lane : lanes) {
      if (!lane.channel.queued())
        continue;
      int64_t own = now + 1;
      if (!lane.stale)
        own = std::min(columnOf(lane, own).tick, rowOf(lane, own).tick + lane.channel.leastOpening());
      // Row commands under the columns of a run are nobody's event.
      tick = std::min(tick, std::max(own, lane.channel.leastColumn()));
    }
    if (tick >= kNever)
      return kNever;
    return std::max(timing.clockUp(tick), timing.clock(now) + 1);
  }

  int64_t queued() const { return int64_t(pending.size() - unused.size()); }

  const rt::DramParams dram;
  const TickTiming timing;
  ChannelCounters counters;

private:
  struct Lane {
    Lane(const rt::DramParams &dram, const TickTiming &timing, const rt::AddressMap &map, int64_t number, int index)
        : channel(dram, timing, map, number, index) {}
    PseudoChannel channel;
    ColumnChoice column;
    RowChoice row;
    bool stale = false; ///< `update` may change it at the next tick
    bool columnStale = true, rowStale = true;
    void changed() { stale = columnStale = rowStale = true; }
  };
  struct Pending {
    MemoryBurst burst;
    int parts;
    int64_t left;
    bool missed;
    PartTimes times; ///< of the part that ends last
  };

  const rt::AddressMap map;
  Patterns patterns;
  const Channel::Done onDone;
  const Channel::Sink sink;
  const bool usesCalendar;
  Calendar calendar;
  std::vector<Lane> lanes;
  std::vector<Pending> pending;
  std::vector<uint32_t> unused;
  int64_t now = -1, rowFree = 0; ///< now: all ticks up to it are decided
  size_t lastColumnLane = 1, lastRowLane = 1;
  int64_t lastBlock = -1;
  rt::DramCell lastBase;

  /// Asked for twice for each burst: whether there is room, and on its arrival.
  const rt::DramCell &baseOf(const MemoryBurst &burst) {
    int64_t block = burst.offset / map.blockBytes();
    if (block != lastBlock) {
      lastBlock = block;
      lastBase = map.base(block);
    }
    return lastBase;
  }
  /// The pseudo-channel bit lies inside the block (a burst then has a part on each) or above it.
  Lane &laneOf(rt::DramCell base, int part) {
    base.pseudoChannel += part;
    return lanes[size_t(map.mixed(base).pseudoChannel)];
  }
  Calendar *booking() { return usesCalendar ? &calendar : nullptr; }
  const Calendar *rowBooking() const { return timing.sharedBus ? &calendar : nullptr; }

  const ColumnChoice &columnOf(Lane &lane, int64_t floor) {
    bool taken = usesCalendar && lane.column.tick < kNever && calendar.booked(timing.clock(lane.column.tick));
    if (lane.columnStale || taken) {
      lane.column = lane.channel.chooseColumn(floor, booking());
      lane.columnStale = false;
      if (lane.column.place >= 0) // asked for when the run begins
        __builtin_prefetch(&pending[lane.channel.entry(lane.column.place).burst], 1);
    }
    return lane.column;
  }
  const RowChoice &rowOf(Lane &lane, int64_t floor) {
    bool taken =
        lane.row.tick < rowFree || (timing.sharedBus && lane.row.tick < kNever && calendar.booked(lane.row.tick));
    if (lane.rowStale || taken) {
      lane.row = lane.channel.chooseRow(std::max(floor, rowFree), rowBooking());
      lane.rowStale = false;
    }
    return lane.row;
  }

  int64_t nextTick() {
    int64_t tick = kNever;
    for (Lane &lane : lanes) {
      if (lane.stale)
        return now + 1;
      tick = std::min(tick, lane.channel.nextDue());
    }
    for (Lane &lane : lanes)
      tick = std::min({tick, columnOf(lane, now + 1).tick, rowOf(lane, now + 1).tick});
    return tick;
  }

  void process(int64_t tick) {
    for (Lane &lane : lanes) {
      if (lane.channel.nextDue() <= tick) {
        lane.channel.countDue(tick);
        lane.stale = true;
      }
      if (lane.stale && lane.channel.update(tick))
        lane.columnStale = lane.rowStale = true;
      lane.stale = false;
    }
    // The pseudo-channel that was served last comes last.
    size_t first = lanes.size() > 1 ? 1 - lastColumnLane : 0;
    issueColumns(tick, first);
    if (lanes.size() > 1)
      issueColumns(tick, 1 - first);
    issueRow(tick);
    now = tick;
    for (Lane &lane : lanes)
      lane.stale = lane.stale && lane.channel.wouldUpdate();
  }

  void issueColumns(int64_t tick, size_t index) {
    Lane &lane = lanes[index];
    if (columnOf(lane, tick).tick != tick)
      return;
    uint32_t burst = lane.channel.entry(lane.column.place).burst;
    PartTimes times = lane.channel.issueColumns(lane.column, booking(), sink, counters);
    lastColumnLane = index;
    lane.changed();
    Pending &p = pending[burst];
    p.missed |= times.missed;
    p.left = tick;
    if (!p.times.done || times.done > p.times.done)
      p.times = times;
    if (--p.parts)
      return;
    finish(p);
    unused.push_back(burst);
  }

  void issueRow(int64_t tick) {
    size_t best = lanes.size();
    for (size_t i = 0; i < lanes.size(); ++i) {
      size_t index = lanes.size() > 1 ? (i ? lastRowLane : 1 - lastRowLane) : 0;
      const RowChoice &choice = rowOf(lanes[index], tick);
      if (choice.tick != tick)
        continue;
      if (best == lanes.size() || (choice.place < 0 && lanes[best].row.place >= 0))
        best = index;
    }
    if (best == lanes.size())
      return;
    Lane &lane = lanes[best];
    lane.columnStale |= lane.channel.issueRow(lane.row, sink, counters);
    int64_t length = lane.channel.rowTicks(lane.row.kind);
    rowFree = tick + length;
    if (timing.sharedBus)
      for (int64_t slot = tick; slot < rowFree; ++slot)
        calendar.book(slot);
    lastRowLane = best;
    lane.rowStale = true;
    lane.stale |= lane.row.place < 0; // a rank may owe more than the refresh it got
  }

  /// Rule MS1: each instant between arrival and first column has one cause, refresh before row before turnaround.
  void finish(const Pending &p) {
    auto clock = [&](int64_t tick) { return timing.clockUp(tick); };
    const PartTimes &t = p.times;
    int64_t begin = p.burst.arrival, end = timing.clock(t.first);
    struct Span {
      int64_t from, to;
      int64_t length() const { return std::max<int64_t>(0, to - from); }
      Span operator&(Span other) const { return {std::max(from, other.from), std::min(to, other.to)}; }
    };
    auto span = [&](int64_t from, int64_t to) {
      return from < 0 ? Span{0, 0} : Span{std::max(begin, clock(from)), std::min(end, clock(std::min(to, t.first)))};
    };
    Span refresh = span(t.refreshFrom, t.refreshTo), row = span(t.rowStart, t.ready), turn = span(t.turnFrom, t.turnTo);
    BurstTimes out{};
    out.id = p.burst.id, out.write = p.burst.write, out.rowHit = !p.missed;
    out.arrival = begin, out.left = timing.clock(p.left), out.firstColumn = end, out.done = clock(t.done);
    out.rowReady = t.missed ? std::clamp(clock(t.ready), begin, end) : begin;
    out.refresh = refresh.length();
    out.rowMiss = row.length() - (row & refresh).length();
    out.turnaround =
        turn.length() - (turn & refresh).length() - (turn & row).length() + (turn & row & refresh).length();
    out.transfer = out.done - end;
    out.memoryQueue = end - begin - out.refresh - out.rowMiss - out.turnaround;
    ++(out.rowHit ? counters.rowHits : counters.rowMisses);
    (p.burst.write ? counters.writeBytes : counters.readBytes) += p.burst.bytes;
    if (onDone)
      onDone(out);
  }
};

Channel::Channel(const rt::DramParams &dram, int64_t number, Done onDone, Sink sink)
    : core(std::make_unique<ChannelCore>(dram, number, std::move(onDone), std::move(sink))) {}
Channel::~Channel() = default;
Channel::Channel(Channel &&) noexcept = default;

bool Channel::canAccept(const MemoryBurst &burst) const { return core->canAccept(burst); }
void Channel::push(const MemoryBurst &burst) { core->push(burst); }
void Channel::advance(int64_t clock) { core->advanceTo((clock + 1) * core->timing.perClock - 1); }
int64_t Channel::nextEvent() const { return core->nextEvent(); }
int64_t Channel::queued() const { return core->queued(); }
const ChannelCounters &Channel::counters() const { return core->counters; }
int64_t Channel::ticksPerClock() const { return core->timing.perClock; }

} // namespace garam::sim
