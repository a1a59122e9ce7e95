// Damaged chip files, DRAM presets and overrides: refused in one line with the file's name, or loaded with every value
// in its range.
#include "Mutants.h"
#include "runtime/chip/Chip.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <unistd.h>

using namespace garam;
using namespace garam::test;

namespace {

std::string textOf(const std::string &path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// 1 if the text is a chip.
int load(const std::string &text, const std::vector<rt::Override> &overrides = {}) {
  try {
    rt::Chip chip = rt::parseChip(text, "m.toml", overrides);
    EXPECT_GE(chip.cores(), 1);
    return 1;
  } catch (const rt::Error &error) {
    expectRefusal(error);
    return 0;
  }
}

} // namespace

TEST(ChipMutants, AreRefusedInOneLineOrLoad) {
  Random random(5);
  std::vector<std::string> texts;
  for (const std::string &name : rt::chipNames())
    texts.push_back(textOf(rt::chipFolder() + "/" + name + ".toml"));
  int loaded = 0;
  for (int n = 0, all = mutants(2000, 15000); n < all; ++n) {
    SCOPED_TRACE(n);
    std::string text = random.of(texts);
    random.chance(2) ? damage(text, random) : damageLines(text, random);
    loaded += load(text);
    ASSERT_FALSE(HasFailure()) << text;
  }
  EXPECT_GT(loaded, 100) << "the mutants are all refused early";
}

TEST(ChipMutants, PresetsAreRefusedInOneLineOrLoad) {
  Random random(6);
  std::string preset = textOf(rt::chipFolder() + "/dram/hbm3e_9400.toml"),
              chip = textOf(rt::chipFolder() + "/rebel100.toml");
  std::string path = fmt::format("{}garam-preset-{}.toml", testing::TempDir(), getpid());
  int loaded = 0;
  for (int n = 0, all = mutants(500, 5000); n < all; ++n) {
    SCOPED_TRACE(n);
    std::string text = preset;
    random.chance(2) ? damage(text, random) : damageLines(text, random);
    std::ofstream(path, std::ios::binary) << text;
    loaded += load(chip, {fmt::format("memory.preset=\"{}\"", path)});
    ASSERT_FALSE(HasFailure()) << text;
  }
  std::filesystem::remove(path);
  EXPECT_GT(loaded, 20) << "the mutants are all refused early";
}

TEST(ChipMutants, OverridesAreRefusedInOneLineOrLoad) {
  Random random(7);
  std::string chip = textOf(rt::chipFolder() + "/atom.toml");
  for (int n = 0, all = mutants(500, 5000); n < all; ++n) {
    SCOPED_TRACE(n);
    std::string text = "noc.link_bytes=64";
    damage(text, random);
    load(chip, {text, fmt::format("l1.banks={}", random.number())});
    ASSERT_FALSE(HasFailure()) << text;
  }
}
