// The chip loader: shipped chips load; a bad key, value or table is named with file and line.
#include "runtime/Error.h"
#include "runtime/chip/Chip.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

using namespace garam::rt;

static std::string textOf(const std::string &chip) {
  std::ifstream file(chipFolder() + "/" + chip + ".toml");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

static std::string messageOf(const std::string &text, const std::vector<Override> &overrides = {}) {
  try {
    parseChip(text, "c.toml", overrides);
  } catch (const Error &error) {
    return error.what();
  }
  return "accepted";
}

static std::string replaced(std::string text, const std::string &from, const std::string &to) {
  size_t at = text.find(from);
  EXPECT_NE(at, text.npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Chip, ShippedChipsLoad) {
  std::vector<std::string> names = chipNames();
  for (const char *name : {"atom", "atom_max", "rebel100", "rngd", "tpuv3", "unit"})
    EXPECT_NE(std::find(names.begin(), names.end(), name), names.end()) << name;
  for (const std::string &name : names)
    EXPECT_EQ(loadChip(name).name, name);
}

TEST(Chip, AFolderIsNoChip) {
  try {
    loadChip(testing::TempDir() + "/");
    FAIL() << "accepted";
  } catch (const Error &error) {
    EXPECT_NE(std::string(error.what()).find("cannot be read; allowed: atom, "), std::string::npos) << error.what();
  }
}

TEST(Chip, PublishedPeaks) {
  EXPECT_NEAR(loadChip("atom").peakFlops(DType::BF16), 32e12, 0.02e12);
  EXPECT_NEAR(loadChip("atom").peakFlops(DType::I8), 128e12, 0.1e12);
  EXPECT_NEAR(loadChip("atom").peakHbmBytesPerSecond(), 256e9, 1e9);
  EXPECT_NEAR(loadChip("rebel100").peakFlops(DType::F16), 1024e12, 1e12);
  EXPECT_NEAR(loadChip("rebel100").peakFlops(DType::F8E4M3), 2048e12, 2e12);
  EXPECT_NEAR(loadChip("rebel100").peakHbmBytesPerSecond(), 4.8e12, 0.02e12);
  EXPECT_EQ(loadChip("atom").peakFlops(DType::F8E4M3), 0);
  EXPECT_NEAR(loadChip("atom_max").peakFlops(DType::BF16), 128e12, 0.1e12);
  EXPECT_NEAR(loadChip("atom_max").peakHbmBytesPerSecond(), 1024e9, 1e9);
  EXPECT_NEAR(loadChip("rngd").peakFlops(DType::BF16), 256e12, 7e12); // published in steps of 1,000, here of 1,024
  EXPECT_NEAR(loadChip("rngd").peakHbmBytesPerSecond(), 1.5e12, 0.04e12);
  EXPECT_NEAR(loadChip("tpuv3").peakHbmBytesPerSecond(), 450e9, 1e9);
  // 61.6 TFLOPS: half of the 123 of a chip with two cores.
  EXPECT_NEAR(loadChip("tpuv3").peakFlops(DType::BF16), 61.6e12, 0.1e12);
}

TEST(Chip, ErrorsNameLineKeyAndWhatIsAllowed) {
  std::string text = textOf("unit");
  EXPECT_EQ(messageOf(text), "accepted");
  EXPECT_NE(messageOf(replaced(text, "lanes", "lines")).find("missing key `vector.lanes`"), std::string::npos);
  EXPECT_NE(messageOf(replaced(text, "[noc]", "colour = 3\n[noc]")).find("unknown key `sync.colour`; allowed: "),
            std::string::npos);
  EXPECT_NE(messageOf(replaced(text, "[noc]", "[nok]")).find("missing table [noc]"), std::string::npos);
  EXPECT_NE(messageOf(text + "\n[extra]\na = 1\n").find("unknown table or key `extra`"), std::string::npos);
  EXPECT_NE(messageOf(replaced(text, "lanes = 64", "lanes = \"many\""))
                .find("key `vector.lanes` is not an integer; allowed: 1 to 8192"),
            std::string::npos);
  EXPECT_NE(messageOf(replaced(text, "lanes = 64", "lanes = 0")).find("key `vector.lanes` is 0; allowed: 1 to 8192"),
            std::string::npos);
  EXPECT_EQ(messageOf(replaced(text, "lanes = 64", "lanes = 0")).find("c.toml:"), 0u);
  EXPECT_EQ(messageOf("[chip\n").find("c.toml:1: "), 0u);
}

TEST(Chip, OverridesAreCheckedAsTheFileIs) {
  std::string text = textOf("unit");
  EXPECT_EQ(parseChip(text, "c", {"l1.size_bytes=4194304"}).l1.sizeBytes, 4194304);
  EXPECT_EQ(messageOf(text, {"l1.size=1"})
                .find("--set: unknown key `l1.size`; allowed: a key of the chip file; the nearest are l1.size_bytes, "),
            0u);
  EXPECT_NE(messageOf(text, {"vectr.lane=1"}).find("the nearest are vector.lanes, "), std::string::npos);
  EXPECT_NE(messageOf(text, {"x.y=1"}).find("the nearest are "), std::string::npos);
  EXPECT_NE(messageOf(text, {"l1"}).find("allowed: TABLE.KEY=VALUE"), std::string::npos);
  EXPECT_NE(messageOf(text, {"l1.banks=-1"}).find("key `l1.banks` is -1"), std::string::npos);
}

TEST(Chip, ReplacementsAreReadAndMayBeAbsent) {
  std::string text = textOf("unit");
  EXPECT_TRUE(parseChip(text, "c").replace.empty());
  EXPECT_EQ(parseChip(text + "\n[replace]\nmemory = \"mine\"\n", "c").replace.at("memory"), "mine");
  EXPECT_EQ(parseChip(text, "c", {"replace.l1=mine"}).replace.at("l1"), "mine");
  EXPECT_NE(messageOf(text + "\n[replace]\nmemory = 3\n")
                .find("key `replace.memory` is not a string; allowed: the kind of a unit"),
            std::string::npos);
  EXPECT_NE(messageOf("replace = 3\n" + text).find("`replace` is not a table; allowed: [replace]"), std::string::npos);
}

TEST(Chip, UnknownNameListsTheChips) {
  try {
    loadChip("atum");
    FAIL();
  } catch (const Error &error) {
    EXPECT_NE(std::string_view(error.what()).find("chip: no chip `atum`; allowed: atom"), std::string_view::npos)
        << error.what();
  }
}
