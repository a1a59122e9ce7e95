// `garam-sim hbm`: the memory of a chip alone, driven by a file of requests.
#include "runtime/Error.h"
#include "sim/memory/Replay.h"
#include "sim/tools/Tools.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

namespace garam::sim {
namespace {

struct Options {
  std::string chip, requests, commands, json;
  std::vector<std::string> overrides;
};

std::string readWhole(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  if (!file || std::filesystem::is_directory(path))
    throw rt::inputError(path, "cannot be read", "allowed: a file of requests");
  text << file.rdbuf();
  return std::move(text).str();
}

void run(const Options &options) {
  const rt::Chip chip = rt::loadChip(options.chip, options.overrides);
  const rt::DramParams &dram = chip.dram;
  const std::vector<MemoryRequest> requests = parseRequests(readWhole(options.requests), chip, options.requests);
  std::vector<ChannelCommand> commands;
  const auto begin = std::chrono::steady_clock::now();
  const ReplayResult result = replay(chip, requests, options.commands.empty() ? nullptr : &commands);
  const double host = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();

  const ChannelCounters &c = result.counters;
  const int64_t read = c.readCommands * dram.timing.accessBytes, written = c.writeCommands * dram.timing.accessBytes;
  const double seconds = double(result.cycles) / double(dram.timing.clockHz);
  const std::string share =
      requests.empty()
          ? "null"
          : fmt::format("{:.6f}", double(read + written) / (seconds * dram.peakBytesPerSecond() * double(result.dies)));
  if (!options.commands.empty())
    writeWhole(options.commands, commandsAsCsv(chip, commands));
  if (!options.json.empty())
    writeWhole(
        options.json,
        fmt::format(R"({{"requests": {}, "cycles": {}, "read_bytes": {}, "write_bytes": {}, "achieved_share": {}, )"
                    R"("row_hits": {}, "row_misses": {}, "host_seconds": {:.6f}}})"
                    "\n",
                    requests.size(), result.cycles, read, written, share, c.rowHits, c.rowMisses, host));
  if (options.json == "-")
    return;
  fmt::print("{} on {}: {} requests, {} clocks of {:.1f} MHz\n", dram.preset, chip.name, requests.size(), result.cycles,
             double(dram.timing.clockHz) * 1e-6);
  fmt::print("  read {} bytes, written {} bytes, share of the peak of {} {}: {}\n", read, written, result.dies,
             result.dies == 1 ? "die" : "dies", share);
  fmt::print("  row hits {}, row misses {}, activates {}, precharges {}, refreshes {}; host {:.3f} s\n", c.rowHits,
             c.rowMisses, c.activates, c.precharges, c.refreshes, host);
}

} // namespace

void addHbmCommand(CLI::App &app) {
  auto options = std::make_shared<Options>();
  CLI::App *command = app.add_subcommand("hbm", "Drives the memory of a chip alone.");
  command->add_option("--chip", options->chip, "Name or file of the chip")->required();
  command->add_option("--set", options->overrides, "KEY=VALUE of the chip file")->take_all();
  command->add_option("--requests", options->requests, "Lines of CYCLE R|W HEX_ADDRESS, 64 bytes each")->required();
  command->add_option("--commands", options->commands, "Writes each DRAM command as CSV");
  command->add_option("--json", options->json, "Where the result goes; - is standard output");
  command->callback([options] { run(*options); });
}

} // namespace garam::sim
