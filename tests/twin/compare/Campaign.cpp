#include "tests/twin/compare/Campaign.h"

#include "sim/insns/Insns.h"
#include "tests/twin/compare/Shrink.h"
#include "tests/twin/programs/Assemble.h"
#include "tests/twin/programs/Draw.h"
#include "tests/twin/programs/RandomChip.h"

#include <fmt/format.h>

namespace garam::twin {
namespace {

std::string listing(const rt::Program &program) {
  std::string out;
  for (const auto &kernel : program.kernels) {
    out += "kernel\n";
    int at = 0;
    for (const rt::Insn &insn : rt::decodeKernel(*kernel))
      fmt::format_to(std::back_inserter(out), "{:4} {}\n", at++, rt::print(insn));
    for (size_t i = 0; i < kernel->descriptors.size(); ++i)
      if (const auto &shape = kernel->descriptors[i]->dma)
        fmt::format_to(std::back_inserter(out), "descriptor {}: counts {}, source strides {}, destination strides {}\n", i, fmt::join(shape->counts, " "),
                       fmt::join(shape->src_strides, " "), fmt::join(shape->dst_strides, " "));
  }
  return out;
}

std::string quoted(const std::string &text) {
  std::string out = "\"";
  for (char c : text)
    out += c == '\n' ? "\\n" : c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return out + "\"";
}

} // namespace

Campaign campaign(const std::string &chipName, int64_t programs, uint64_t seed, const std::function<void(int64_t)> &progress) {
  sim::insns::start();
  sim::insns::FloatEnvironment environment;
  Campaign out;
  for (int64_t i = 0; i < programs; ++i) {
    const uint64_t own = seed + uint64_t(i);
    const rt::Chip chip = chipName == "random" ? randomChip(own) : rt::loadChip(chipName);
    const Plan plan = Draw(chip, own).plan();
    const Comparison result = compare(chip, plan);
    ++out.programs;
    out.instructions += result.instructions, out.cycles += result.cycles;
    out.cyclesApart += result.cyclesApart, out.bitsApart += result.bitsApart;
    if (!result.same() && !out.first) {
      const Plan small = shrink(chip, plan);
      const Comparison smallest = compare(chip, small);
      out.first = {own, smallest.first.value_or(Apart{}), smallest.error, smallest.error.empty() ? listing(assemble(chip, small)) : ""};
    }
    if (progress)
      progress(i + 1);
  }
  return out;
}

std::string toJson(const Campaign &c) {
  std::string first = "null";
  if (c.first) {
    const Apart &a = c.first->apart;
    first = fmt::format(R"({{"program": {}, "core": {}, "engine": {}, "index": {}, "instruction": {}, "what": {}, "simulator_cycle": {}, )"
                        R"("twin_cycle": {}, "error": {}, "smallest": {}}})",
                        c.first->seed, a.core, quoted(a.engine), a.index, quoted(a.instruction), quoted(a.what), a.simulator, a.twin,
                        c.first->error.empty() ? "null" : quoted(c.first->error), quoted(c.first->listing));
  }
  return fmt::format(R"({{"programs": {}, "instructions": {}, "cycles_apart": {}, "bits_apart": {}, "first": {}}})", c.programs, c.instructions,
                     c.cyclesApart, c.bitsApart, first);
}

} // namespace garam::twin
