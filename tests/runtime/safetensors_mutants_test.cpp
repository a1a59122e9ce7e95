// Damaged safetensors files: refused in one line, or every tensor lies inside the file.
#include "Mutants.h"
#include "runtime/program/Safetensors.h"

using namespace garam;
using namespace garam::test;

namespace {

struct Entry {
  std::string name, dtype, shape, offsets;
};

/// A header as its fields say, in front of `dataBytes` bytes; `length` is what the file claims.
std::vector<uint8_t> fileOf(const std::vector<Entry> &entries, size_t dataBytes, int64_t claimed) {
  std::string header = R"({"__metadata__":{"format":"pt"})";
  for (const Entry &entry : entries)
    header += fmt::format(R"(,"{}":{{"dtype":"{}","shape":[{}],"data_offsets":[{}]}})", entry.name, entry.dtype,
                          entry.shape, entry.offsets);
  header += "}";
  uint64_t length = uint64_t(claimed ? claimed : int64_t(header.size()));
  std::vector<uint8_t> bytes(8);
  for (size_t i = 0; i < 8; ++i)
    bytes[i] = uint8_t(length >> 8 * i);
  bytes.insert(bytes.end(), header.begin(), header.end());
  bytes.resize(bytes.size() + dataBytes, 7);
  return bytes;
}

std::vector<uint8_t> mutant(Random &random) {
  std::vector<Entry> entries{
      {"a", "BF16", "2,3", "0,12"}, {"b", "I64", "", "12,20"}, {"c.weight", "F32", "4,1,2", "20,52"}};
  static const std::vector<std::string> kTypes{"BOOL", "U8", "F8_E4M3", "F16", "F32", "F64", "I32", "BF17", "", "f32"};
  static const std::vector<std::string> kNames{"a",   "",    "__metadata__", "\\u00e9", "\\ud800",
                                               "\\n", "\\q", "x\xff",        "\\u12"};
  int64_t claimed = 0;
  for (size_t edits = random.below(3); edits; --edits) {
    Entry &entry = entries[random.below(entries.size())];
    auto numbers = [&] { return fmt::format("{},{}", random.number(), random.number()); };
    switch (random.below(6)) {
    case 0:
      entry.dtype = random.of(kTypes);
      break;
    case 1:
      entry.shape = random.chance(2) ? numbers() : fmt::format("{}", random.number());
      break;
    case 2:
      entry.offsets = random.chance(3) ? "0" : numbers();
      break;
    case 3:
      entry.name = random.of(kNames);
      break;
    case 4:
      claimed = random.number();
      break;
    default:
      entries.push_back(entry);
    }
  }
  std::vector<uint8_t> bytes = fileOf(entries, 52, claimed);
  if (random.chance(2))
    damage(bytes, random);
  return bytes;
}

} // namespace

TEST(SafetensorsMutants, AreRefusedInOneLineOrLieInside) {
  Random random(11);
  int loaded = 0;
  for (int n = 0, all = mutants(5000, 25000); n < all; ++n) {
    std::vector<uint8_t> bytes = mutant(random);
    SCOPED_TRACE(n);
    try {
      unsigned sum = 0;
      for (const auto &[name, entry] : rt::parseSafetensors(bytes, "w.safetensors"))
        for (uint8_t byte : entry.bytes)
          sum += byte;
      loaded += sum < ~0u;
    } catch (const rt::Error &error) {
      expectRefusal(error);
    }
    ASSERT_FALSE(HasFailure());
  }
  EXPECT_GT(loaded, 500) << "the mutants are all refused early";
}
