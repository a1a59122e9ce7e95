#include "tests/twin/compare/Compare.h"

#include "runtime/Error.h"
#include "sim/SimDevice.h"
#include "tests/twin/programs/Assemble.h"
#include "tests/twin/units/Machine.h"

#include <bit>
#include <random>

namespace garam::twin {
namespace {

constexpr int64_t kLongest = 2'000'000; ///< cycles of a program

/// Bytes that a segment holds before the run.
std::vector<uint8_t> contents(const Plan &plan, const Segment &segment) {
  std::vector<uint8_t> bytes(size_t(segment.bytes));
  std::mt19937_64 random(plan.seed ^ std::hash<std::string>()(segment.name));
  for (size_t i = 0; i < bytes.size(); i += 8) {
    uint64_t value = random();
    std::memcpy(bytes.data() + i, &value, std::min<size_t>(8, bytes.size() - i));
  }
  if (segment.name == "data")
    std::ranges::copy(tables::bytes(plan.seed), bytes.begin());
  return bytes;
}

struct Case {
  const rt::Chip &chip;
  const Plan &plan;
  rt::Program program;
  std::vector<Segment> segments;
  std::unique_ptr<sim::SimDevice> device;
  std::unique_ptr<Machine> twin;
  rt::RunResult result;
  std::vector<std::vector<sim::DramCommand>> commands;
  Comparison out;

  Case(const rt::Chip &chip, const Plan &plan) : chip(chip), plan(plan), program(assemble(chip, plan)), segments(plan.layout.segments(chip)) {}

  void run() {
    device = std::make_unique<sim::SimDevice>(chip);
    device->load(program, rt::Mode::Both);
    twin = std::make_unique<Machine>(chip, program);
    for (const Segment &segment : segments) {
      std::vector<uint8_t> bytes = contents(plan, segment);
      device->write(segment.name, bytes, 0);
      twin->memory.write(segment.address, bytes);
    }
    commands.resize(twin->channels.size());
    device->onCommand([&](int channel, const sim::DramCommand &command) { commands.at(size_t(channel)).push_back(command); });
    rt::RunOptions options;
    options.records = true;
    result = device->run(options);
    twin->run(kLongest);
  }

  void apart(Apart where) {
    ++out.cyclesApart;
    // The first in time.
    if (!out.first || std::max(where.simulator, where.twin) < std::max(out.first->simulator, out.first->twin))
      out.first = std::move(where);
  }

  void compareRecords() {
    using Key = std::tuple<uint32_t, int, rt::Engine>;
    std::map<Key, std::vector<rt::InsnRecord>> of[2];
    for (const rt::InsnRecord &record : result.records)
      of[0][{record.launch, record.core, record.engine}].push_back(record);
    for (const rt::InsnRecord &record : twin->completed)
      of[1][{record.launch, record.core, record.engine}].push_back(record);
    out.instructions = int64_t(twin->completed.size());
    for (const auto &[key, mine] : of[1]) {
      const std::vector<rt::InsnRecord> &theirs = of[0][key];
      if (mine.size() != theirs.size())
        apart({std::get<1>(key), std::string(rt::name(std::get<2>(key))), "", "instructions completed", 0, int64_t(theirs.size()), int64_t(mine.size())});
      for (size_t i = 0; i < std::min(mine.size(), theirs.size()); ++i)
        compareRecord(theirs[i], mine[i]);
    }
    if (result.records.size() != twin->completed.size())
      apart({-1, "", "", "instructions", 0, int64_t(result.records.size()), int64_t(twin->completed.size())});
    if (result.cycles != twin->cycles)
      apart({-1, "", "", "cycles of the run", -1, result.cycles, twin->cycles});
  }

  void compareRecord(const rt::InsnRecord &theirs, const rt::InsnRecord &mine) {
    auto differs = [&](const char *what, int64_t a, int64_t b) {
      if (a == b)
        return;
      std::span<const uint8_t> code = program.kernels[mine.kernel]->code;
      std::string text = rt::print(rt::decode(code.subspan(size_t(mine.index) * rt::kWordBytes).first<rt::kWordBytes>()));
      apart({mine.core, std::string(rt::name(mine.engine)), text, what, mine.index, a, b});
    };
    differs("index", theirs.index, mine.index);
    differs("issue", theirs.issue, mine.issue);
    differs("start", theirs.start, mine.start);
    differs("end", theirs.end, mine.end);
  }

  /// Column commands, or those to rows and banks, in time order.
  static std::vector<sim::DramCommand> sorted(const std::vector<sim::DramCommand> &all, bool columns) {
    auto key = [](const sim::DramCommand &c) { return std::tuple(c.tick, c.kind, c.pseudoChannel, c.stackId, c.bankGroup, c.bank); };
    std::vector<sim::DramCommand> list;
    std::ranges::copy_if(all, std::back_inserter(list), [&](const sim::DramCommand &c) {
      return columns == (c.kind >= sim::CommandKind::Rd && c.kind <= sim::CommandKind::Wra);
    });
    std::ranges::sort(list, {}, key);
    return list;
  }

  void compareCommands() {
    for (size_t channel = 0; channel < commands.size(); ++channel)
      for (bool columns : {false, true}) {
        std::vector<sim::DramCommand> theirs = sorted(commands[channel], columns);
        std::vector<sim::DramCommand> mine = sorted(twin->channels[channel]->controller().commands, columns);
        auto differs = [&](size_t i) {
          const sim::DramCommand &either = i < mine.size() ? mine[i] : theirs[i];
          apart({-1, fmt::format("channel {}", channel), std::string(sim::kCommandNames[size_t(either.kind)]), "command", int64_t(i),
                 i < theirs.size() ? theirs[i].tick : -1, i < mine.size() ? mine[i].tick : -1});
        };
        size_t i = 0;
        while (i < theirs.size() && i < mine.size() && theirs[i] == mine[i])
          ++i;
        // The simulator need not look at a channel again after its last burst: refreshes that follow may be missing.
        bool rest = i == theirs.size() && !columns &&
                    std::none_of(mine.begin() + long(i), mine.end(), [](const auto &c) { return c.kind == sim::CommandKind::Act; });
        if (i < std::max(theirs.size(), mine.size()) && !rest)
          differs(i);
      }
  }

  /// C1 to C5.
  void compareCauses() {
    for (const rt::EngineCounters &theirs : result.engines) {
      const rt::EngineCounters mine = twin->cores[size_t(theirs.core)]->engine(theirs.engine).counters(twin->cycles);
      auto differs = [&](std::string_view what, int64_t a, int64_t b) {
        if (a != b)
          apart({theirs.core, std::string(rt::name(theirs.engine)), "", fmt::format("cycles of {}", what), -1, a, b});
      };
      differs("busy", theirs.busy, mine.busy);
      differs("idle", theirs.idle, mine.idle);
      for (int s = 0; s < rt::kStalls; ++s)
        differs(rt::name(rt::Stall(s)), theirs.stalls[size_t(s)], mine.stalls[size_t(s)]);
    }
  }

  void compareBits() {
    for (const Segment &segment : segments) {
      std::vector<uint8_t> theirs(size_t(segment.bytes)), mine(size_t(segment.bytes));
      device->read(segment.name, theirs, 0);
      twin->memory.read(segment.address, mine);
      for (size_t i = 0; i < mine.size(); ++i)
        if (theirs[i] != mine[i]) {
          if (!out.bitsApart && !out.first)
            out.first = Apart{-1, segment.name, "", "byte", int64_t(i), theirs[i], mine[i]};
          out.bitsApart += std::popcount(uint8_t(theirs[i] ^ mine[i]));
        }
    }
  }
};

} // namespace

Comparison compare(const rt::Chip &chip, const Plan &plan) {
  std::optional<Case> run;
  try {
    run.emplace(chip, plan);
    run->run();
    run->out.cycles = run->twin->cycles;
    run->compareRecords();
    run->compareCommands();
    if (run->result.cycles == run->twin->cycles)
      run->compareCauses();
    run->compareBits();
    return run->out;
  } catch (const std::exception &error) {
    Comparison failed;
    failed.cyclesApart = 1;
    failed.error = error.what();
    return failed;
  }
}

} // namespace garam::twin
