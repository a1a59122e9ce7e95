// garam-twin: random programs on the simulator and on the ticked twin. Exit 0 if nothing is apart, 1 if something is, 2 on
// bad input.
#include "runtime/Error.h"
#include "tests/twin/compare/Campaign.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <unistd.h>

using namespace garam;

namespace {

struct Options {
  std::string chip, json;
  int64_t programs = 300;
  uint64_t seed = 1;
};

int run(const Options &options) {
  const bool terminal = isatty(fileno(stderr));
  twin::Campaign result = twin::campaign(options.chip, options.programs, options.seed, [&](int64_t done) {
    if (terminal)
      fmt::print(stderr, "\r{} of {} programs", done, options.programs);
  });
  if (terminal)
    fmt::print(stderr, "\n");
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
    fmt::print("{}: {} programs, {} instructions, {} cycles: {} cycles and {} bits apart\n", options.chip, result.programs, result.instructions, result.cycles,
               result.cyclesApart, result.bitsApart);
    if (result.first)
      fmt::print("program {}: core {}, {}, instruction {} `{}`: {}: simulator {}, twin {} {}\n{}", result.first->seed, result.first->apart.core,
                 result.first->apart.engine, result.first->apart.index, result.first->apart.instruction, result.first->apart.what,
                 result.first->apart.simulator, result.first->apart.twin, result.first->error, result.first->listing);
  }
  return result.cyclesApart || result.bitsApart ? 1 : 0;
}

} // namespace

int main(int argc, char **argv) {
  CLI::App app("Runs random programs on the simulator and on its ticked twin, and compares every cycle and bit.", "garam-twin");
  Options options;
  app.add_option("--chip", options.chip, "Name or file of the chip, or `random`: one for each program")->required();
  app.add_option("--programs", options.programs, "Programs")->check(CLI::PositiveNumber);
  app.add_option("--seed", options.seed, "Seed of the first program; the others follow");
  app.add_option("--json", options.json, "Where the result goes; - is standard output");
  try {
    app.parse(argc, argv);
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
