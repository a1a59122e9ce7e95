// Weights by reference: read, cut, turned and cast as the program says; a file that is not the one of the compilation
// is refused.
#include "Run.h"
#include "runtime/Error.h"
#include "runtime/program/Sha256.h"
#include "runtime/program/WeightDigests.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace garam;
using namespace garam::test;

namespace {

class Weights : public testing::Test {
protected:
  const std::string path = testing::TempDir() + "garam-weights-" + std::to_string(getpid()) + ".safetensors";
  const std::string second = path + ".second";
  void TearDown() override {
    std::filesystem::remove(path);
    std::filesystem::remove(second);
  }

  void write(const std::vector<float> &values, const std::string &shape, const std::string &name = "w") {
    write(path, values, shape, name);
  }
  /// A file with one f32 tensor of the shape.
  static void write(const std::string &path, const std::vector<float> &values, const std::string &shape,
                    const std::string &name) {
    std::string header =
        fmt::format(R"({{"{}":{{"dtype":"F32","shape":[{}],"data_offsets":[0,{}]}}}})", name, shape, values.size() * 4);
    uint64_t length = header.size();
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char *>(&length), 8);
    file << header;
    file.write(reinterpret_cast<const char *>(values.data()), std::streamsize(values.size() * 4));
  }

  /// Columns 1 and 2 of a 2 × 3 tensor, transposed, as f16.
  rt::Program program(const std::vector<float> &values) {
    KernelBuilder kernel;
    ProgramBuilder builder;
    builder.segment("weights", rt::hbmAddress(rt::kAllDies, 4096), 64).kernel(kernel).launch();
    auto weight = std::make_unique<rt::fb::WeightSourceT>();
    weight->tensor = "w";
    weight->dtype = uint8_t(rt::DType::F32), weight->to_dtype = uint8_t(rt::DType::F16);
    weight->shape = {2, 3}, weight->permutation = {1, 0}, weight->slice_begin = {0, 1}, weight->slice_end = {2, 3};
    weight->sha256 = rt::sha256({reinterpret_cast<const uint8_t *>(values.data()), values.size() * 4});
    weight->offset = 8;
    builder.program.segments[0]->weights.push_back(std::move(weight));
    builder.program.weight_files = {path};
    return std::move(builder.program);
  }

  /// The same, then `v` of the second file as it is.
  rt::Program ofTwo(const std::vector<float> &values, const std::vector<float> &others) {
    rt::Program own = program(values);
    auto weight = std::make_unique<rt::fb::WeightSourceT>();
    weight->tensor = "v", weight->file = 1, weight->shape = {int64_t(others.size())}, weight->offset = 16;
    weight->dtype = weight->to_dtype = uint8_t(rt::DType::F32);
    weight->sha256 = rt::sha256({reinterpret_cast<const uint8_t *>(others.data()), others.size() * 4});
    own.segments[0]->weights.push_back(std::move(weight));
    own.weight_files.push_back(second);
    return own;
  }

  std::string refusal(const rt::Program &program, rt::Mode mode = rt::Mode::Both) {
    try {
      sim::SimDevice(rt::loadChip("unit")).load(program, mode);
      return "loaded";
    } catch (const rt::Error &error) {
      EXPECT_EQ(error.kind, rt::ErrorKind::Input);
      return error.what();
    }
  }
};

const std::vector<float> kValues{1, 2, 3, 4, 5, 6};

TEST_F(Weights, AreCutTurnedAndCast) {
  write(kValues, "2,3");
  sim::SimDevice device(rt::loadChip("unit"));
  device.load(program(kValues), rt::Mode::Both);
  // 2, 5, 3, 6 as f16.
  EXPECT_EQ(readAll<uint16_t>(device, "weights", 4, 8), (std::vector<uint16_t>{0x4000, 0x4500, 0x4200, 0x4600}));
}

TEST_F(Weights, OfAnotherFileAreRefused) {
  rt::Program own = program(kValues);
  EXPECT_EQ(refusal(own), path + ": the program's weights are not there any more; compile the model again, or run it "
                                 "in mode cycles");
  write({1, 2, 3, 4, 5, 6.5f}, "2,3");
  EXPECT_EQ(refusal(own), path + ": tensor `w` has other bytes than when the program was compiled; SHA-256 " +
                              own.segments[0]->weights[0]->sha256);
  write(kValues, "3,2");
  EXPECT_EQ(refusal(own), path + ": tensor `w` has the shape [3, 2]; the program was compiled for [2, 3]");
  write(kValues, "2,3", "v");
  EXPECT_EQ(refusal(own), path + ": no tensor `w`; it holds 1 tensors");
  // Without tensor data nothing is read.
  EXPECT_EQ(refusal(own, rt::Mode::Cycles), "loaded");
  own.weight_files.clear();
  EXPECT_NE(refusal(own).find("weight"), std::string::npos);
}

TEST_F(Weights, OfSeveralFilesAreReadFromTheirOwn) {
  write(kValues, "2,3");
  write(second, {7, 8}, "2", "v");
  rt::Program own = ofTwo(kValues, {7, 8});
  sim::SimDevice device(rt::loadChip("unit"));
  device.load(own, rt::Mode::Both);
  EXPECT_EQ(readAll<uint16_t>(device, "weights", 4, 8), (std::vector<uint16_t>{0x4000, 0x4500, 0x4200, 0x4600}));
  EXPECT_EQ(readAll<float>(device, "weights", 2, 16), (std::vector<float>{7, 8}));
  // A file that no weight names is not opened.
  own.weight_files.push_back(path + ".nowhere");
  EXPECT_EQ(refusal(own), "loaded");
}

TEST_F(Weights, OfAnotherFileAmongSeveralAreRefused) {
  write(kValues, "2,3");
  const rt::Program own = ofTwo(kValues, {7, 8});
  EXPECT_EQ(refusal(own), second + ": the program's weights are not there any more; compile the model again, or run it "
                                   "in mode cycles");
  write(second, {7, 8}, "2", "w"); // under the name of a tensor of the first
  EXPECT_EQ(refusal(own), second + ": no tensor `v`; it holds 1 tensors");
  write(second, {7, 9}, "2", "v");
  EXPECT_EQ(refusal(own), second + ": tensor `v` has other bytes than when the program was compiled; SHA-256 " +
                              own.segments[0]->weights[1]->sha256);
  write(second, {7, 8}, "2", "v");
  std::filesystem::resize_file(second, std::filesystem::file_size(second) - 1);
  EXPECT_EQ(refusal(own), second + ": tensor `v` lies at bytes 0 to 8; 8 bytes within the 7 of the file's data");
  EXPECT_EQ(refusal(own, rt::Mode::Cycles), "loaded");
}

#ifndef __SANITIZE_ADDRESS__ // which takes host memory of its own
/// The process's most resident memory, in MiB, since it was last asked to forget.
int64_t mostResident() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (word == "VmHWM:" && status >> word)
      return std::stoll(word) / 1024;
  return -1;
}

TEST_F(Weights, TakeTheHostMemoryOfTheMachineOnce) {
  constexpr int kFiles = 4, kMiB = 16;
  const std::vector<float> values(kMiB << 18, 1.5f);
  const std::string sha = rt::sha256({reinterpret_cast<const uint8_t *>(values.data()), values.size() * 4});
  KernelBuilder kernel;
  ProgramBuilder builder;
  builder.segment("weights", rt::hbmAddress(rt::kAllDies, 4096), kFiles * kMiB << 20).kernel(kernel).launch();
  for (uint32_t i = 0; i < kFiles; ++i) {
    builder.program.weight_files.push_back(fmt::format("{}.{}", path, i));
    write(builder.program.weight_files.back(), values, fmt::format("1024,{}", kMiB << 8), "w");
    auto weight = std::make_unique<rt::fb::WeightSourceT>();
    weight->tensor = "w", weight->file = i, weight->shape = {1024, kMiB << 8}, weight->sha256 = sha;
    weight->dtype = weight->to_dtype = uint8_t(rt::DType::F32), weight->offset = uint64_t(i) * kMiB << 20;
    builder.program.segments[0]->weights.push_back(std::move(weight));
  }
  sim::SimDevice device(rt::loadChip("unit"));
  std::ofstream("/proc/self/clear_refs") << 5;
  const int64_t before = mostResident();
  device.load(builder.program, rt::Mode::Both);
  const int64_t taken = mostResident() - before;
  EXPECT_GE(taken, kFiles * kMiB);
  EXPECT_LE(taken, kFiles * kMiB + 2 * kMiB) << "more than the machine's memory and a tensor";
  EXPECT_EQ(readAll<float>(device, "weights", 1, uint64_t(kFiles) * (kMiB << 20) - 4), (std::vector<float>{1.5f}));
  for (const std::string &file : builder.program.weight_files)
    std::filesystem::remove(file);
}
#endif

TEST_F(Weights, DigestsAreThoseOfTheFilesThatAreThere) {
  const std::vector<float> values{1, 2, 3, 4, 5, 6}, others{7, 8};
  rt::Program own = ofTwo(values, others);
  const std::vector<std::string> wanted{own.segments[0]->weights[0]->sha256, own.segments[0]->weights[1]->sha256};
  for (auto &weight : own.segments[0]->weights)
    weight->sha256.clear();
  write(values, "2,3");
  rt::recordDigests(own);
  EXPECT_EQ(own.segments[0]->weights[0]->sha256, wanted[0]);
  EXPECT_EQ(own.segments[0]->weights[1]->sha256, "") << "its file is not there yet";
  write(second, others, "2", "v");
  rt::recordDigests(own);
  EXPECT_EQ(own.segments[0]->weights[1]->sha256, wanted[1]);
  EXPECT_EQ(refusal(own), "loaded");
  write(second, {7, 9}, "2", "v");
  EXPECT_NE(refusal(own).find("v"), std::string::npos);
  write(second, others, "2", "u");
  EXPECT_THROW(rt::recordDigests(own), rt::Error) << "the file has no such tensor";
}

TEST(Sha256, OfKnownBytes) {
  const std::string text = "abc";
  EXPECT_EQ(rt::sha256({reinterpret_cast<const uint8_t *>(text.data()), text.size()}),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(rt::sha256({}), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

} // namespace
