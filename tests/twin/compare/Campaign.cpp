#include "tests/twin/compare/Campaign.h"

#include "sim/insns/Insns.h"
#include "tests/twin/compare/Listing.h"
#include "tests/twin/compare/Runs.h"
#include "tests/twin/compare/Shrink.h"
#include "tests/twin/programs/Assemble.h"
#include "tests/twin/programs/Draw.h"

#include <filesystem>
#include <fstream>

namespace garam::twin {

void Campaign::add(Campaign other) {
  programs += other.programs, instructions += other.instructions, cycles += other.cycles;
  cyclesApart += other.cyclesApart, bitsApart += other.bitsApart;
  for (size_t i = 0; i < rules.size(); ++i)
    rules[i].programs += other.rules[i].programs, rules[i].times += other.rules[i].times;
  if (!first)
    first = std::move(other.first);
}

Campaign campaign(const CampaignOptions &options) {
  sim::insns::start();
  sim::insns::FloatEnvironment environment;
  Campaign out;
  DrawnChip shipped;
  if (options.chip != "random")
    shipped.chip = rt::loadChip(options.chip), shipped.base = options.chip;
  for (int64_t i = 0; i < options.programs; ++i) {
    const uint64_t own = options.seed + uint64_t(i);
    const DrawnChip drawn = options.chip == "random" ? randomChip(own) : shipped;
    const Plan plan = Draw(drawn.chip, own).plan();
    const bool modes = options.modes && own % 3 == 0;
    const Comparison result = compare(drawn.chip, assemble(drawn.chip, plan), modes);
    ++out.programs;
    out.instructions += result.instructions, out.cycles += result.cycles;
    out.cyclesApart += result.cyclesApart, out.bitsApart += result.bitsApart;
    for (size_t rule = 0; rule < test::kRules; ++rule)
      out.rules[rule].programs += result.rules[rule] > 0, out.rules[rule].times += result.rules[rule];
    if (!result.same() && !out.first) {
      rt::Program small = assemble(drawn.chip, options.firstOnly ? plan : shrink(drawn.chip, plan, modes));
      const Comparison smallest = options.firstOnly ? result : compare(drawn.chip, small, modes);
      out.first = {own, drawn, smallest.first.value_or(Apart{}), smallest.error, std::move(small)};
    }
    if (options.progress)
      options.progress(i + 1);
    if (out.first && options.firstOnly)
      break;
  }
  return out;
}

std::string describe(const Campaign::First &first) {
  const Apart &a = first.apart;
  std::string out = first.error.empty()
                        ? fmt::format("core {}, {}, instruction {} `{}`: {}: simulator {}, twin {}\n", a.core, a.engine,
                                      a.index, a.instruction, a.what, a.simulator, a.twin)
                        : fmt::format("{}\n", first.error);
  const bool drawn = !first.chip.overrides.empty();
  fmt::format_to(std::back_inserter(out), "again: garam-twin --chip {} --programs 1 --seed {}\nchip: {}",
                 drawn ? "random" : first.chip.base, first.seed, first.chip.base);
  for (const rt::Override &own : first.chip.overrides)
    fmt::format_to(std::back_inserter(out), " --set '{}'", own);
  out += "\n";
  if (!first.chip.preset.empty())
    fmt::format_to(std::back_inserter(out), "preset {}:\n{}", first.chip.presetFile, first.chip.preset);
  return out + listing(first.smallest);
}

std::string toJson(const Campaign &c) {
  std::string first = "null";
  if (c.first) {
    const Apart &a = c.first->apart;
    first = fmt::format(
        R"({{"program": {}, "core": {}, "engine": {}, "index": {}, "instruction": {}, "what": {}, "simulator_cycle": {}, )"
        R"("twin_cycle": {}, "error": {}, "smallest": {}}})",
        c.first->seed, a.core, quoted(a.engine), a.index, quoted(a.instruction), quoted(a.what), a.simulator, a.twin,
        c.first->error.empty() ? "null" : quoted(c.first->error), quoted(describe(*c.first)));
  }
  return fmt::format(R"({{"programs": {}, "instructions": {}, "cycles_apart": {}, "bits_apart": {}, "first": {}}})",
                     c.programs, c.instructions, c.cyclesApart, c.bitsApart, first);
}

void keep(const Campaign::First &first, const std::string &folder) {
  const std::filesystem::path in(folder);
  std::filesystem::create_directories(in);
  const std::string name = fmt::format("program-{}", first.seed);
  rt::Program whole = rt::deserialize(rt::serialize(first.smallest), name);
  for (const auto &segment : whole.segments)
    segment->data = contents(whole, *segment);
  rt::saveProgram(whole, (in / (name + ".garam")).string());
  std::ofstream(in / (name + ".txt")) << describe(first);
  if (!first.chip.preset.empty())
    std::ofstream(in / first.chip.presetFile) << first.chip.preset;
}

} // namespace garam::twin
