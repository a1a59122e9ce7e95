#include "tests/twin/compare/Compare.h"

#include "runtime/Error.h"
#include "tests/twin/compare/Runs.h"

#include <algorithm>
#include <bit>
#include <map>

namespace garam::twin {
namespace {

/// No tensor data decides what the program does (T2).
bool runsWithoutData(const rt::Program &program) {
  for (const auto &kernel : program.kernels)
    for (const rt::Insn &insn : rt::decodeKernel(*kernel))
      if (insn.opcode == rt::Opcode::SeqLoad || insn.opcode == rt::Opcode::DmaGather ||
          insn.opcode == rt::Opcode::DmaScatter)
        return false;
  return true;
}

/// Of all semaphores, those of a core in the order of time.
std::vector<sim::TokenChange> tokensOf(const Machine &twin) {
  std::vector<sim::TokenChange> all;
  for (const auto &core : twin.cores)
    for (const Semaphores::Change &change : core->semaphores.history)
      all.push_back({change.cycle, core->id, uint8_t(change.semaphore), change.change, change.tokens});
  return all;
}

class Differences {
public:
  Differences(const rt::Program &program, const Machine &twin) : program(program), twin(twin) {}
  Comparison out;

  /// All but bytes; `mode` goes before what differs.
  void times(const SimRun &run, const std::string &mode) {
    where = mode;
    records(run.result);
    tokens(run.tokens);
    commands(run.commands);
    if (run.result.cycles == twin.cycles)
      causes(run.result);
  }
  void bits(SimRun &run, Memory &memory, const std::string &mode) {
    for (uint32_t number = 0; number < program.segments.size(); ++number) {
      const auto &segment = program.segments[number];
      std::vector<uint8_t> theirs(size_t(segment->bytes)), mine(theirs.size());
      run.device->read(number, theirs, 0);
      memory.read(segment->address, mine);
      for (size_t i = 0; i < mine.size(); ++i)
        if (theirs[i] != mine[i]) {
          if (!out.bitsApart && !out.first)
            out.first = Apart{-1, segment->name, "", mode + "byte", int64_t(i), theirs[i], mine[i]};
          out.bitsApart += std::popcount(uint8_t(theirs[i] ^ mine[i]));
        }
    }
  }

private:
  const rt::Program &program;
  const Machine &twin;
  std::string where;

  void apart(Apart place) {
    ++out.cyclesApart;
    place.what = where + place.what;
    // The first in time.
    if (!out.first || std::max(place.simulator, place.twin) < std::max(out.first->simulator, out.first->twin))
      out.first = std::move(place);
  }
  /// A sum over the run: told if nothing says when it began.
  void apartInSum(Apart place) {
    if (!out.cyclesApart++)
      place.what = where + place.what, out.first = std::move(place);
  }

  void records(const rt::RunResult &result) {
    using Key = std::tuple<uint32_t, int, rt::Engine>;
    std::map<Key, std::vector<rt::InsnRecord>> of[2];
    for (const rt::InsnRecord &record : result.records)
      of[0][{record.launch, record.core, record.engine}].push_back(record);
    for (const rt::InsnRecord &record : twin.completed)
      of[1][{record.launch, record.core, record.engine}].push_back(record);
    for (const auto &[key, mine] : of[1]) {
      const std::vector<rt::InsnRecord> &theirs = of[0][key];
      if (mine.size() != theirs.size())
        apart({std::get<1>(key), std::string(rt::name(std::get<2>(key))), "", "instructions completed", 0,
               int64_t(theirs.size()), int64_t(mine.size())});
      for (size_t i = 0; i < std::min(mine.size(), theirs.size()); ++i)
        compareRecord(theirs[i], mine[i]);
    }
    if (result.records.size() != twin.completed.size())
      apart({-1, "", "", "instructions", 0, int64_t(result.records.size()), int64_t(twin.completed.size())});
    if (result.cycles != twin.cycles)
      apart({-1, "", "", "cycles of the run", -1, result.cycles, twin.cycles});
  }

  void compareRecord(const rt::InsnRecord &theirs, const rt::InsnRecord &mine) {
    auto differs = [&](const char *what, int64_t a, int64_t b) {
      if (a == b)
        return;
      std::span<const uint8_t> code = program.kernels[mine.kernel]->code;
      std::string text =
          rt::print(rt::decode(code.subspan(size_t(mine.index) * rt::kWordBytes).first<rt::kWordBytes>()));
      apart({mine.core, std::string(rt::name(mine.engine)), text, what, mine.index, a, b});
    };
    differs("index", theirs.index, mine.index);
    differs("issue", theirs.issue, mine.issue);
    differs("start", theirs.start, mine.start);
    differs("end", theirs.end, mine.end);
  }

  /// Cycles in which a semaphore changed, what came and went in them, and what it held then. Tokens that come when a
  /// launch has ended are nobody's (L3).
  struct Change {
    int64_t cycle, added = 0, taken = 0, tokens = 0;
    bool operator==(const Change &) const = default;
  };
  using History = std::map<std::pair<int, int>, std::vector<Change>>; ///< by core and semaphore
  History historyOf(const std::vector<sim::TokenChange> &changes) const {
    History history;
    for (const sim::TokenChange &change : changes) {
      const auto end =
          std::ranges::lower_bound(twin.launchSpans, change.cycle, {}, [](const auto &span) { return span.second; });
      if (end == twin.launchSpans.end() || change.cycle < end->first)
        continue;
      std::vector<Change> &list = history[{change.core, change.semaphore}];
      if (list.empty() || list.back().cycle != change.cycle)
        list.push_back({change.cycle});
      (change.change > 0 ? list.back().added : list.back().taken) += std::abs(change.change);
      list.back().tokens = change.tokens;
    }
    return history;
  }

  void tokens(const std::vector<sim::TokenChange> &changes) {
    History theirs = historyOf(changes), mine = historyOf(tokensOf(twin));
    for (const auto &entry : mine)
      theirs.try_emplace(entry.first);
    for (const auto &[key, list] : theirs) {
      const std::vector<Change> &other = mine[key];
      const auto [a, b] = std::ranges::mismatch(list, other);
      if (a != list.end() || b != other.end())
        apart({key.first, "semaphore", "", fmt::format("tokens of semaphore {}", key.second), a - list.begin(),
               a != list.end() ? a->cycle : -1, b != other.end() ? b->cycle : -1});
    }
  }

  /// Column commands, or those to rows and banks, in time order.
  static std::vector<sim::DramCommand> sorted(const std::vector<sim::DramCommand> &all, bool columns) {
    auto key = [](const sim::DramCommand &c) {
      return std::tuple(c.tick, c.kind, c.pseudoChannel, c.stackId, c.bankGroup, c.bank);
    };
    std::vector<sim::DramCommand> list;
    std::ranges::copy_if(all, std::back_inserter(list), [&](const sim::DramCommand &c) {
      return columns == (c.kind >= sim::CommandKind::Rd && c.kind <= sim::CommandKind::Wra);
    });
    std::ranges::sort(list, {}, key);
    return list;
  }

  void commands(const std::vector<std::vector<sim::DramCommand>> &all) {
    for (size_t channel = 0; channel < all.size(); ++channel)
      for (bool columns : {false, true}) {
        std::vector<sim::DramCommand> theirs = sorted(all[channel], columns);
        std::vector<sim::DramCommand> mine = sorted(twin.channels[channel]->controller().commands, columns);
        auto differs = [&](size_t i) {
          const sim::DramCommand &either = i < mine.size() ? mine[i] : theirs[i];
          apart({-1, fmt::format("channel {}", channel), std::string(sim::kCommandNames[size_t(either.kind)]),
                 "command", int64_t(i), i < theirs.size() ? theirs[i].tick : -1, i < mine.size() ? mine[i].tick : -1});
        };
        size_t i = 0;
        while (i < theirs.size() && i < mine.size() && theirs[i] == mine[i])
          ++i;
        // The simulator need not look at a channel again after its last burst: refreshes that follow may be missing.
        bool rest = i == theirs.size() && !columns &&
                    std::none_of(mine.begin() + long(i), mine.end(),
                                 [](const auto &c) { return c.kind == sim::CommandKind::Act; });
        if (i < std::max(theirs.size(), mine.size()) && !rest)
          differs(i);
      }
  }

  /// C1 to C5.
  void causes(const rt::RunResult &result) {
    for (const rt::EngineCounters &theirs : result.engines) {
      const rt::EngineCounters mine = twin.cores[size_t(theirs.core)]->engine(theirs.engine).counters(twin.cycles);
      auto differs = [&](std::string_view what, int64_t a, int64_t b) {
        if (a != b)
          apartInSum(
              {theirs.core, std::string(rt::name(theirs.engine)), "", fmt::format("cycles of {}", what), -1, a, b});
      };
      differs("busy", theirs.busy, mine.busy);
      differs("idle", theirs.idle, mine.idle);
      for (int s = 0; s < rt::kStalls; ++s)
        differs(rt::name(rt::Stall(s)), theirs.stalls[size_t(s)], mine.stalls[size_t(s)]);
    }
  }
};

} // namespace

Comparison compare(const Models &models, const rt::Program &program, bool modes) {
  try {
    test::ruleCounts = {};
    SimRun both = simulate(models.simulator, program, rt::Mode::Both);
    std::unique_ptr<Machine> twin = tick(models.twin, program);
    Differences differences(program, *twin);
    differences.times(both, "");
    differences.bits(both, twin->memory, "");
    if (modes) {
      SimRun values = simulate(models.simulator, program, rt::Mode::Values);
      cite(Rule::T3);
      differences.bits(values, twin->memory, "mode values: ");
      if (runsWithoutData(program)) {
        cite(Rule::T1);
        differences.times(simulate(models.simulator, program, rt::Mode::Cycles), "mode cycles: ");
      }
    }
    Comparison out = std::move(differences.out);
    out.instructions = int64_t(twin->completed.size());
    out.cycles = twin->cycles;
    out.rules = test::ruleCounts;
    return out;
  } catch (const std::exception &error) {
    Comparison failed;
    failed.cyclesApart = 1;
    failed.error = error.what();
    return failed;
  }
}

} // namespace garam::twin
