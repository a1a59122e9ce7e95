// The checker names the rule of each violation that is planted into a log without one. Presets, logs and places are
// drawn; GARAM_SEED repeats a run.
#include "JedecPlants.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

namespace garam::test {
namespace {

TEST(JedecPlants, EachIsNamed) {
  const char *given = std::getenv("GARAM_SEED");
  const uint64_t seed = given ? std::strtoull(given, nullptr, 10) : std::random_device()();
  Random random(seed);
  std::map<const Device *, std::vector<Log>> logs;
  for (const Device *device : jedec::kDevices) {
    logs[device] = cleanLogs(*device, uint64_t(pick(random, 1, 1'000'000)));
    for (const Log &log : logs[device])
      ASSERT_TRUE(broken(*device, log.refresh, log.lines).empty()) << device->name << ", seed " << seed;
  }
  int planted = 0, named = 0;
  for (const Plant &plant : plants()) {
    std::vector<const Device *> devices(jedec::kDevices.begin(), jedec::kDevices.end());
    std::shuffle(devices.begin(), devices.end(), random);
    bool placed = false;
    // Some logs have no place for some kinds (all writes, say), and not every draw fits.
    for (int round = 0; round < 100 && !placed; ++round)
      for (size_t i = 0; i < devices.size() && !placed; ++i) {
        const std::vector<Log> &all = logs[devices[i]];
        Log log = all[size_t(pick(random, 0, int64_t(all.size()) - 1))];
        if (!plant.plant(*devices[i], random, log.lines))
          continue;
        placed = true, ++planted;
        const std::set<std::string> rules = broken(*devices[i], log.refresh, log.lines);
        named += rules.count(plant.rule);
        EXPECT_TRUE(rules.count(plant.rule))
            << plant.kind << " on " << devices[i]->name << ": found " << fmt::format("{}", fmt::join(rules, ", "))
            << "; expected " << plant.rule << ", seed " << seed;
      }
    EXPECT_TRUE(placed) << plant.kind << ": no place in any log, seed " << seed;
  }
  fmt::print("{} of {} planted violations named, seed {}\n", named, planted, seed);
  EXPECT_GE(planted, 50);
  EXPECT_EQ(named, planted);
}

} // namespace
} // namespace garam::test
