// The controller of one memory channel, exact at the level of DRAM commands; rules in docs/hardware/memory.md. Plain
// C++ without SystemC: whoever drives it owns the time.
//
//   at clock c:   for each burst that arrives: if (channel.canAccept(b)) channel.push(b);
//                 channel.advance(c);                    // takes all decisions up to and including clock c
//                 wake at channel.nextEvent(), or earlier if something arrives
//
// All of a burst's times are known when its last column command is decided: `onDone` is called then, with the clock of
// the last data beat in the future. How far `advance` goes in one call changes nothing but the moment of these calls.
#pragma once

#include "runtime/chip/Dram.h"
#include "sim/memory/Command.h"

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>

namespace garam::sim {

inline constexpr int64_t kNever = std::numeric_limits<int64_t>::max() / 4;

/// At most `interleaveBytes`, inside one interleave of the channel.
struct MemoryBurst {
  uint64_t id;
  bool write;
  int64_t offset; ///< in the channel, as rt::channelPlace gives it
  int64_t bytes;
  int64_t arrival; ///< clock of the controller
};

/// What became of a burst; clocks of the controller. Of a burst on both pseudo-channels, the times are those of the
/// part that ends last, except for `left`.
struct BurstTimes {
  uint64_t id;
  bool write, rowHit; ///< no row command was issued for it
  int64_t arrival;
  int64_t left;        ///< it left the queue: its entry is free from the next clock on
  int64_t rowReady;    ///< its rows were open (at most `firstColumn`; `arrival` if they were all along)
  int64_t firstColumn; ///< column command
  int64_t done;        ///< end of the last data beat
  /// Cut of `done` - `arrival`: adds up. Rule MS1.
  int64_t memoryQueue, rowMiss, refresh, turnaround, transfer;
};

struct ChannelCounters {
  int64_t rowHits = 0, rowMisses = 0;                   ///< bursts
  int64_t activates = 0, precharges = 0, refreshes = 0; ///< commands; a precharge that rides on a column counts
  int64_t readCommands = 0, writeCommands = 0;          ///< column commands, of `accessBytes` each
  int64_t readBytes = 0, writeBytes = 0;                ///< of the bursts
};

class ChannelCore;
struct DramPlan;

/// For all channels of a memory that run in one thread. `dram` has been through rt::finishDram.
std::shared_ptr<DramPlan> planOf(const rt::DramParams &dram);

class Channel {
public:
  using Done = std::function<void(const BurstTimes &)>;
  using Sink = std::function<void(const DramCommand &)>;

  /// `number` is the channel's in the die; it staggers refreshes.
  Channel(std::shared_ptr<DramPlan> plan, int64_t number, Done onDone, Sink sink = nullptr);
  Channel(const rt::DramParams &dram, int64_t number, Done onDone, Sink sink = nullptr)
      : Channel(planOf(dram), number, std::move(onDone), std::move(sink)) {}
  ~Channel();
  Channel(Channel &&) noexcept;

  /// Free entries in the queues of every pseudo-channel that the burst touches, as decided so far.
  bool canAccept(const MemoryBurst &burst) const;
  /// Needs canAccept, and an arrival later than the clock up to which all is decided. Decides all before the arrival.
  void push(const MemoryBurst &burst);
  /// Pushes as soon as the queues have room, at `clock` or later; gives that clock. Decides all before it.
  int64_t pushFrom(int64_t clock, MemoryBurst burst);
  /// Decides all until the queues are empty.
  void drain();
  /// Decides everything up to and including `clock`. Commands of a column run are told to the sink when the run is
  /// decided.
  void advance(int64_t clock);
  /// No burst leaves a queue, and `onDone` is not called, before this clock unless something arrives; kNever if all is
  /// empty.
  int64_t nextEvent() const;
  /// Least clocks from the one in which a burst leaves its queue to its last data beat.
  int64_t leastLatency() const;
  /// Bursts that have not left.
  int64_t queued() const;
  const ChannelCounters &counters() const;
  int64_t ticksPerClock() const;

private:
  std::unique_ptr<ChannelCore> core;
};

} // namespace garam::sim
