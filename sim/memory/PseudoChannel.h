// One pseudo-channel: banks, queues and what may be issued when. It decides nothing about the shared command buses; the
// channel asks it for its next column run and row command and says which it may issue.
//
// Nothing is worked out twice. A bank's next row command is decided again when something changed the bank or who waits
// for it (`dirty`); the next column run when the last one was issued, else only the entries that got ready since are
// compared with it. Both choices stay as they are until something that decides them changes.
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
  /// `columns` and `rows`: bookings of other pseudo-channels and other commands on the buses; null if there are none.
  PseudoChannel(const rt::DramParams &dram, const TickTiming &timing, const rt::AddressMap &map, int64_t number,
                int index, Calendar *columns, const Calendar *rows);

  bool hasRoom(int direction) const { return queue[direction].count() < capacity[direction]; }
  int64_t queued() const { return queue[kRead].count() + queue[kWrite].count(); }
  void arrive(int direction, uint32_t burst, const PartPattern &pattern, const rt::DramCell &base, int64_t tick);

  /// Whether `beginTick` would change anything at the next tick, if nothing arrives and nothing falls due.
  bool unsettled() const { return restless; }
  int64_t nextDue() const { return due; }
  /// Counts the refreshes that fall due; rules MW1 and MF2.
  void beginTick(int64_t tick) {
    if (due <= tick)
      countDue(tick);
    if (restless)
      update(tick);
  }

  /// When anything happens by itself. `floor`: the first tick that is not decided; `rowFloor`: and at which the row bus
  /// is free.
  int64_t nextTick(int64_t floor, int64_t rowFloor) {
    if (restless)
      return floor;
    return std::min({due, column(floor).tick, row(rowFloor).tick});
  }
  /// `floor`: the first tick that is not decided.
  const ColumnChoice &column(int64_t floor) {
    if (columnStale)
      chooseColumn(floor);
    return column_;
  }
  /// Something else was booked on the column bus.
  void columnsBooked() {
    columnStale |= column_.tick < kNever && columns->booked(timing.clock(column_.tick));
    rowStale |= rows != nullptr;
  }
  /// `floor`: the first tick that is not decided and at which the row bus is free.
  const RowChoice &row(int64_t floor) {
    if (rowStale || row_.tick < floor)
      chooseRow(floor);
    return row_;
  }
  /// Issues all columns of the chosen run and takes its entry out of the queue.
  PartTimes issueColumns(const Channel::Sink &sink, ChannelCounters &counters);
  /// Issues the chosen row command.
  void issueRow(const Channel::Sink &sink, ChannelCounters &counters);

  /// Of the chosen run.
  uint32_t burst() const { return queue[mode].entries[size_t(column_.place)].burst; }
  /// No column command is legal before this tick, whatever is open.
  int64_t leastColumn() const { return std::min(columnReady[kRead], columnReady[kWrite]); }
  /// Least ticks from a row command to a column that it makes possible.
  int64_t leastOpening() const { return std::min(timing.actRd, timing.actWr); }
  int64_t rowTicks(CommandKind kind) const {
    return kind == CommandKind::Act                                ? timing.actTicks
           : kind == CommandKind::Pre || kind == CommandKind::PreA ? timing.preTicks
                                                                   : timing.refTicks;
  }

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
    int64_t ready = 0;  ///< of these, for their next command
  };
  /// Banks that wait for a row command for a burst. Those that are `ripe` wait for nothing of their own any more.
  struct Waiting {
    uint64_t banks = 0, ripe = 0;
    uint64_t places = 0;   ///< deciders of the ripe ones, and maybe more
    int64_t next = kNever; ///< at most the least `rowReady` of those that are not ripe
    void remove(uint64_t set) { banks &= ~set, ripe &= ~set; }
  };
  const rt::DramParams &dram;
  const TickTiming &timing;
  const rt::AddressMap &map;
  const int index;
  Calendar *const columns;
  const Calendar *const rows;
  int bankGroups, banksPerRank, ranks;
  bool closedPage, mixes;          ///< page policy; whether the map has an exclusive or
  std::array<uint8_t, 64> groupOf; ///< flat group of a flat bank
  int64_t due = kNever;            ///< the earliest of the ranks
  bool restless = false;

  std::array<Queue, 2> queue;
  std::array<int64_t, 2> capacity;
  std::array<std::array<uint64_t, 64>, 2> users{}, hits{}; ///< by direction and bank: entries; those whose row is open
  std::array<uint64_t, 2> wanted{};                        ///< banks with users
  std::array<std::array<uint64_t, 4>, 2> ofRank{};         ///< by direction and stack id: entries
  std::array<Bank, 64> banks;
  std::array<Rank, 4> rank;
  uint64_t openBanks = 0, takenBanks = 0;
  unsigned pendingRanks = 0;     ///< ranks with banks taken
  int64_t refreshLeast = kNever; ///< of the pending ranks, the least `ready` or less
  unsigned owing = 0;            ///< ranks that owe a refresh and have not given a bank

  int mode = kRead;
  int64_t bypassed = 0; ///< runs issued in this mode while the other queue waited
  int64_t drainTo = 0;

  // The next row command. A bank's one is decided by the oldest burst of the window that uses it.
  Queue::Window window; ///< entries of the active queue that row commands are issued for
  Queue::Window soon;   ///< those whose banks are near (rule MF2)
  uint64_t dirty = 0;   ///< banks whose next row command may be another one
  Waiting toActivate, toPrecharge;
  std::array<int64_t, 64> rowReady; ///< of the banks of both, as far as the bank itself decides
  std::array<uint8_t, 64> decider;  ///< the burst's place
  RowChoice row_;
  bool rowStale = true;

  ColumnChoice column_;
  bool columnStale = true;

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

  void countDue(int64_t tick);
  void update(int64_t tick);
  void switchMode();
  bool wouldSwitch() const {
    int64_t reads = queue[kRead].count(), writes = queue[kWrite].count();
    if (mode == kRead)
      return writes && (!reads || bypassed >= dram.starvationLimit || (bypassed && writes >= dram.writeHigh));
    return reads && (writes <= drainTo || bypassed >= dram.starvationLimit);
  }
  bool wouldUpdate() const { return wouldSwitch() || (owing && anyCandidate()); }
  bool anyCandidate() const;
  uint64_t refreshCandidate(const Rank &rank, int number) const;
  uint64_t rankBanks(int number) const {
    return (banksPerRank == 64 ? ~uint64_t(0) : (uint64_t(1) << banksPerRank) - 1) << number * banksPerRank;
  }

  void chooseColumn(int64_t floor);
  int64_t columnTick(const Entry &entry, int64_t base) const {
    return std::max({base, entry.ready, groupReady[mode][entry.segment[0].group]});
  }
  /// First tick of a column of a stack id.
  int64_t columnBase(int64_t floor, bool sameRank) const {
    const int64_t base = std::max(floor, columnReady[mode]);
    return sameRank ? base : std::max(base, rankColumn + timing.ccdR);
  }
  void bestOf(uint64_t set, int64_t base);
  int64_t columnSlot(int64_t tick) const {
    int64_t clock = timing.clockUp(tick);
    return (columns ? columns->nextFree(clock) : clock) << timing.perClockBits;
  }
  void gotReady(int place, int64_t floor);
  const int64_t *runClocks(const Entry &entry, std::array<int64_t, 64> &slow) const;
  void tellColumns(const Entry &entry, const int64_t *clocks, uint64_t closing, const Channel::Sink &sink) const;

  void decideBanks();
  void wait(Waiting &waiting, int bank, int64_t ready) {
    waiting.banks |= bit(bank), waiting.ripe &= ~bit(bank);
    rowReady[size_t(bank)] = ready;
    waiting.next = std::min(waiting.next, ready);
  }
  /// The banks that no entry of the window uses but those that have just joined it.
  uint64_t undecided(int direction, uint64_t joined, uint64_t among) const;
  // Row commands to choose from are numbers of which the least is the choice: tick, refreshes before bursts, age of the
  // burst, bank.
  static constexpr int kTickShift = 13;
  static constexpr uint64_t kForBurst = uint64_t(1) << 12, kNothing = ~uint64_t(0);
  uint64_t offer(int64_t tick, int bank) const {
    return uint64_t(tick) << kTickShift | kForBurst | queue[mode].age(decider[size_t(bank)]) << 6 | uint64_t(bank);
  }
  void chooseRow(int64_t floor);
  uint64_t ripen(Waiting &waiting, int64_t floor, bool activate);
  uint64_t ripeActivate(int64_t floor);
  uint64_t ripePrecharge(int64_t floor);
  uint64_t bestRefresh(int64_t floor) const;
  void noteRow(uint64_t best);
  int64_t fits(int64_t tick, int64_t length) const;
  void open(int bank, int32_t row, int64_t tick);
  void close(int bank);
  void activated(int64_t tick, int bank);
  void refreshed(const RowChoice &choice);
  void settleRank(Rank &rank);
  /// First column of a direction after the bank's ACT.
  int64_t columnReadyOf(const Bank &bank, int direction) const {
    return bank.opened + (direction == kRead ? timing.actRd : timing.actWr);
  }
  DramCommand command(int64_t tick, CommandKind kind, int bank) const;
};

} // namespace garam::sim
