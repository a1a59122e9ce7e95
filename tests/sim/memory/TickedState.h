// What the ticked controller keeps: what has happened, nothing derived.
#pragma once

#include "runtime/chip/DramAccess.h"
#include "sim/memory/Channel.h"
#include "tests/rules/Rules.h"

#include <deque>
#include <map>
#include <utility>
#include <vector>

namespace garam::test::ticked {

using rt::DramCell;

inline constexpr int64_t kLongAgo = -(int64_t(1) << 40);

struct Bank {
  int row = -1;
  int64_t act = kLongAgo, pre = kLongAgo, rd = kLongAgo, wr = kLongAgo, rda = kLongAgo, wra = kLongAgo,
          refAb = kLongAgo, refPb = kLongAgo;
  int64_t takenFrom = -1, takenTo = -1;
  bool taken = false;
};
struct Rank {
  std::vector<Bank> banks; ///< bank * groups + group
  std::vector<bool> left;
  int64_t nextDue = 0, owed = 0;
  bool pending = false;
};
struct Entry {
  sim::MemoryBurst burst;
  int64_t number;
  std::vector<DramCell> cells;
  int64_t rowStart = -1;
  bool missed = false;
};
struct Queue {
  std::deque<Entry> entries;
  int64_t arrived = 0;
};
struct Column {
  int64_t tick;
  bool write;
  DramCell cell;
};
struct Lane {
  Queue queue[2];
  int mode = 0;
  int64_t bypassed = 0, drainTo = 0;
  std::vector<Rank> ranks;
  std::vector<Column> columns; ///< recent ones
  std::map<std::pair<int32_t, int32_t>, int64_t> lastOfGroup[2];
  std::vector<std::pair<int64_t, DramCell>> acts; ///< activates and per-bank refreshes, recent ones
  int64_t pre = kLongAgo, refPb = kLongAgo;
};
/// The last row command of the channel; bank -1: all of the stack id.
struct RowCommand {
  int64_t tick = kLongAgo, length = 0;
  size_t lane = 0;
  int rank = 0, bank = -1;
};
struct Parts {
  int64_t count = 0, left = 0;
  bool missed = false;
  sim::BurstTimes last{};
};

} // namespace garam::test::ticked
