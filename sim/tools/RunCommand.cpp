// garam-sim run: a program on a chip; its cycles, where they went, and each instruction's times.
#include "runtime/Error.h"
#include "runtime/program/Program.h"
#include "sim/SimDevice.h"
#include "sim/memory/Replay.h"
#include "sim/tools/Tools.h"

#include <numeric>

namespace garam::sim {
namespace {

struct Options {
  std::string program, chip, trace, completions, commands, json = "-", mode = "both";
  std::vector<std::string> overrides, values;
  bool checkUnwritten = false;
};

std::string completionsCsv(const rt::RunResult &result) {
  std::string out = "core,engine,index,issue_cycle,start_cycle,end_cycle\n";
  for (const rt::InsnRecord &record : result.records)
    fmt::format_to(std::back_inserter(out), "{},{},{},{},{},{}\n", record.core, rt::name(record.engine), record.index,
                   record.issue, record.start, record.end);
  return out;
}

/// Trace events as JSON, which Perfetto opens: a track per engine, a slice per instruction, in microseconds of the
/// chip.
std::string traceJson(const rt::RunResult &result, const rt::Chip &chip, const rt::Program &program) {
  std::vector<std::vector<rt::Insn>> kernels;
  for (const auto &kernel : program.kernels)
    kernels.push_back(rt::decodeKernel(*kernel));
  const double us = 1.0 / chip.clock.coreMhz;
  std::string out = "{\"traceEvents\":[\n";
  for (const rt::EngineCounters &engine : result.engines)
    fmt::format_to(std::back_inserter(out),
                   R"({{"ph":"M","name":"thread_name","pid":{},"tid":{},"args":{{"name":"{}"}}}},{})", engine.core,
                   int(engine.engine), rt::name(engine.engine), "\n");
  for (const rt::InsnRecord &record : result.records)
    fmt::format_to(std::back_inserter(out),
                   R"({{"ph":"X","name":"{}","pid":{},"tid":{},"ts":{:.6f},"dur":{:.6f},"args":{{"index":{}}}}},{})",
                   rt::info(kernels[record.kernel][record.index]).mnemonic, record.core, int(record.engine),
                   double(record.start) * us, double(record.end - record.start) * us, record.index, "\n");
  return out + R"({"ph":"M","name":"process_labels","pid":0,"args":{"labels":"cycles of the core clock"}}]})" + "\n";
}

std::string summaryJson(const rt::RunResult &result, const rt::Chip &chip, const std::string &mode) {
  std::string out = fmt::format(R"({{"chip": "{}", "mode": "{}", "cycles": {}, "seconds": {}, "host_seconds": {},)",
                                chip.name, mode, result.cycles, chip.seconds(result.cycles), result.hostSeconds);
  const rt::HbmCounters &hbm = result.hbm;
  fmt::format_to(std::back_inserter(out),
                 R"( "hbm": {{"read_bytes": {}, "write_bytes": {}, "row_hits": {}, "row_misses": {}, )", hbm.readBytes,
                 hbm.writeBytes, hbm.rowHits, hbm.rowMisses);
  fmt::format_to(std::back_inserter(out), R"("activates": {}, "precharges": {}, "refreshes": {}}}, )", hbm.activates,
                 hbm.precharges, hbm.refreshes);
  const bool gathers = result.gatherIndices != rt::IndexSource::None;
  fmt::format_to(std::back_inserter(out), R"("gather_indices": {0}{1}{0}, "engines": [)", gathers ? "\"" : "",
                 gathers ? rt::name(result.gatherIndices) : "null");
  for (size_t i = 0; i < result.engines.size(); ++i) {
    const rt::EngineCounters &engine = result.engines[i];
    fmt::format_to(std::back_inserter(out), R"({}{{"core": {}, "engine": "{}", "busy_cycles": {}, "stalls": {{)",
                   i ? ", " : "", engine.core, rt::name(engine.engine), engine.busy);
    bool first = true;
    for (int s = 0; s < rt::kStalls; ++s)
      if (engine.stalls[size_t(s)]) {
        fmt::format_to(std::back_inserter(out), R"({}"{}": {})", first ? "" : ", ", rt::name(rt::Stall(s)),
                       engine.stalls[size_t(s)]);
        first = false;
      }
    fmt::format_to(std::back_inserter(out), R"(}}, "idle_cycles": {}}})", engine.idle);
  }
  return out + "]}\n";
}

/// Nobody has inputs to give here: they are zero, and count as written.
void giveZeros(rt::Device &device, const rt::Program &program) {
  for (uint32_t number = 0; number < program.segments.size(); ++number)
    if (const rt::Segment &segment = *program.segments[number]; segment.kind == rt::fb::SegmentKind::Input)
      device.write(number, std::vector<uint8_t>(segment.bytes * (segment.split ? segment.dies : 1)));
}

void run(const Options &options) {
  if (options.checkUnwritten && options.mode == "cycles")
    throw rt::inputError("--check-unwritten", "a run in mode cycles has no values", "--mode both or values");
  const rt::Program program = rt::loadProgram(options.program);
  const rt::Chip chip = rt::loadChip(options.chip, options.overrides);
  rt::RunOptions how;
  how.mode = options.mode == "both" ? rt::Mode::Both : options.mode == "cycles" ? rt::Mode::Cycles : rt::Mode::Values;
  how.records = !options.trace.empty() || !options.completions.empty();
  for (const std::string &text : options.values) {
    size_t split = text.find('=');
    size_t used = 0;
    try {
      how.values[text.substr(0, split)] = std::stoll(text.substr(split + 1), &used);
    } catch (const std::exception &) {
      used = 0;
    }
    if (split == std::string::npos || used != text.size() - split - 1)
      throw rt::inputError("--value", fmt::format("`{}`", text), "NAME=INTEGER");
  }
  SimDevice device(chip);
  std::vector<ChannelCommand> commands;
  if (!options.commands.empty())
    device.onCommand([&commands](int channel, const DramCommand &command) { commands.push_back({channel, command}); });
  device.load(program, how.mode, options.checkUnwritten);
  if (options.checkUnwritten)
    giveZeros(device, program);
  const rt::RunResult result = device.run(how);
  if (!options.completions.empty())
    writeWhole(options.completions, completionsCsv(result));
  if (!options.commands.empty()) {
    sortByTime(commands);
    writeWhole(options.commands, commandsAsCsv(chip, commands));
  }
  if (!options.trace.empty())
    writeWhole(options.trace, traceJson(result, chip, program));
  writeWhole(options.json, summaryJson(result, chip, options.mode));
}

} // namespace

void addRunCommand(CLI::App &app) {
  auto options = std::make_shared<Options>();
  CLI::App *command = app.add_subcommand("run", "Runs a program.");
  command->add_option("program", options->program, "Program (.garam)")->required();
  command->add_option("--chip", options->chip, "Name or file of the chip")->required();
  command->add_option("--set", options->overrides, "KEY=VALUE of the chip file")->take_all();
  command->add_option("--mode", options->mode, "both, cycles or values")
      ->check(CLI::IsMember({"both", "cycles", "values"}));
  command->add_flag("--check-unwritten", options->checkUnwritten,
                    "Ends the run where memory that nobody wrote reaches a result, an index or a count");
  command->add_option("--value", options->values, "NAME=INTEGER: a run-time value")->take_all();
  command->add_option("--trace", options->trace, "Writes a trace that Perfetto opens");
  command->add_option("--completions", options->completions, "Writes the times of each instruction as CSV");
  command->add_option("--commands", options->commands, "Writes each DRAM command as CSV");
  command->add_option("--json", options->json, "Where the summary goes; - is standard output");
  command->callback([options] { run(*options); });
}

} // namespace garam::sim
