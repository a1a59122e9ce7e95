#include "runtime/Error.h"
#include "runtime/program/Safetensors.h"

#include <gtest/gtest.h>

using namespace garam::rt;

namespace {

std::vector<uint8_t> file(const std::string &header, size_t dataBytes) {
  std::vector<uint8_t> bytes(8);
  for (size_t i = 0; i < 8; ++i)
    bytes[i] = uint8_t(uint64_t(header.size()) >> (8 * i));
  bytes.insert(bytes.end(), header.begin(), header.end());
  bytes.resize(bytes.size() + dataBytes, 7);
  return bytes;
}

std::string errorOf(const std::vector<uint8_t> &bytes) {
  try {
    parseSafetensors(bytes, "w.safetensors");
  } catch (const Error &error) {
    return error.what();
  }
  return "none";
}

const std::string kGood =
    R"({"__metadata__":{"format":"pt"},"a":{"dtype":"BF16","shape":[2,3],"data_offsets":[0,12]}, "b\n":{"dtype":"I64","shape":[],"data_offsets":[12,20]}})";

} // namespace

TEST(Safetensors, ReadsNamesTypesShapesAndBytes) {
  std::vector<uint8_t> bytes = file(kGood, 20);
  auto entries = parseSafetensors(bytes, "w");
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries.at("a").dtype, DType::BF16);
  EXPECT_EQ(entries.at("a").shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(entries.at("a").bytes.size(), 12u);
  EXPECT_EQ(entries.at("b\n").shape.size(), 0u);
  EXPECT_EQ(entries.at("b\n").bytes.data(), bytes.data() + bytes.size() - 8);
}

TEST(Safetensors, SaysWhatIsWrong) {
  EXPECT_NE(errorOf({1, 2, 3}).find("too short"), std::string::npos);
  EXPECT_NE(errorOf(file(kGood, 19)).find("tensor `b\\x0a` lies at bytes 12 to 20"), std::string::npos);
  EXPECT_NE(errorOf(file(kGood + "x", 20)).find("text after the header"), std::string::npos);
  EXPECT_NE(errorOf(file(R"({"a":{"dtype":"BF17","shape":[],"data_offsets":[0,2]}})", 2)).find("unknown type `BF17`"),
            std::string::npos);
  EXPECT_NE(errorOf(file(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 8)).find("lies at bytes"),
            std::string::npos);
  EXPECT_NE(errorOf(file(R"({"a":{"dtype":"F32","shape":[99999999999,99999999999],"data_offsets":[0,4]}})", 8))
                .find("absurd"),
            std::string::npos);
  std::vector<uint8_t> longer = file(kGood, 20);
  longer[6] = 1;
  EXPECT_NE(errorOf(longer).find("a header of"), std::string::npos);
}
