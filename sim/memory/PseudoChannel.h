// One pseudo-channel: banks, queues and what may be issued when. It decides nothing about the shared command buses; the
// channel asks it for its next column run and row command and says which it may issue.
#pragma once

#include "sim/memory/Calendar.h"
#include "sim/memory/Channel.h"
#include "sim/memory/Queue.h"
#include "sim/memory/TickTiming.h"

#include <array>
#include <cstdint>

namespace garam::sim {

inline constexpr int kRead = 0, kWrite = 1;

/// The next column run: `place` of the active queue, first column at `tick`.
struct ColumnChoice {
  int64_t tick = kNever;
  int place = -1;
};

/// The next row command; refresh work goes before bursts.
struct RowChoice {
  int64_t tick = kNever;
  CommandKind kind = CommandKind::Act;
  int bank = -1;  ///< flat; of PreA and RefAb, the first of the stack id
  int place = -1; ///< of the burst it is issued for; -1: refresh
};

/// What a part's times are cut from; ticks.
struct PartTimes {
  int64_t first, done, ready;
  int64_t rowStart, refreshFrom, refreshTo, turnFrom, turnTo; ///< from < 0: none
  bool missed;
};

class PseudoChannel {
public:
  PseudoChannel(const rt::DramParams &dram, const TickTiming &timing, const rt::AddressMap &map, int64_t number,
                int index);

  bool hasRoom(int direction) const { return queue[direction].count() < capacity[direction]; }
  int64_t queued() const { return queue[kRead].count() + queue[kWrite].count(); }
  /// What of the choices may be another now.
  struct Effect {
    bool column, row;
  };
  Effect arrive(int direction, uint32_t burst, const PartPattern &pattern, const rt::DramCell &base, int64_t tick);

  /// Rules MW1 and MF2 at the start of a tick: mode of the queues, refreshes that take a bank. True if anything
  /// changed.
  bool update(int64_t tick);
  /// Whether `update` at the next tick would change anything if nothing arrives.
  bool wouldUpdate() const;
  int64_t nextDue() const { return due; }
  /// Counts the refreshes that fall due up to `tick`.
  void countDue(int64_t tick);

  ColumnChoice chooseColumn(int64_t floor, const Calendar *calendar) const;
  /// `free` is the first tick at which the row bus is free.
  RowChoice chooseRow(int64_t floor, const Calendar *shared);
  /// Issues all columns of the choice and takes its entry out of the queue.
  PartTimes issueColumns(const ColumnChoice &choice, Calendar *calendar, const Channel::Sink &sink,
                         ChannelCounters &counters);
  /// True if the choice of a column run may be another one now.
  bool issueRow(const RowChoice &choice, const Channel::Sink &sink, ChannelCounters &counters);

  int direction() const { return mode; }
  const Entry &entry(int place) const { return queue[mode].entries[place]; }
  /// No column command is legal before this tick, whatever is open.
  int64_t leastColumn() const { return std::min(columnReady[kRead], columnReady[kWrite]); }
  /// Least ticks from a row command to a column that it makes possible.
  int64_t leastOpening() const { return std::min(timing.actRd, timing.actWr); }
  int64_t rowTicks(CommandKind kind) const;

private:
  struct alignas(64) Bank { // a line of the host's cache
    int32_t row = -1;       ///< -1: closed
    int64_t opened = 0;     ///< its last ACT
    int64_t preReady = 0, actReady = 0, refReady = 0;
    int64_t refreshFrom = -1, refreshTo = -1; ///< the last time a refresh held it
    int64_t used = -1;                        ///< its last column command
  };
  struct Rank { ///< a stack id
    int64_t nextDue = 0, owed = 0;
    uint64_t left = 0;  ///< banks not refreshed in this round
    uint64_t taken = 0; ///< banks that the pending refresh holds; 0: none
  };
  const rt::DramParams &dram;
  const TickTiming &timing;
  const rt::AddressMap &map;
  const int index;
  int bankGroups, banksPerRank, ranks;
  std::array<uint8_t, 64> groupOf; ///< flat group of a flat bank
  int64_t awayAccesses;            ///< column accesses in the time that a refresh takes a bank away
  int64_t due = kNever;            ///< the earliest of the ranks

  std::array<Queue, 2> queue;
  std::array<int64_t, 2> capacity;
  std::array<std::array<uint64_t, 64>, 2> users{}, hits{}; ///< by direction and bank: entries; those whose row is open
  std::array<uint64_t, 2> wanted{};                        ///< banks with users
  std::array<Bank, 64> banks;
  std::array<Rank, 4> rank;
  uint64_t openBanks = 0, takenBanks = 0;

  uint64_t window = 0; ///< entries of the active queue that row commands are issued for
  bool windowStale = true;

  int mode = kRead;
  int64_t bypassed = 0; ///< runs issued in this mode while the other queue waited
  int64_t drainTo = 0;

  std::array<int64_t, 2> columnReady{};                ///< by direction, any group
  std::array<std::array<int64_t, 64>, 2> groupReady{}; ///< by direction and flat group
  std::array<int64_t, 64> groupWrite;                  ///< last write of a flat group
  std::array<int64_t, 2> lastColumn{-1, -1};           ///< by direction
  int64_t rankColumn = -kNever;                        ///< last column, and of which stack id
  int rankOfColumn = -1;
  int64_t actReady = 0, refreshReady = 0, preReady = 0;
  std::array<int64_t, 64> groupAct{};
  std::array<int64_t, 4> lastActs; ///< the last four activates, a ring
  int oldestAct = 0;

  bool wouldSwitch() const;
  uint64_t refreshCandidate(const Rank &rank, int number) const;
  uint64_t rankBanks(int number) const {
    return (banksPerRank == 64 ? ~uint64_t(0) : (uint64_t(1) << banksPerRank) - 1) << number * banksPerRank;
  }
  RowChoice chooseRefresh(int64_t floor, const Calendar *shared) const;
  /// First column of a direction after the bank's ACT.
  int64_t columnReadyOf(const Bank &bank, int direction) const {
    return bank.opened + (direction == kRead ? timing.actRd : timing.actWr);
  }
  int64_t fits(int64_t tick, int64_t length, const Calendar *shared) const;
  void close(int bank);
  void activated(int64_t tick, int bank);
  const int64_t *runClocks(const Entry &entry, int64_t tick, Calendar *calendar, std::array<int64_t, 64> &slow) const;
  DramCommand command(int64_t tick, CommandKind kind, int bank) const;
};

} // namespace garam::sim
