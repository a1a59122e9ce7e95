// 300 random programs in every run of the tests, with seeds of their own: the simulator and its ticked twin may not be
// a cycle or a bit apart. GARAM_SEED repeats a run; GARAM_LONG=1 makes it 10,000.
#include "tests/twin/compare/Coverage.h"
#include "tests/twin/compare/Shrink.h"
#include "tests/twin/programs/Assemble.h"
#include "tests/twin/programs/Draw.h"

#include "sim/insns/Insns.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <set>

namespace garam::twin {
namespace {

constexpr int64_t kPrograms = 300;

uint64_t firstSeed() {
  static const uint64_t seed = [] {
    const char *given = std::getenv("GARAM_SEED");
    return given ? std::strtoull(given, nullptr, 10) : uint64_t(std::random_device()()) << 8;
  }();
  return seed;
}
bool isLong() {
  const char *all = std::getenv("GARAM_LONG");
  return all && *all == '1';
}
/// A program on many cores costs as much as some on few.
int64_t shareOf(const std::string &chip) { return rt::loadChip(chip).cores() > 16 ? 8 : 30; }

void expectTogether(const std::string &chip, int64_t programs, Campaign &all) {
  CampaignOptions how;
  how.chip = chip;
  how.programs = isLong() ? programs * 100 / 3 : programs;
  how.seed = firstSeed();
  fmt::print("{}: {} programs from GARAM_SEED={}\n", chip, how.programs, how.seed);
  Campaign result = campaign(how);
  EXPECT_TRUE(result.same()) << toJson(result) << "\n" << (result.first ? describe(*result.first) : "");
  EXPECT_GE(result.instructions, 200 * result.programs);
  all.add(std::move(result));
}

TEST(Twin, IsNotACycleApartOnAnyChipAndExercisesEveryRule) {
  Campaign all;
  int64_t rest = kPrograms;
  for (const std::string &chip : rt::chipNames()) {
    expectTogether(chip, shareOf(chip), all);
    rest -= shareOf(chip);
  }
  expectTogether("random", rest, all);
  for (size_t i = 0; i < test::kRules; ++i)
    EXPECT_GT(all.rules[i].programs, 0) << test::kRuleNames[i];
}

TEST(TwinPrograms, EveryNumberedRuleIsCountedOrTestedElsewhere) {
  std::set<std::string> known(std::begin(test::kRuleNames), std::end(test::kRuleNames));
  for (const CoveredElsewhere &each : kElsewhere)
    EXPECT_TRUE(known.insert(std::string(each.rule)).second) << each.rule << " is counted and covered elsewhere";
  std::set<std::string> stated;
  for (const char *page : {"machine.md", "memory.md"})
    for (const std::string &rule : rulesOf(std::string(GARAM_HARDWARE_DOCS) + "/" + page))
      EXPECT_TRUE(stated.insert(rule).second) << rule << " is stated twice";
  EXPECT_EQ(known, stated);
}

// The comparison bites, and what differs is made small: models of two chips that differ in one number.
TEST(TwinBites, OnEveryKindOfTimeAndShrinksTheProgram) {
  sim::insns::start();
  sim::insns::FloatEnvironment environment;
  const rt::Chip chip = rt::loadChip("unit");
  for (const char *change :
       {"sync.local_cycles=2", "dma.startup_cycles=2", "noc.hop_cycles=2", "vector.latency_cycles=1", "l1.banks=8",
        "memory.page_policy=\"closed\"", "sequencer.queue_depth=1", "launch.latency_ns=2.0"}) {
    SCOPED_TRACE(change);
    const rt::Chip other = rt::loadChip("unit", {change});
    const Models models(chip, other);
    const Plan plan = Draw(chip, 2).plan();
    EXPECT_FALSE(compare(models, assemble(chip, plan), false).same());
    const Plan small = shrink(models, plan, false);
    EXPECT_FALSE(compare(models, assemble(chip, small), false).same());
    size_t tasks = 0;
    for (const KernelPlan &kernel : small.kernels)
      for (size_t b = 1; b < kernel.blocks.size(); ++b)
        tasks += kernel.blocks[b].tasks.size();
    EXPECT_LE(tasks, 4u);
    EXPECT_EQ(small.launches.size(), 1u);
  }
}

} // namespace
} // namespace garam::twin
