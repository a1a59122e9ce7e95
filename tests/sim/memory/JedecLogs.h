// Command logs of random traffic, as the JEDEC checker reads them.
#pragma once

#include "Cases.h"
#include "Jedec.h"

namespace garam::test {

inline std::vector<jedec::Line> lines(std::vector<sim::DramCommand> commands, int64_t ticksPerClock) {
  // At one instant a row command counts before a column: an activate is in time for nothing, but a precharge may be too
  // early.
  std::stable_sort(commands.begin(), commands.end(), [](const auto &a, const auto &b) { return a.tick < b.tick; });
  std::vector<jedec::Line> out;
  for (const sim::DramCommand &c : commands)
    out.push_back({c.tick * 2 / ticksPerClock, std::string(sim::kCommandNames[size_t(c.kind)]), c.pseudoChannel,
                   c.stackId, c.bankGroup, c.bank, c.row, c.column});
  return out;
}

struct Log {
  std::vector<jedec::Line> lines;
  int64_t clocks = 0, refreshes = 0;
  jedec::Refresh refresh = jedec::Refresh::None;
};

inline jedec::Refresh refreshOf(const rt::DramParams &dram) {
  switch (dram.refresh) {
  case rt::RefreshMode::None:
    return jedec::Refresh::None;
  case rt::RefreshMode::AllBank:
    return jedec::Refresh::AllBank;
  default:
    return jedec::Refresh::PerBank;
  }
}

inline Log play(const rt::DramParams &dram, Random &random, int64_t bursts) {
  std::vector<sim::DramCommand> commands;
  sim::Channel channel(dram, 0, nullptr, [&](const sim::DramCommand &c) { commands.push_back(c); });
  Traffic traffic(random, dram);
  int64_t clock = 0;
  for (int64_t i = 0; i < bursts; ++i) {
    sim::MemoryBurst burst = traffic.next();
    clock = channel.pushFrom(std::max(clock, burst.arrival), burst);
  }
  channel.drain();
  clock += 40000;
  channel.advance(clock);
  return {lines(commands, channel.ticksPerClock()), clock, channel.counters().refreshes, refreshOf(dram)};
}

/// A controller on the preset, its policies drawn.
inline rt::DramParams shape(const std::string &preset, Random &random) {
  rt::DramParams dram;
  if (preset == "gddr6_16000")
    dram = params(preset, {"bank_group", "column:3", "channel", "column", "bank", "stack_id", "row"}, 1, 1, 1024);
  else
    dram =
        params(preset, {"bank_group:2", "column:3", "pseudo_channel", "channel", "column", "bank", "stack_id", "row"},
               2, preset.starts_with("hbm2") ? 2 : 3, 2048);
  dram.pagePolicyName = pick(random, 0, 1) ? "open" : "closed";
  dram.refreshName = pick(random, 0, 2) ? "per_bank" : "all_bank";
  dram.refreshPostpone = pick(random, 1, 8);
  rt::finishDram(dram, "test");
  return dram;
}

} // namespace garam::test
