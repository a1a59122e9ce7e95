// run-digests: random programs on every shipped chip and on drawn ones, each many times over, with units constructed in
// either order. A line for each program: chip, seed, cycles, and a digest of all that a run says, times of
// instructions, tokens and DRAM commands, counters, energy and bytes. Exit 1 if two runs of a program differ.
#include "runtime/Error.h"
#include "runtime/program/Sha256.h"
#include "sim/insns/Insns.h"
#include "tests/twin/compare/Runs.h"
#include "tests/twin/programs/Assemble.h"
#include "tests/twin/programs/Draw.h"
#include "tests/twin/programs/RandomChip.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>

using namespace garam;

namespace {

struct Options {
  std::vector<std::string> chips = rt::chipNames();
  int64_t programs = 2, rounds = 1;
  uint64_t seed = 1;
};

/// Numbers and bytes one after the other.
class Text {
public:
  template <class... T> void add(T... values) { (addOne(int64_t(values)), ...); }
  void add(const rt::ActionCounts &actions) {
    for (int64_t count : actions.counts)
      addOne(count);
  }
  void add(std::span<const uint8_t> data) { bytes.insert(bytes.end(), data.begin(), data.end()); }
  std::string digest() const { return rt::sha256(bytes).substr(0, 32); }

private:
  void addOne(int64_t value) {
    const auto *raw = reinterpret_cast<const uint8_t *>(&value);
    bytes.insert(bytes.end(), raw, raw + sizeof value);
  }
  std::vector<uint8_t> bytes;
};

std::string digestOf(const rt::Program &program, twin::SimRun &run) {
  Text text;
  rt::RunResult &result = run.result;
  text.add(result.cycles, result.hbm.readBytes, result.hbm.writeBytes, result.hbm.rowHits, result.hbm.rowMisses,
           result.hbm.activates, result.hbm.precharges, result.hbm.refreshes);
  for (const rt::EngineCounters &engine : result.engines) {
    text.add(engine.busy, engine.idle, engine.instructions);
    for (int64_t stall : engine.stalls)
      text.add(stall);
  }
  // Instructions that end in one cycle, and tokens of one cycle, are recorded in no particular order.
  std::vector<std::array<int64_t, 7>> records;
  for (const rt::InsnRecord &own : result.records)
    records.push_back({own.launch, own.core, int64_t(own.engine), own.index, own.issue, own.start, own.end});
  std::ranges::sort(records);
  for (const auto &record : records)
    for (int64_t each : record)
      text.add(each);
  std::vector<std::array<int64_t, 5>> tokens;
  for (const sim::TokenChange &own : run.tokens)
    tokens.push_back({own.core, own.semaphore, own.cycle, own.change, own.tokens});
  std::ranges::sort(tokens);
  for (const auto &token : tokens)
    for (int64_t each : token)
      text.add(each);
  for (const std::vector<sim::DramCommand> &channel : run.commands)
    for (const sim::DramCommand &own : channel)
      text.add(own.tick, own.kind, own.pseudoChannel, own.stackId, own.bankGroup, own.bank, own.row, own.column);
  for (const rt::InsnActions &own : result.actions) {
    text.add(own.launch, own.index);
    text.add(own.actions);
  }
  text.add(result.otherActions);
  for (const rt::ActionCounts &own : result.actionsOverTime)
    text.add(own);
  for (const std::vector<int64_t> &channel : result.channelBytes)
    for (int64_t bytes : channel)
      text.add(bytes);
  for (uint32_t i = 0; i < program.segments.size(); ++i) {
    std::vector<uint8_t> bytes(size_t(program.segments[i]->bytes));
    run.device->read(i, bytes, 0);
    text.add(std::span<const uint8_t>(bytes));
  }
  return text.digest();
}

/// True if all runs of all programs of a chip are alike.
bool tell(const std::string &name, const Options &options) {
  bool same = true;
  for (uint64_t seed = options.seed; seed < options.seed + uint64_t(options.programs); ++seed) {
    const rt::Chip chip = name == "random" ? twin::randomChip(seed).chip : rt::loadChip(name);
    const rt::Program program = twin::assemble(chip, twin::Draw(chip, seed).plan());
    for (rt::Mode mode : {rt::Mode::Both, rt::Mode::Values}) {
      std::string first;
      int64_t cycles = 0;
      for (int64_t round = 0; round < options.rounds; ++round) {
        twin::SimRun run = twin::simulate(chip, program, mode, round % 2);
        const std::string digest = digestOf(program, run);
        if (round == 0) {
          first = digest;
          cycles = run.result.cycles;
        } else if (digest != first) {
          fmt::print(stderr, "{}, program {}, run {}: differs from the first\n", name, seed, round);
          same = false;
        }
      }
      fmt::print("{} {} {} {} {}\n", name, seed, mode == rt::Mode::Both ? "both" : "values", cycles, first);
      std::fflush(stdout);
    }
  }
  return same;
}

} // namespace

int main(int argc, char **argv) {
  Options options;
  options.chips.push_back("random");
  CLI::App app("What runs of random programs say, as digests.");
  app.add_option("--chip", options.chips, "chips; `random`: one of its own for each program")->take_all();
  app.add_option("--programs", options.programs, "of each chip");
  app.add_option("--rounds", options.rounds, "runs of each program, units in either order in turn");
  app.add_option("--seed", options.seed, "of the first program; the others follow");
  try {
    app.parse(argc, argv);
    sim::insns::start();
    sim::insns::FloatEnvironment environment;
    bool same = true;
    for (const std::string &chip : options.chips)
      same = tell(chip, options) && same;
    return same ? 0 : 1;
  } catch (const CLI::ParseError &error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const rt::Error &error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return 2;
  }
}
