// Request files: what is accepted, what is refused with its line, and what a replay reports.
#include "sim/memory/Replay.h"

#include "runtime/Error.h"

#include <gtest/gtest.h>

namespace garam::test {
namespace {

std::string refusal(std::string_view text) {
  try {
    sim::parseRequests(text, rt::loadChip("unit"), "requests.txt");
  } catch (const rt::Error &error) {
    return error.what();
  }
  return "accepted";
}

TEST(Requests, ReadsLines) {
  auto requests = sim::parseRequests("0 R 0x40\n7 W 80\r\n  7\tR  fc0", rt::loadChip("unit"), "f");
  ASSERT_EQ(requests.size(), 3u);
  EXPECT_EQ(requests[1].cycle, 7);
  EXPECT_EQ(requests[1].address, 0x80);
  EXPECT_TRUE(requests[1].write);
  EXPECT_EQ(requests[2].address, 0xfc0);
}

TEST(Requests, RefusesBadLines) {
  EXPECT_EQ(refusal("0 R 0\n0 R\n"), "requests.txt:2: not three words; allowed: CYCLE R|W HEX_ADDRESS (MD1)");
  EXPECT_EQ(refusal("0 R 0 0\n"), "requests.txt:1: not three words; allowed: CYCLE R|W HEX_ADDRESS (MD1)");
  EXPECT_EQ(refusal("0 R 0\n\n0 R 0\n"), "requests.txt:2: not three words; allowed: CYCLE R|W HEX_ADDRESS (MD1)");
  EXPECT_EQ(refusal("5 R 0\n4 R 0\n"),
            "requests.txt:2: cycle 4 after cycle 5; allowed: cycles that do not decrease (MD1)");
  EXPECT_EQ(refusal("-1 R 0\n"), "requests.txt:1: cycle `-1`; allowed: integers 0 to 281474976710656 (MD1)");
  EXPECT_EQ(refusal("0 X 0\n"), "requests.txt:1: kind `X`; allowed: R, W (MD1)");
  EXPECT_EQ(refusal("0 R zz\n"), "requests.txt:1: address `zz`; allowed: a hexadecimal number (MD1)");
  EXPECT_EQ(refusal("0 R 20\n"), "requests.txt:1: address `20`; allowed: multiples of 0x40 below 0x100000000 (MD1)");
  EXPECT_EQ(refusal("0 R 100000000\n"),
            "requests.txt:1: address `100000000`; allowed: multiples of 0x40 below 0x100000000 (MD1)");
}

TEST(Replay, CountsBytesCommandsAndDies) {
  rt::Chip chip = rt::loadChip("rebel100");
  std::string text;
  for (int i = 0; i < 512; ++i)
    text += fmt::format("{} {} {:x}\n", 100 + i, i % 4 ? "R" : "W", i % 2 * chip.dram.bytesPerDie + i * 64);
  std::vector<sim::ChannelCommand> commands;
  sim::ReplayResult result = sim::replay(chip, sim::parseRequests(text, chip, "f"), &commands, true);
  EXPECT_EQ(result.dies, 2);
  EXPECT_EQ(result.counters.rowHits + result.counters.rowMisses, 512);
  EXPECT_EQ(result.counters.writeBytes, 128 * 64);
  EXPECT_EQ(result.counters.readBytes, 384 * 64);
  int64_t columns = 0, last = 0;
  for (const auto &[channel, command] : commands) {
    columns += command.kind >= sim::CommandKind::Rd && command.kind <= sim::CommandKind::Wra;
    EXPECT_GE(command.tick, last);
    last = command.tick;
    EXPECT_LT(channel, 32);
  }
  EXPECT_EQ(columns, 512 * 2);
  int64_t end = 0;
  for (const sim::BurstTimes &times : result.times)
    end = std::max(end, times.done);
  EXPECT_EQ(result.cycles, end - 100);
}

TEST(Replay, CsvHasOneLineForEachCommandAndEmptyFields) {
  rt::Chip chip = rt::loadChip("unit");
  std::vector<sim::ChannelCommand> commands;
  sim::replay(chip, sim::parseRequests("3 R 400\n", chip, "f"), &commands);
  EXPECT_EQ(sim::commandsAsCsv(chip, commands),
            "ps,stack,channel,pseudo_channel,stack_id,bank_group,bank,row,column,command\n"
            "3000,0,1,0,0,0,0,0,,ACT\n"
            "4000,0,1,0,0,0,0,0,0,RD\n");
}

/// Sequential and random reads of whole interleaves on one channel, refresh on: share of the peak.
double share(const rt::Chip &chip, bool sequential) {
  const rt::DramParams &dram = chip.dram;
  int64_t end = 0, clock = 0, bursts = 4000, blocks = dram.bytesPerChannel() / dram.interleaveBytes;
  sim::Channel channel(dram, 0, [&](const sim::BurstTimes &times) { end = std::max(end, times.done); });
  for (int64_t i = 0; i < bursts; ++i) {
    int64_t block = sequential ? i : i * 0x9e3779b97f4a7c15 % uint64_t(blocks);
    sim::MemoryBurst burst{uint64_t(i), false, block % blocks * dram.interleaveBytes, dram.interleaveBytes, clock};
    clock = channel.pushFrom(clock, burst);
  }
  channel.drain();
  double seconds = double(end) / double(dram.timing.clockHz);
  return double(bursts * dram.interleaveBytes) * double(dram.channels()) / seconds / dram.peakBytesPerSecond();
}

TEST(Bandwidth, HoldsOnShippedChips) {
  for (const char *name : {"atom", "rebel100", "unit"}) {
    rt::Chip chip = rt::loadChip(name);
    EXPECT_GT(share(chip, true), 0.97) << name;
    EXPECT_GT(share(chip, false), 0.93) << name;
  }
}

} // namespace
} // namespace garam::test
