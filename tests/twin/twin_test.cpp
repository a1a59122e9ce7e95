// 300 random programs in every run of the tests, with seeds of their own: the simulator and its ticked twin may not be a cycle
// or a bit apart. GARAM_TWIN_SEED repeats a run; GARAM_LONG=1 makes it 10,000.
#include "runtime/chip/Chip.h"
#include "tests/twin/compare/Campaign.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

namespace garam::twin {
namespace {

uint64_t firstSeed() {
  static const uint64_t seed = [] {
    const char *given = std::getenv("GARAM_TWIN_SEED");
    return given ? std::strtoull(given, nullptr, 10) : uint64_t(std::random_device()()) << 8;
  }();
  return seed;
}

void expectTogether(const std::string &chip, int64_t programs) {
  const char *all = std::getenv("GARAM_LONG");
  if (all && *all == '1')
    programs = programs * 100 / 3;
  Campaign result = campaign(chip, programs, firstSeed());
  EXPECT_TRUE(result.cyclesApart == 0 && result.bitsApart == 0)
      << "garam-twin --chip " << chip << " --programs 1 --seed " << result.first->seed << "\n" << toJson(result) << "\n" << result.first->listing;
  testing::Test::RecordProperty("instructions", std::to_string(result.instructions));
  EXPECT_GE(result.instructions, 200 * result.programs);
}

class Twin : public testing::TestWithParam<std::string> {};

TEST_P(Twin, IsNotACycleApart) {
  const rt::Chip chip = rt::loadChip(GetParam());
  // A program on many cores costs as much as some on few.
  expectTogether(GetParam(), chip.cores() > 16 ? 10 : 70);
}
INSTANTIATE_TEST_SUITE_P(Shipped, Twin, testing::ValuesIn(rt::chipNames()), [](const auto &info) { return info.param; });

TEST(TwinOfRandomChips, IsNotACycleApart) { expectTogether("random", 70); }

} // namespace
} // namespace garam::twin
