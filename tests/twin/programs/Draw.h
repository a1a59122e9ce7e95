// Draws plans.
#pragma once

#include "tests/twin/programs/Plan.h"

#include <random>

namespace garam::twin {

class Draw {
public:
  Draw(const rt::Chip &chip, uint64_t seed);
  Plan plan();

  int64_t pick(int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(random); }
  bool chance(int percent) { return pick(1, 100) <= percent; }

private:
  /// Where the tasks of the block at hand may lie.
  struct Scope {
    int core; ///< Block::kAll: all
    int64_t trips = 1;
    int64_t step = 1;
    bool rotating = false;
    int64_t localMost, globalMost; ///< bytes of one operand
  };
  struct Panel {
    int64_t address, stride, perTrip;
  };
  struct Span {
    int64_t base, perTrip, perCore;
    bool own = false;
  };
  const rt::Chip chip;
  const Layout layout;
  std::mt19937_64 random;
  uint64_t seed;
  const bool loads;
  Scope scope{};

  KernelPlan kernel();
  Block block(const std::vector<int> &busy);
  Block storm();
  Task init();
  Task task();
  // One instruction each; Operands.cpp and Transfers.cpp.
  Task product();
  Task map();
  Task rotate();
  Task plain();
  Task sync();
  Task load();
  Task transfer();
  void drawWaiters(Task &task);

  template <class T> const T &among(const std::vector<T> &list) {
    return list[size_t(pick(0, int64_t(list.size()) - 1))];
  }
  int64_t count(int64_t most);
  rt::DType type(bool floats);
  rt::Chain chain();
  /// A piece of L1 or acc.
  int64_t local(Task &task, bool inAcc, int64_t span, int64_t align, bool write, bool sums, int64_t &perTrip);
  Panel panel(Task &task, int64_t rows, int64_t rowBytes, int64_t align, bool write, bool inAcc = false,
              bool sums = false);
  void place(Task &task, int addressSlot, int strideSlot, const Panel &panel);
  void field(Task &task, int slot, int64_t value);
};

} // namespace garam::twin
