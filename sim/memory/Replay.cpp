// Channels share nothing, so each is played to its end by itself.
#include "sim/memory/Replay.h"

#include "runtime/Error.h"
#include "runtime/chip/Placement.h"

#include <algorithm>
#include <charconv>

namespace garam::sim {
namespace {

/// The next word of a line; empty at its end.
std::string_view word(std::string_view &line) {
  size_t begin = line.find_first_not_of(" \t\r");
  if (begin == line.npos)
    return line = {};
  size_t end = std::min(line.find_first_of(" \t\r", begin), line.size());
  std::string_view found = line.substr(begin, end - begin);
  line.remove_prefix(end);
  return found;
}

bool number(std::string_view text, int base, int64_t &value) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return !text.empty() && error == std::errc() && end == text.data() + text.size() && value >= 0;
}

void play(Channel &channel, std::vector<MemoryBurst> &bursts) {
  int64_t clock = 0;
  for (const MemoryBurst &burst : bursts)
    clock = channel.pushFrom(std::max(clock, burst.arrival), burst);
  channel.drain();
}

int64_t chipBytes(const rt::Chip &chip) { return chip.topology.dies * chip.dram.bytesPerDie; }

} // namespace

std::vector<MemoryRequest> parseRequests(std::string_view text, const rt::Chip &chip, const std::string &where) {
  // Far beyond any run, and far below where sums of clocks could overflow.
  constexpr int64_t kLastCycle = int64_t(1) << 48;
  std::vector<MemoryRequest> requests;
  int64_t lineNumber = 0, before = 0;
  while (!text.empty()) {
    size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    ++lineNumber;
    auto fail = [&](std::string_view what, std::string_view allowed) {
      throw rt::inputError(fmt::format("{}:{}", where, lineNumber), what, fmt::format("allowed: {} (MD1)", allowed));
    };
    std::string_view rest = line, cycle = word(rest), kind = word(rest), address = word(rest);
    MemoryRequest request{};
    if (address.empty() || !word(rest).empty())
      fail("not three words", "CYCLE R|W HEX_ADDRESS");
    if (!number(cycle, 10, request.cycle) || request.cycle > kLastCycle)
      fail(fmt::format("cycle `{}`", cycle), fmt::format("integers 0 to {}", kLastCycle));
    if (request.cycle < before)
      fail(fmt::format("cycle {} after cycle {}", request.cycle, before), "cycles that do not decrease");
    if (kind != "R" && kind != "W")
      fail(fmt::format("kind `{}`", kind), "R, W");
    std::string_view digits = address.starts_with("0x") || address.starts_with("0X") ? address.substr(2) : address;
    if (!number(digits, 16, request.address))
      fail(fmt::format("address `{}`", address), "a hexadecimal number");
    if (request.address % kRequestBytes || request.address >= chipBytes(chip))
      fail(fmt::format("address `{}`", address),
           fmt::format("multiples of {:#x} below {:#x}", kRequestBytes, chipBytes(chip)));
    request.write = kind == "W";
    before = request.cycle;
    requests.push_back(request);
  }
  return requests;
}

ReplayResult replay(const rt::Chip &chip, const std::vector<MemoryRequest> &requests,
                    std::vector<ChannelCommand> *commands, bool keepTimes) {
  const rt::DramParams &dram = chip.dram;
  int64_t channels = dram.channels();
  std::vector<std::vector<MemoryBurst>> lists(size_t(chip.topology.dies * channels));
  for (size_t i = 0; i < requests.size(); ++i) {
    const MemoryRequest &request = requests[i];
    rt::ChannelPlace place = rt::channelPlace(dram, request.address % dram.bytesPerDie);
    lists[size_t(request.address / dram.bytesPerDie * channels + place.channel)].push_back(
        {uint64_t(i), request.write, place.offset, kRequestBytes, request.cycle});
  }

  ReplayResult result;
  if (keepTimes)
    result.times.resize(requests.size());
  int64_t end = 0;
  std::vector<Channel> all;
  for (int64_t die = 0; die < chip.topology.dies; ++die) {
    auto first = lists.begin() + die * channels;
    if (std::all_of(first, first + channels, [](const auto &list) { return list.empty(); }))
      continue;
    ++result.dies;
    for (int64_t i = 0; i < channels; ++i) {
      Channel::Sink sink;
      if (commands)
        sink = [commands, number = int32_t(die * channels + i)](const DramCommand &command) {
          commands->push_back({number, command});
        };
      auto done = [&, keepTimes](const BurstTimes &times) {
        end = std::max(end, times.done);
        if (keepTimes)
          result.times[times.id] = times;
      };
      play(all.emplace_back(dram, i, done, sink), first[i]);
    }
  }
  for (Channel &channel : all) {
    channel.advance(end);
    const ChannelCounters &c = channel.counters();
    ChannelCounters &sum = result.counters;
    sum.rowHits += c.rowHits, sum.rowMisses += c.rowMisses, sum.activates += c.activates,
        sum.precharges += c.precharges;
    sum.refreshes += c.refreshes, sum.readCommands += c.readCommands, sum.writeCommands += c.writeCommands;
    sum.readBytes += c.readBytes, sum.writeBytes += c.writeBytes;
  }
  result.cycles = requests.empty() ? 0 : end - requests.front().cycle;
  if (commands)
    sortByTime(*commands);
  return result;
}

void sortByTime(std::vector<ChannelCommand> &commands) {
  std::stable_sort(commands.begin(), commands.end(),
                   [](const ChannelCommand &a, const ChannelCommand &b) { return a.command.tick < b.command.tick; });
}

std::string commandsAsCsv(const rt::Chip &chip, const std::vector<ChannelCommand> &commands) {
  std::string out = "ps,stack,channel,pseudo_channel,stack_id,bank_group,bank,row,column,command\n";
  int64_t ticksPerSecond = chip.dram.timing.clockHz * chip.dram.timing.rowEdgesPerClock;
  auto field = [&](int32_t value) {
    out += ',';
    if (value >= 0)
      fmt::format_to(std::back_inserter(out), "{}", value);
  };
  for (const auto &[channel, c] : commands) {
    int64_t ps = int64_t(__int128(c.tick) * 1'000'000'000'000 / ticksPerSecond);
    fmt::format_to(std::back_inserter(out), "{},{},{},{},{}", ps, channel / chip.dram.channelsPerStack,
                   channel % chip.dram.channelsPerStack, c.pseudoChannel, c.stackId);
    field(c.bankGroup), field(c.bank), field(c.row), field(c.column);
    out += ',';
    out += kCommandNames[size_t(c.kind)];
    out += '\n';
  }
  return out;
}

} // namespace garam::sim
