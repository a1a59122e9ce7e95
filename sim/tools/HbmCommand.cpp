// garam-sim hbm: the memory of one die alone, fed from a file of requests.
#include "runtime/Error.h"
#include "runtime/chip/Placement.h"
#include "sim/memory/Channel.h"
#include "sim/tools/Tools.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <fstream>

namespace garam::sim {
namespace {

constexpr int64_t kRequestBytes = 64;

struct Options {
  std::string chip, requests, commands, json = "-";
  std::vector<std::string> overrides;
};

struct Request {
  int64_t clock;
  bool write;
  int64_t address;
};

/// Requests of a file, one by one; a bad line is named.
class RequestFile {
public:
  RequestFile(const std::string &path, int64_t bytes) : path(path), bytes(bytes), file(path) {
    if (!file)
      throw rt::inputError(path, "cannot be read", "a file of requests");
  }

  bool next(Request &request) {
    std::string line;
    while (std::getline(file, line)) {
      ++number;
      if (!line.empty() && line.back() == '\r')
        line.pop_back();
      if (line.find_first_not_of(" \t") == std::string::npos)
        continue;
      parse(line, request);
      if (request.clock < last)
        fail("the cycle is before the one of the line above");
      last = request.clock;
      return true;
    }
    return false;
  }

private:
  [[noreturn]] void fail(std::string_view what) const {
    throw rt::inputError(fmt::format("{}:{}", path, number), what,
                         fmt::format("CYCLE R|W HEX_ADDRESS, multiples of {} below {:#x}", kRequestBytes, bytes));
  }

  void parse(std::string_view line, Request &request) const {
    auto word = [&] {
      size_t first = line.find_first_not_of(" \t");
      if (first == std::string_view::npos)
        fail("a field is missing");
      size_t end = std::min(line.find_first_of(" \t", first), line.size());
      std::string_view found = line.substr(first, end - first);
      line.remove_prefix(end);
      return found;
    };
    auto number = [&](std::string_view text, int base) {
      int64_t value = 0;
      auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
      if (error != std::errc() || end != text.data() + text.size() || value < 0)
        fail(fmt::format("`{}` is no number", text));
      return value;
    };
    request.clock = number(word(), 10);
    if (request.clock > int64_t(1) << 50)
      fail("the cycle is too large");
    std::string_view kind = word();
    if (kind != "R" && kind != "W")
      fail(fmt::format("`{}` is neither R nor W", kind));
    request.write = kind == "W";
    std::string_view address = word();
    if (address.starts_with("0x") || address.starts_with("0X"))
      address.remove_prefix(2);
    request.address = number(address, 16);
    if (line.find_first_not_of(" \t") != std::string_view::npos)
      fail("text after the address");
    if (request.address % kRequestBytes || request.address >= bytes)
      fail(fmt::format("address {:#x}", request.address));
  }

  const std::string path;
  const int64_t bytes;
  std::ifstream file;
  int64_t number = 0, last = 0;
};

struct Logged {
  DramCommand command;
  int channel;
};

std::string commandsCsv(std::vector<Logged> &log, const rt::DramParams &dram, int64_t ticksPerClock) {
  std::stable_sort(log.begin(), log.end(), [](const Logged &a, const Logged &b) { return a.command.tick < b.command.tick; });
  std::string out = "ps,stack,channel,pseudo_channel,stack_id,bank_group,bank,row,column,command\n";
  auto field = [&](int64_t value) {
    if (value >= 0)
      fmt::format_to(std::back_inserter(out), "{}", value);
    out += ',';
  };
  for (const Logged &entry : log) {
    const DramCommand &c = entry.command;
    // To the nearest picosecond.
    const __int128 edges = __int128(dram.timing.clockHz) * ticksPerClock;
    field(int64_t((__int128(c.tick) * 1'000'000'000'000 + edges / 2) / edges));
    field(entry.channel / dram.channelsPerStack);
    field(entry.channel % dram.channelsPerStack);
    for (int64_t value : {int64_t(c.pseudoChannel), int64_t(c.stackId), int64_t(c.bankGroup), int64_t(c.bank), int64_t(c.row), int64_t(c.column)})
      field(value);
    fmt::format_to(std::back_inserter(out), "{}\n", kCommandNames[size_t(c.kind)]);
  }
  return out;
}

void run(const Options &options) {
  const rt::Chip chip = rt::loadChip(options.chip, options.overrides);
  const rt::DramParams &dram = chip.dram;
  RequestFile file(options.requests, dram.bytesPerDie);
  const auto start = std::chrono::steady_clock::now();
  std::vector<Logged> log;
  int64_t end = 0, requests = 0;
  std::vector<Channel> channels;
  for (int i = 0; i < dram.channels(); ++i) {
    Channel::Sink sink;
    if (!options.commands.empty())
      sink = [&log, i](const DramCommand &command) { log.push_back({command, i}); };
    channels.emplace_back(dram, i, [&end](const BurstTimes &times) { end = std::max(end, times.done); }, sink);
  }
  int64_t now = 0;
  for (Request request; file.next(request); ++requests) {
    rt::ChannelPlace place = rt::channelPlace(dram, request.address);
    Channel &channel = channels[size_t(place.channel)];
    now = std::max(now, request.clock);
    MemoryBurst burst{uint64_t(requests), request.write, place.offset, kRequestBytes, now};
    channel.advance(now - 1);
    while (!channel.canAccept(burst)) {
      now = std::max(now, channel.nextEvent()) + 1;
      channel.advance(now - 1);
      burst.arrival = now;
    }
    channel.push(burst);
  }
  for (Channel &channel : channels)
    for (int64_t next; (next = channel.nextEvent()) < kNever;)
      channel.advance(next);
  // The others refresh until the last is done.
  int64_t reads = 0, writes = 0, hits = 0, misses = 0;
  for (Channel &channel : channels) {
    channel.advance(end);
    const ChannelCounters &counters = channel.counters();
    reads += counters.readCommands * dram.timing.accessBytes;
    writes += counters.writeCommands * dram.timing.accessBytes;
    hits += counters.rowHits;
    misses += counters.rowMisses;
  }
  const double seconds = double(end) / double(dram.timing.clockHz);
  const double share = end ? double(reads + writes) / seconds / dram.peakBytesPerSecond() : 0;
  const double host = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (!options.commands.empty())
    writeWhole(options.commands, commandsCsv(log, dram, channels.front().ticksPerClock()));
  writeWhole(options.json, fmt::format(R"({{"requests": {}, "cycles": {}, "read_bytes": {}, "write_bytes": {}, "achieved_share": {:.6f}, )"
                                       R"("row_hits": {}, "row_misses": {}, "host_seconds": {:.6f}}})" "\n",
                                       requests, end, reads, writes, share, hits, misses, host));
}

} // namespace

void addHbmCommand(CLI::App &app) {
  auto options = std::make_shared<Options>();
  CLI::App *command = app.add_subcommand("hbm", "Drives the memory of one die alone.");
  command->add_option("--chip", options->chip, "Name or file of the chip")->required();
  command->add_option("--set", options->overrides, "KEY=VALUE of the chip file")->take_all();
  command->add_option("--requests", options->requests, "Lines of CYCLE R|W HEX_ADDRESS, 64 bytes each")->required();
  command->add_option("--commands", options->commands, "Writes each DRAM command as CSV");
  command->add_option("--json", options->json, "Where the result goes; - is standard output");
  command->callback([options] { run(*options); });
}

} // namespace garam::sim
