// garam-twin: random programs on the simulator and on the ticked twin. Exit 0 if nothing is apart, 1 if something is, 2
// on bad input.
#include "runtime/Error.h"
#include "sim/insns/Insns.h"
#include "tests/twin/compare/Coverage.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <unistd.h>

using namespace garam;

namespace {

struct Options {
  twin::CampaignOptions how;
  std::vector<std::string> chips;
  std::string json, keep, coverage, replay;
  std::vector<rt::Override> overrides;
};

/// A kept program, once.
int replay(const Options &options) {
  const rt::Chip chip = rt::loadChip(options.chips.at(0), options.overrides);
  const rt::Program program = rt::loadProgram(options.replay);
  sim::insns::start();
  sim::insns::FloatEnvironment environment;
  const twin::Comparison result = twin::compare(chip, program, options.how.modes);
  fmt::print("{} instructions, {} cycles: {} cycles and {} bits apart\n", result.instructions, result.cycles,
             result.cyclesApart, result.bitsApart);
  if (!result.error.empty())
    fmt::print("{}\n", result.error);
  if (const auto &a = result.first)
    fmt::print("core {}, {}, instruction {} `{}`: {}: simulator {}, twin {}\n", a->core, a->engine, a->index,
               a->instruction, a->what, a->simulator, a->twin);
  return result.same() ? 0 : 1;
}

int run(Options options) {
  if (!options.replay.empty())
    return replay(options);
  twin::Campaign result;
  for (const std::string &chip : options.chips) {
    options.how.chip = chip;
    if (isatty(fileno(stderr)))
      options.how.progress = [&](int64_t done) {
        fmt::print(stderr, "\r{}: {} of {} programs{}", chip, done, options.how.programs,
                   done == options.how.programs ? "\n" : "");
      };
    result.add(twin::campaign(options.how));
  }
  if (options.json == "-") {
    fmt::print("{}\n", twin::toJson(result));
  } else if (!options.json.empty()) {
    std::ofstream file(options.json);
    file << twin::toJson(result) << "\n";
    file.close();
    if (!file)
      throw rt::inputError(options.json, "cannot be written", "allowed: a file in a folder that exists");
  }
  if (options.json != "-") {
    fmt::print("{}: {} programs, {} instructions, {} cycles: {} cycles and {} bits apart\n",
               fmt::join(options.chips, ", "), result.programs, result.instructions, result.cycles, result.cyclesApart,
               result.bitsApart);
    if (result.first)
      fmt::print("program {}: {}", result.first->seed,
                 options.how.firstOnly ? result.first->error + result.first->apart.what + "\n"
                                       : twin::describe(*result.first));
  }
  if (result.first && !options.keep.empty())
    twin::keep(*result.first, options.keep);
  if (!options.coverage.empty())
    twin::writeCoverage(result, options.coverage);
  return result.same() ? 0 : 1;
}

} // namespace

int main(int argc, char **argv) {
  CLI::App app("Runs random programs on the simulator and on its ticked twin, and compares every cycle and bit.",
               "garam-twin");
  Options options;
  bool noModes = false;
  app.add_option("--chip", options.chips, "Names or files of chips; `random` is one for each program")->required();
  app.add_option("--programs", options.how.programs, "Programs for each chip")->check(CLI::PositiveNumber);
  app.add_option("--seed", options.how.seed, "Seed of the first program; the others follow");
  app.add_option("--json", options.json, "Where the result goes; - is standard output");
  app.add_option("--keep", options.keep, "Folder for the smallest program that differs");
  app.add_option("--coverage", options.coverage, "Page whose table of rules is written anew");
  app.add_option("--replay", options.replay, "Compares a program (.garam) that was kept, instead");
  app.add_option("--set", options.overrides, "KEY=VALUE of the chip file, for --replay")->take_all();
  app.add_flag("--first", options.how.firstOnly,
               "Ends with the first program that differs, and does not make it smaller");
  app.add_flag("--no-modes", noModes, "Mode both only");
  try {
    app.parse(argc, argv);
    options.how.modes = !noModes;
    return run(options);
  } catch (const CLI::CallForHelp &help) {
    return app.exit(help);
  } catch (const CLI::ParseError &error) {
    std::cerr << "error: command line: " << error.what() << "; see garam-twin --help\n";
  } catch (const rt::Error &error) {
    std::cerr << "error: " << error.what() << "\n";
  }
  return 2;
}
