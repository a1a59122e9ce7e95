// The event-driven controller issues the commands of the ticked one, tick for tick, however far each call advances it.
#include "Cases.h"
#include "Ticked.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace garam::test {
namespace {

using sim::BurstTimes;
using sim::DramCommand;

struct Outcome {
  std::vector<DramCommand> commands;
  std::vector<BurstTimes> done;
  sim::ChannelCounters counters;
};

void sortCommands(std::vector<DramCommand> &commands) {
  auto key = [](const DramCommand &c) {
    return std::tuple(c.tick, c.kind, c.pseudoChannel, c.stackId, c.bankGroup, c.bank);
  };
  std::sort(commands.begin(), commands.end(),
            [&](const DramCommand &a, const DramCommand &b) { return key(a) < key(b); });
}

std::string text(const DramCommand &c) {
  return fmt::format("{} {} pc{} sid{} bg{} b{} row {} col {}", c.tick, sim::kCommandNames[int(c.kind)],
                     c.pseudoChannel, c.stackId, c.bankGroup, c.bank, c.row, c.column);
}

std::string text(const BurstTimes &b) {
  return fmt::format(
      "{}{} arrival {} left {} row {} first {} done {} = queue {} row {} refresh {} turn {} transfer {} {}",
      b.write ? 'W' : 'R', b.id, b.arrival, b.left, b.rowReady, b.firstColumn, b.done, b.memoryQueue, b.rowMiss,
      b.refresh, b.turnaround, b.transfer, b.rowHit ? "hit" : "miss");
}

/// Runs both side by side; a burst that finds no room waits, and both must agree on that.
void runCase(uint64_t seed) {
  Random random(seed);
  rt::DramParams dram = randomParams(random);
  Traffic traffic(random, dram);
  int64_t bursts = pick(random, 20, 200), number = pick(random, 0, 3);

  Outcome fast;
  sim::Channel channel(
      dram, number, [&](const BurstTimes &b) { fast.done.push_back(b); },
      [&](const DramCommand &c) { fast.commands.push_back(c); });
  Ticked ticked(dram, number);
  int64_t per = channel.ticksPerClock();

  int stepping = int(pick(random, 0, 2)); // 0: every clock, 1: at its own events, 2: only where something arrives
  sim::MemoryBurst next = traffic.next();
  int64_t left = bursts, idle = pick(random, 0, 1) ? 5000 : 0;
  for (int64_t clock = 0; left || ticked.done.size() < size_t(bursts) || idle-- > 0; ++clock) {
    ASSERT_LT(clock, 4'000'000) << "no progress, seed " << seed;
    std::vector<sim::MemoryBurst> arriving;
    // Both must have decided all before this clock for the question whether there is room.
    bool asks = left && next.arrival <= clock;
    if (asks && stepping != 0)
      channel.advance(clock - 1);
    while (left && next.arrival <= clock && arriving.empty()) {
      bool room = ticked.canAccept(next);
      ASSERT_EQ(room, channel.canAccept(next)) << "seed " << seed << " clock " << clock;
      if (!room)
        break;
      next.arrival = clock;
      channel.push(next);
      arriving.push_back(next);
      if (--left)
        next = traffic.next();
    }
    size_t before = fast.done.size();
    int64_t event = channel.nextEvent();
    if (stepping == 0 || (stepping == 1 && event <= clock))
      channel.advance(clock);
    if (stepping == 1 && event > clock) {
      ASSERT_EQ(fast.done.size(), before);
    }
    for (int64_t i = 0; i < per; ++i)
      ticked.step(i == 0 ? arriving : std::vector<sim::MemoryBurst>{});
    if (stepping != 2) {
      ASSERT_EQ(fast.done.size(), ticked.done.size()) << "seed " << seed << " clock " << clock;
    }
    if (!left && ticked.done.size() == size_t(bursts) && idle <= 0)
      channel.advance(clock);
  }

  sortCommands(fast.commands), sortCommands(ticked.commands);
  for (size_t i = 0; i < std::min(fast.commands.size(), ticked.commands.size()); ++i)
    ASSERT_EQ(text(fast.commands[i]), text(ticked.commands[i])) << "seed " << seed << " preset " << dram.preset;
  ASSERT_EQ(fast.commands.size(), ticked.commands.size()) << "seed " << seed;
  ASSERT_EQ(fast.done.size(), ticked.done.size());
  for (size_t i = 0; i < fast.done.size(); ++i) {
    const BurstTimes &b = fast.done[i];
    ASSERT_EQ(text(b), text(ticked.done[i])) << "seed " << seed << " preset " << dram.preset;
    ASSERT_EQ(b.done - b.arrival, b.memoryQueue + b.rowMiss + b.refresh + b.turnaround + b.transfer);
    ASSERT_TRUE(b.memoryQueue >= 0 && b.rowMiss >= 0 && b.refresh >= 0 && b.turnaround >= 0);
  }
  const sim::ChannelCounters &a = channel.counters(), &b = ticked.counters;
  EXPECT_EQ(std::tuple(a.rowHits, a.rowMisses, a.activates, a.precharges, a.refreshes, a.readCommands, a.writeCommands,
                       a.readBytes, a.writeBytes),
            std::tuple(b.rowHits, b.rowMisses, b.activates, b.precharges, b.refreshes, b.readCommands, b.writeCommands,
                       b.readBytes, b.writeBytes));
}

TEST(Channel, IssuesTheCommandsOfTheTickedReference) {
  const char *cases = std::getenv("GARAM_MEMORY_CASES"), *first = std::getenv("GARAM_MEMORY_SEED");
  uint64_t begin = first ? std::strtoull(first, nullptr, 10) : 1,
           count = cases ? std::strtoull(cases, nullptr, 10) : 600;
  for (uint64_t seed = begin; seed < begin + count; ++seed) {
    runCase(seed);
    if (HasFatalFailure())
      return;
  }
}

} // namespace
} // namespace garam::test
