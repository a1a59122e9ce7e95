// One pseudo-channel: banks, queues and what may be issued when. It decides nothing about the shared command buses; the
// channel asks it for its next column run and row command and says which it may issue.
//
// Nothing is worked out twice. A bank's next row command is decided again when something changed the bank or who waits
// for it (`dirty`); the next activate and the next precharge each when one was issued or what decides it changed; the
// next column run when the last one was issued, else only the entries that got ready since are compared with it. All
// choices stay as they are until something that decides them changes.
#pragma once

#include "sim/memory/Calendar.h"
#include "sim/memory/Channel.h"
#include "sim/memory/Queue.h"
#include "sim/memory/TickTiming.h"
#include "sim/memory/Waiting.h"

#include <array>
#include <cstdint>

namespace garam::sim {

inline constexpr int kRead = 0, kWrite = 1;

/// The next column run: `place` of the active queue, first column at `tick`.
struct ColumnChoice {
  int64_t tick = kNever;
  int place = -1;
};

/// The next row command as a number, of which the least of several is the choice: tick, refreshes before bursts, age of
/// the burst (for a refresh zero), bank (stack id), and what decides nothing here: whether it yields (rule MR1).
struct RowChoice {
  static constexpr int kTickShift = 14, kAgeShift = 7, kBankShift = 1;
  static constexpr uint64_t kForBurst = uint64_t(1) << 13, kYields = 1, kNothing = ~uint64_t(0);
  uint64_t offer = kNothing;
  int64_t tick = kNever;
  bool forBurst() const { return offer & kForBurst; }
  int subject() const { return int(offer >> kBankShift & 63); } ///< bank; of a refresh the stack id
  /// At the same tick it comes before what the other pseudo-channel has.
  bool before(const RowChoice &other) const {
    return (offer & (kForBurst | kYields)) < (other.offer & (kForBurst | kYields));
  }
};

/// What a part's times are cut from; ticks.
struct PartTimes {
  int64_t first, done, ready;
  int64_t rowStart, refreshFrom, refreshTo, turnFrom, turnTo; ///< from < 0: none
  bool missed;
};

/// Of functions with one caller or two, on the way of every command.
#define GARAM_INLINE [[gnu::always_inline]] inline

class PseudoChannel {
public:
  /// `columns` and `rows`: bookings of other pseudo-channels and other commands on the buses; null if there are none.
  PseudoChannel(const rt::DramParams &dram, const TickTiming &timing, const rt::AddressMap &map, int64_t number,
                int index, Calendar *columns, const Calendar *rows);

  PseudoChannel(const PseudoChannel &) = delete;

  bool hasRoom(int direction) const { return sides[direction].queue.count() < sides[direction].capacity; }
  int64_t queued() const { return own->queue.count() + other->queue.count(); }
  /// What `arrive` will touch.
  void prefetchFor(int direction, const PartPattern &pattern, const rt::DramCell &base) const {
    const Side &side = sides[size_t(direction)];
    side.queue.prefetchNext();
    for (int i = 0; i < pattern.segmentCount; ++i) {
      const int bank = flatBank(pattern, base, i);
      prefetch(&banks[size_t(bank)]);
      prefetch(&side.bank[size_t(bank)]);
    }
  }
  void arrive(int direction, uint32_t burst, const PartPattern &pattern, const rt::DramCell &base, int64_t tick);

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
    return next >= floor && row_.tick >= rowFloor ? next : lookAhead(floor, rowFloor);
  }
  /// `floor`: the first tick that is not decided.
  const ColumnChoice &column(int64_t floor) {
    if (column_.tick < floor)
      chooseColumn(floor);
    return column_;
  }
  /// Something else was booked on the column bus.
  void columnsBooked() {
    if (column_.tick >= 0 && column_.tick < kNever && columns->booked(timing.clock(column_.tick)))
      forgetColumn();
    if (rows)
      forgetRow();
  }
  /// `floor`: the first tick that is not decided; `rowFloor`: and at which the row bus is free.
  const RowChoice &row(int64_t floor, int64_t rowFloor) {
    if (row_.tick < rowFloor)
      lookAhead(floor, rowFloor);
    return row_;
  }
  /// Issues all columns of the chosen run and takes its entry out of the queue.
  PartTimes issueColumns(const Channel::Sink &sink, ChannelCounters &counters);
  /// Issues the chosen row command; gives for how long it holds the bus.
  int64_t issueRow(const Channel::Sink &sink, ChannelCounters &counters);

  /// Of the chosen run.
  uint32_t burst() const { return own->queue.entries[size_t(column_.place)].burst; }
  /// No column run begins before this tick unless something arrives. `floor`: the first tick that is not decided;
  /// `rowFloor`: and at which the row bus is free.
  int64_t leastRun(int64_t floor, int64_t rowFloor) {
    if (!restless)
      floor = std::min(column(floor).tick, row(floor, rowFloor).tick + leastOpening);
    // Row commands under the columns of a run begin none.
    return std::max(floor, std::min(own->columnReady, other->columnReady));
  }

private:
  static constexpr int64_t kStale = -1; ///< tick of a choice that is to be made again
  struct alignas(32) Bank {             // those that a burst uses lie in two lines of the host's cache
    int32_t row = -1;                   ///< -1: closed
    int64_t preReady = 0, refReady = 0;
    int64_t actReady = 0; ///< a rising edge; of an open one, tRC after its last ACT
  };
  struct Held { ///< the last time a refresh held a bank
    int64_t from = -1, to = -1;
  };
  struct Rank { ///< a stack id
    int64_t nextDue = 0, owed = 0;
    uint64_t left = 0;  ///< banks not refreshed in this round
    uint64_t taken = 0; ///< banks that the pending refresh holds; 0: none
    uint64_t candidate; ///< banks to be taken next, as `findCandidates` saw it; 0: none
    int64_t ready = 0;  ///< of the banks taken, for their next command
  };
  /// What there is for reads and for writes.
  struct Side {
    const int64_t capacity;
    const int64_t opening;   ///< ticks from an activate to a column
    int64_t columnReady = 0; ///< first tick of a column, any group
    int64_t lastColumn = -1;
    uint64_t wanted = 0;              ///< banks with users
    std::array<uint64_t, 4> ofRank{}; ///< by stack id: entries
    Queue queue;
    struct OfBank {
      uint64_t users = 0, hits = 0; ///< entries; those whose row is open
    };
    std::array<OfBank, 64> bank{};
    std::array<int64_t, 64> groupReady{}; ///< by flat group
  };

  // What every event looks at comes first and lies close together.
  int64_t next = kStale; ///< when anything happens by itself
  int64_t due = kNever;  ///< the earliest of the ranks
  RowChoice row_{.tick = kStale};
  ColumnChoice column_{.tick = kStale};
  bool restless = false; ///< `beginTick` changes something at the next tick
  bool activateStale = true, prechargeStale = true;
  bool candidatesKnown = false; ///< of all ranks that owe
  unsigned pendingRanks = 0;    ///< ranks with banks taken
  unsigned owing = 0;           ///< ranks that owe a refresh and have not given a bank
  int mode = kRead;
  Side *own = &sides[kRead], *other = &sides[kWrite];         ///< of the mode, and not
  uint64_t nextActivate = kNothing, nextPrecharge = kNothing; ///< offers
  int64_t actReady = 0, refreshReady = 0, preReady = 0;
  int64_t preAllReady = 0; ///< of one that closes all banks, beside preReady
  int64_t refreshLeast = kNever; ///< none of the pending ranks can have a command before
  uint64_t dirty = 0;            ///< banks whose next row command may be another one
  uint64_t openBanks = 0, takenBanks = 0;
  Calendar *const columns;
  const Calendar *const rows;
  const TickTiming &timing;
  const rt::DramParams &dram;
  const rt::AddressMap &map;
  const int64_t leastOpening; ///< ticks from a row command to a column that it makes possible
  const int index, bankGroups, banksPerRank, ranks;
  const bool closedPage, mixes; ///< page policy; whether the map has an exclusive or

  int64_t bypassed = 0; ///< runs issued in this mode while the other queue waited
  int64_t drainTo = 0;
  int64_t rankColumn = -kNever; ///< last column, and of which stack id
  int rankOfColumn = -1;
  int oldestAct = 0;
  std::array<int64_t, 4> lastActs; ///< the last four activates, a ring
  // The next row command. A bank's one is decided by the oldest burst of the window that uses it.
  Queue::Window window; ///< entries of the active queue that row commands are issued for
  Queue::Window soon;   ///< those whose banks are near (rule MF2)
  std::array<Rank, 4> rank;
  std::array<uint8_t, 64> groupOf; ///< flat group of a flat bank
  std::array<int64_t, 64> groupAct{};
  std::array<int64_t, 64> groupWrite; ///< last write of a flat group
  Waiting toActivate, toPrecharge;
  std::array<Bank, 64> banks;
  std::array<Held, 64> held;
  std::array<int64_t, 64> lastUse; ///< last column command of a bank
  std::array<Side, 2> sides;

  /// Flat bank of a segment.
  int flatBank(const PartPattern &pattern, const rt::DramCell &base, int segment) const {
    auto flat = [&](const rt::DramCell &cell) {
      return cell.stackId * banksPerRank + cell.bank * bankGroups + cell.bankGroup;
    };
    if (!mixes)
      return flat(base) + pattern.segments[size_t(segment)].flat;
    rt::DramCell cell = base;
    cell.bank += pattern.cells[size_t(segment)].bank;
    cell.bankGroup += pattern.cells[size_t(segment)].bankGroup;
    return flat(map.mixed(cell));
  }

  void countDue(int64_t tick);
  void update(int64_t tick);
  void switchMode();
  bool wouldSwitch() const {
    if (mode == kRead && !other->queue.count())
      return false;
    const int64_t reads = sides[kRead].queue.count(), writes = sides[kWrite].queue.count();
    if (mode == kRead)
      return !reads || bypassed >= dram.starvationLimit || (bypassed && writes >= dram.writeHigh);
    return reads && (writes <= drainTo || bypassed >= dram.starvationLimit);
  }
  bool wouldUpdate() {
    candidatesKnown = !wouldSwitch();
    return !candidatesKnown || (owing && findCandidates());
  }
  bool findCandidates();
  uint64_t refreshCandidate(const Rank &rank, int number) const;
  uint64_t rankBanks(int number) const {
    return (banksPerRank == 64 ? ~uint64_t(0) : (uint64_t(1) << banksPerRank) - 1) << number * banksPerRank;
  }

  void chooseColumn(int64_t floor);
  int64_t columnTick(const Entry &entry, int64_t base) const {
    return std::max({base, entry.ready, own->groupReady[entry.firstGroup]});
  }
  /// First tick of a column of a stack id.
  int64_t columnBase(int64_t floor, bool sameRank) const {
    const int64_t base = std::max(floor, own->columnReady);
    return sameRank ? base : std::max(base, rankColumn + timing.ccdR);
  }
  void bestOf(uint64_t set, int64_t base);
  int64_t columnSlot(int64_t tick) const {
    int64_t clock = timing.clockUp(tick);
    return (columns ? columns->nextFree(clock) : clock) << timing.perClockBits;
  }
  void gotReady(int place, int64_t floor);
  GARAM_INLINE const int64_t *runTicks(const Entry &entry, std::array<int64_t, 64> &slow) const;
  void tellColumns(const Entry &entry, const int64_t *ticks, uint64_t closing, const Channel::Sink &sink) const;

  int64_t lookAhead(int64_t floor, int64_t rowFloor);
  void forgetRow() { row_.tick = next = kStale; }
  void forgetColumn() { column_.tick = next = kStale; }

  GARAM_INLINE void decideBanks(int64_t actFloor, int64_t preFloor);
  void awaitActivate(int bank, int place, int64_t floor) {
    const int64_t ready = banks[bank].actReady;
    toActivate.add(bank, ready, place, floor);
    nextActivate = std::min(nextActivate, offer(std::max({floor, ready, groupAct[groupOf[bank]]}), bank, toActivate));
  }
  GARAM_INLINE void awaitPrecharge(int bank, int place, int64_t floor);
  /// The banks that no entry of the window uses but those that have just joined it.
  uint64_t undecided(uint64_t joined, uint64_t among) const {
    uint64_t out = 0;
    for (; among; among &= among - 1)
      if (!(own->bank[lowest(among)].users & window.set() & ~joined))
        out |= among & -among;
    return out;
  }
  static constexpr uint64_t kNothing = RowChoice::kNothing;
  static int64_t tickOf(uint64_t offer) { return int64_t(offer >> RowChoice::kTickShift); }
  static uint64_t bankOf(uint64_t offer) { return bit(RowChoice{.offer = offer}.subject()); }
  uint64_t offer(int64_t tick, int bank, const Waiting &waiting) const {
    return uint64_t(tick) << RowChoice::kTickShift | RowChoice::kForBurst |
           own->queue.age(waiting.decider(bank)) << RowChoice::kAgeShift | uint64_t(bank) << RowChoice::kBankShift;
  }
  /// On a rising edge it yields to an activate of the other pseudo-channel, which has no other edge.
  uint64_t offerPrecharge(int64_t tick, int bank) const {
    const bool yields = timing.perClock > 1 && timing.isRising(tick);
    return offer(tick, bank, toPrecharge) | (yields ? RowChoice::kYields : 0);
  }
  GARAM_INLINE void chooseRow(int64_t floor);
  GARAM_INLINE uint64_t bestActivate(int64_t floor);
  GARAM_INLINE uint64_t ripeActivate(int64_t floor);
  GARAM_INLINE uint64_t bestPrecharge(int64_t floor);
  uint64_t bestOnSharedBus(int64_t actFloor, int64_t preFloor) const;
  uint64_t bestRefresh(int64_t floor);
  int64_t fits(int64_t tick, int64_t length) const;
  GARAM_INLINE void openFor(Side &side, uint64_t places, int bank, int64_t tick);
  void close(int bank) {
    banks[bank].row = -1;
    openBanks &= ~bit(bank);
    if (!(own->bank[bank].hits | other->bank[bank].hits))
      return;
    closeFor(*own, bank);
    closeFor(*other, bank);
  }
  void closeFor(Side &side, int bank);
  GARAM_INLINE int32_t activate(int bank, int64_t tick);
  GARAM_INLINE void activated(int64_t tick, int bank);
  GARAM_INLINE void precharge(int bank, int64_t tick);
  GARAM_INLINE void precharged(int bank, int64_t tick);
  static void served(Entry &entry, int64_t tick);
  int64_t refreshStep(int number, int64_t tick, const Channel::Sink &sink, ChannelCounters &counters);
  int64_t burstStep(int bank, int64_t tick, const Channel::Sink &sink, ChannelCounters &counters);
  /// From when on a precharge is no pair with a command of this pseudo-channel (rule MR5).
  int64_t unpaired(int64_t tick, int64_t length) const {
    return timing.isRising(tick) ? timing.rising(tick + length) : tick + length;
  }
  void refreshed(int number, int64_t tick);
  void settleRank(Rank &rank);
  void tell(const Channel::Sink &sink, int64_t tick, CommandKind kind, int bank, int32_t row) const;
  DramCommand command(int64_t tick, CommandKind kind, int bank) const;
};

} // namespace garam::sim
