// Presets and address maps: what they hold, and what is refused with its place.
#include "Cases.h"

#include "runtime/Error.h"

#include <gtest/gtest.h>

#include <algorithm>
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

TEST(Preset, RefreshesThatFillTheRowBusAreRefused) {
  // 16 banks, each closed, refreshed and opened: 48 edges of 100, and 96 with two pseudo-channels.
  std::string text = presetText("unit"), path = testing::TempDir() + "often.toml";
  const size_t at = text.find("trefi_");
  text.replace(at, text.find('\n', at) - at, "trefi_clocks = 100");
  std::ofstream(path) << text;
  auto load = [&](int pseudoChannels) -> std::string {
    try {
      rt::loadChip(
          "unit",
          {"memory.preset=\"" + path + "\"", "memory.refresh=\"per_bank\"",
           "memory.pseudo_channels=" + std::to_string(pseudoChannels),
           R"(memory.address_map=["bank_group:2", "column:2", "channel", "pseudo_channel", "column", "bank", "row"])"});
      return "accepted";
    } catch (const rt::Error &error) {
      return error.what();
    }
  };
  EXPECT_EQ(load(1), "accepted");
  EXPECT_NE(load(2).find("edges of trefi on the row bus; allowed: at most half of them (MF1)"), std::string::npos)
      << load(2);
}

TEST(Preset, TimingsThatContradictEachOtherAreNamedWithLineAndRule) {
  auto expect = [](const std::string &from, const std::string &to, const std::string &what) {
    const std::string text = presetText("hbm3_6400");
    const auto line = 1 + std::count(text.begin(), text.begin() + int64_t(text.find(from)), '\n');
    EXPECT_EQ(refusal(from, to), fmt::format(":{}: {}", line, what));
  };
  expect("trc_clocks = 72", "trc_clocks = 70", "trc 70 clocks, tras + trp 71; allowed: trc at least tras + trp (MR4)");
  expect("tras_clocks = 45", "tras_clocks = 30",
         "tras 30 clocks, trcd_read 31; allowed: tras at least trcd_read (MR4)");
  expect("tccd_s_clocks = 2", "tccd_s_clocks = 1",
         "tccd_s 1 clocks, access_clocks 2; allowed: tccd_s at least access_clocks (MC4)");
  expect("tccd_l_clocks = 4", "tccd_l_clocks = 1", "tccd_l 1 clocks, tccd_s 2; allowed: tccd_l at least tccd_s (MC3)");
  expect("tccd_l_clocks = 4", "tccd_l_clocks = 33", "tccd_l 33 clocks; allowed: up to 32 clocks (MC2)");
  expect("tccd_r_clocks = 3", "tccd_r_clocks = 1", "tccd_r 1 clocks, tccd_s 2; allowed: tccd_r at least tccd_s (MC3)");
  expect("twtr_l_clocks = 10", "twtr_l_clocks = 6", "twtr_l 6 clocks, twtr_s 7; allowed: twtr_l at least twtr_s (MC3)");
  expect("trrd_l_clocks = 5", "trrd_l_clocks = 3", "trrd_l 3 clocks, trrd_s 4; allowed: trrd_l at least trrd_s (MR4)");
  expect("tfaw_clocks = 24", "tfaw_clocks = 3", "tfaw 3 clocks, trrd_s 4; allowed: tfaw at least trrd_s (MR4)");
  expect("trtw_clocks = 20", "trtw_clocks = 11",
         "trtw 11 clocks: write data meets read data; allowed: trtw at least cl + access_clocks - cwl (MC3)");
  expect("trefi_ns = 3900.0", "trefi_ns = 300.0",
         "trefi 480 clocks, trp + trfc_all_bank + trcd 617; allowed: trefi above trp + trfc_all_bank + trcd (MF1)");
  expect("trefi_ns = 3900.0", "trefi_ns = 3000.0",
         "trefi 4800 clocks for 16 banks, trp + trfc_per_bank + trcd 377, trrefd 13; allowed: trefi / banks above "
         "trrefd and above trp + trfc_per_bank + trcd (MF1)");
  expect("access_bytes = 32", "access_bytes = 24", "access_bytes 24; allowed: powers of two (MA2)");
  expect("row_bytes = 1024", "row_bytes = 1040",
         "row_bytes 1040, access_bytes 32; allowed: row_bytes a multiple of access_bytes (MA2)");
}

TEST(Preset, RefusesWhatIsWrong) {
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
            "chip.toml: memory.page_policy `half`; allowed: open, closed (MC5)");
  EXPECT_EQ(refusal([](auto &d) { d.refreshName = "some"; }),
            "chip.toml: memory.refresh `some`; allowed: none, all_bank, per_bank (MF1)");
  EXPECT_EQ(refusal([](auto &d) { d.writeLow = 24; }), "chip.toml: memory.write_low 24, write_high 24, write_queue 32; "
                                                       "allowed: write_low < write_high <= write_queue (MW1)");
  EXPECT_EQ(refusal([](auto &d) { d.starvationLimit = 33; }),
            "chip.toml: memory.starvation_limit 33 with queues of 32 and 32; allowed: queue + starvation_limit up to "
            "64 (MQ3)");
  EXPECT_EQ(refusal([](auto &d) { d.interleaveBytes = 1536; }),
            "chip.toml: memory.interleave_bytes 1536; allowed: powers of two from 32 to 2048 (MA1)");
  EXPECT_NE(refusal([](auto &d) { d.bytesPerDie += 32; }).find("memory.bytes_per_die"), std::string::npos);
}

TEST(Memory, ErrorsNameTheLineOfTheKey) {
  std::ifstream file(rt::chipFolder() + "/rebel100.toml");
  std::stringstream whole;
  whole << file.rdbuf();
  auto refusalOf = [&](const std::string &from, const std::string &to,
                       const std::vector<rt::Override> &overrides = {}) {
    std::string text = whole.str();
    const size_t at = text.find(from);
    EXPECT_NE(at, text.npos) << from;
    const auto line = 1 + std::count(text.begin(), text.begin() + int64_t(at), '\n');
    try {
      rt::parseChip(text.replace(at, from.size(), to), "c.toml", overrides);
    } catch (const rt::Error &error) {
      std::string what = error.what(), place = fmt::format("c.toml:{}: ", line);
      return what.starts_with(place) ? what.substr(place.size()) : what;
    }
    return std::string("accepted");
  };
  EXPECT_EQ(refusalOf("write_low = 8", "write_low = 24"),
            "memory.write_low 24, write_high 24, write_queue 32; allowed: "
            "write_low < write_high <= write_queue (MW1)");
  EXPECT_EQ(refusalOf("\"stack_id\", ", ""),
            "memory.address_map: `stack_id` has 1 of its 3 values; allowed: a bijection (MA2)");
  EXPECT_EQ(refusalOf("address_xor = []", "address_xor = [\"row^row>>0\"]").find("memory.address_xor: `row^row>>0`; "),
            0u);
  EXPECT_EQ(refusalOf("mesh_columns = 8  #", "mesh_columns = 1  #"), "accepted");
  EXPECT_EQ(
      refusalOf("mesh_columns = 8  #", "mesh_columns = 1  #", {"noc.mesh_rows=1"}),
      "noc.mesh_columns 1 x mesh_rows 1: a router has 114 inputs; 16 cores, 16 memory channels and 32 shared banks "
      "do not fit; allowed: up to 64 inputs of a router, four for each core (N5)");
  EXPECT_EQ(refusalOf("[memory]", "[memory]", {"memory.write_low=30"}),
            "--set memory.write_low=30: memory.write_low 30, write_high 24, write_queue 32; allowed: write_low < "
            "write_high <= write_queue (MW1)");
}

TEST(AddressMap, RefusesWhatIsNoBijection) {
  auto map = [](std::vector<std::string> fields) { return refusal([&](auto &d) { d.addressMap = fields; }); };
  EXPECT_EQ(map({"bank_group:2", "column:4", "channel", "pseudo_channel", "column", "bank", "row"}),
            "chip.toml: memory.address_map: `stack_id` has 1 of its 3 values; allowed: a bijection (MA2)");
  EXPECT_EQ(map({"bank_group:3"}), "chip.toml: memory.address_map: `bank_group:3` does not divide the 4 values of the "
                                   "field; allowed: a bijection (MA2)");
  EXPECT_NE(map({"bank_group", "row:40"}).find("`row:40`"), std::string::npos);
  EXPECT_NE(map({"bankgroup:2"}).find("`bankgroup:2`; allowed: FIELD or FIELD:BITS"), std::string::npos);
  EXPECT_EQ(map({"bank_group:2", "channel"}),
            "chip.toml: memory.address_map: `channel` begins at byte 128; allowed: interleave_bytes, 2048 (MA2)");
  EXPECT_EQ(map({"row", "channel"}), "chip.toml: memory.address_map: `row` below `channel`; allowed: `row` and "
                                     "`stack_id` above `channel`: a burst has one of each (MA2)");
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
