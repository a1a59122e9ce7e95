// Presets and address maps: what they hold, and what is refused with its place.
#include "Cases.h"

#include "runtime/Error.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

namespace garam::test {
namespace {

std::string presetText(const std::string &name) {
  std::ifstream file(rt::chipFolder() + "/dram/" + name + ".toml");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The error of a preset in which `from` was replaced by `to`.
std::string refusal(const std::string &from, const std::string &to) {
  std::string text = presetText("hbm3_6400"), path = testing::TempDir() + "changed.toml";
  size_t at = text.find(from);
  EXPECT_NE(at, text.npos) << from;
  std::ofstream(path) << text.replace(at, from.size(), to);
  try {
    rt::loadDramPreset(path, "chip");
  } catch (const rt::Error &error) {
    std::string what = error.what();
    return what.starts_with(path) ? what.substr(path.size()) : what;
  }
  return "accepted";
}

TEST(Preset, LongerOfClocksAndNanosecondsCounts) {
  rt::DramTiming timing = rt::loadDramPreset("hbm3e_9400", "chip");
  EXPECT_EQ(timing.ccdL, 6); // max(4 CK, 2.5 ns) at 2.35 GHz
  EXPECT_EQ(timing.ccdS, 2);
  EXPECT_EQ(timing.refi, 9165);
  EXPECT_EQ(rt::loadDramPreset("hbm3_6400", "chip").rrefd, 13); // max(3 CK, 8 ns) at 1.6 GHz
  EXPECT_EQ(rt::loadDramPreset("hbm3_6400", "chip").refi, 6240);
}

TEST(Preset, PeaksAreThePublishedOnes) {
  auto peak = [](const char *chip) { return rt::loadChip(chip).peakHbmBytesPerSecond(); };
  EXPECT_DOUBLE_EQ(peak("atom"), 256e9);
  EXPECT_NEAR(peak("rebel100"), 4.8e12, 0.02e12);
}

TEST(Preset, RefusesWhatIsWrong) {
  EXPECT_EQ(refusal("trc_clocks = 72", "trc_clocks = 70"),
            ": trc 70 clocks, tras + trp 71; allowed: trc at least tras + trp");
  EXPECT_EQ(refusal("tccd_l_clocks = 4", "tccd_l_clocks = 1"),
            ": a timing of the same bank group is shorter than that of another; allowed: _l and _r at least _s");
  EXPECT_EQ(refusal("trtw_clocks = 20", "trtw_clocks = 11"),
            ": trtw 11 clocks: write data meets read data; allowed: trtw at least cl + access_clocks - cwl");
  EXPECT_EQ(refusal("trfc_per_bank_ns = 200.0", "trfc_per_bank_ns = 210.0"),
            ": trefi 6240 clocks for 16 banks, trp + trfc_per_bank + trcd 393, trrefd 13; allowed: trefi / banks above "
            "trrefd and above "
            "trp + trfc_per_bank + trcd");
  EXPECT_NE(refusal("cl_clocks = 20", "cl_clocks = 0").find(": key `timing.cl_clocks`; allowed: integers 1 to"),
            std::string::npos);
  EXPECT_NE(refusal("cl_clocks = 20\n", "")
                .find(": missing key `timing.cl_clocks` or `timing.cl_ns`; every timing must be stated"),
            std::string::npos);
  EXPECT_NE(refusal("cl_clocks = 20", "cl_clocks = 20\ncll_ns = 1.0").find(": unknown key `timing.cll_ns`"),
            std::string::npos);
  EXPECT_NE(refusal("bank_groups = 4", "bank_groups = \"4\"")
                .find(": key `organization.bank_groups`; allowed: integers 1 to 16"),
            std::string::npos);
  EXPECT_NE(refusal("clock_mhz = 1600.0", "clock_mhz = 0").find(": key `dram.clock_mhz`; allowed: 1 to 10000"),
            std::string::npos);
  EXPECT_NE(refusal("[timing]", "[timings]").find("unknown table or key `timings`"), std::string::npos);
}

std::string refusal(const std::function<void(rt::DramParams &)> &change) {
  rt::DramParams dram = params(
      "hbm3_6400", {"bank_group:2", "column:4", "channel", "pseudo_channel", "column", "bank", "stack_id", "row"}, 2, 3,
      2048);
  change(dram);
  try {
    rt::finishDram(dram, "chip.toml");
  } catch (const rt::Error &error) {
    return error.what();
  }
  return "accepted";
}

TEST(Memory, RefusesWhatDoesNotFit) {
  EXPECT_EQ(refusal([](auto &) {}), "accepted");
  EXPECT_NE(refusal([](auto &d) { d.preset = "hbm9"; }).find("chip.toml: memory.preset `hbm9` cannot be read"),
            std::string::npos);
  EXPECT_EQ(refusal([](auto &d) { d.pagePolicyName = "half"; }),
            "chip.toml: memory.page_policy `half`; allowed: open, closed");
  EXPECT_EQ(refusal([](auto &d) { d.refreshName = "some"; }),
            "chip.toml: memory.refresh `some`; allowed: none, all_bank, per_bank");
  EXPECT_EQ(
      refusal([](auto &d) { d.writeLow = 24; }),
      "chip.toml: memory.write_low 24, write_high 24, write_queue 32; allowed: write_low < write_high <= write_queue");
  EXPECT_EQ(
      refusal([](auto &d) { d.starvationLimit = 33; }),
      "chip.toml: memory.starvation_limit 33 with queues of 32 and 32; allowed: queue + starvation_limit up to 64");
  EXPECT_EQ(refusal([](auto &d) { d.interleaveBytes = 1536; }),
            "chip.toml: memory.interleave_bytes 1536; allowed: powers of two from 32 to 2048");
  EXPECT_NE(refusal([](auto &d) { d.bytesPerDie += 32; }).find("memory.bytes_per_die"), std::string::npos);
}

TEST(AddressMap, RefusesWhatIsNoBijection) {
  auto map = [](std::vector<std::string> fields) { return refusal([&](auto &d) { d.addressMap = fields; }); };
  EXPECT_EQ(map({"bank_group:2", "column:4", "channel", "pseudo_channel", "column", "bank", "row"}),
            "chip.toml: memory.address_map: `stack_id` has 1 of its 3 values; allowed: a bijection");
  EXPECT_EQ(
      map({"bank_group:3"}),
      "chip.toml: memory.address_map: `bank_group:3` does not divide the 4 values of the field; allowed: a bijection");
  EXPECT_NE(map({"bank_group", "row:40"}).find("`row:40`"), std::string::npos);
  EXPECT_NE(map({"bankgroup:2"}).find("`bankgroup:2`; allowed: FIELD or FIELD:BITS"), std::string::npos);
  EXPECT_EQ(map({"bank_group:2", "channel"}),
            "chip.toml: memory.address_map: `channel` begins at byte 128; allowed: interleave_bytes, 2048");
  EXPECT_EQ(map({"row", "channel"}), "chip.toml: memory.address_map: `row` below `channel`; allowed: `row` and "
                                     "`stack_id` above `channel`: a burst has one of each");
  EXPECT_NE(refusal([](auto &d) { d.addressXor = {"stack_id^row>>0"}; }).find("memory.address_xor: `stack_id^row>>0`"),
            std::string::npos);
}

TEST(AddressMap, IsABijection) {
  Random random(3);
  for (int i = 0; i < 60; ++i) {
    rt::DramParams dram = randomParams(random);
    rt::AddressMap map(dram, "test");
    for (int k = 0; k < 200; ++k) {
      int64_t offset = pick(random, 0, dram.bytesPerChannel() / map.accessBytes() - 1) * map.accessBytes();
      rt::DramCell cell = map.cell(offset);
      ASSERT_EQ(map.offset(cell), offset);
      ASSERT_LT(cell.row, dram.rows());
      ASSERT_LT(cell.stackId, dram.stackIds);
      ASSERT_LT(cell.column, dram.timing.rowBytes / dram.timing.accessBytes);
    }
  }
}

} // namespace
} // namespace garam::test
