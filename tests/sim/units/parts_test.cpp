// Segments on several dies: the host's bytes are shared out, or are the same for all.
#include "runtime/Error.h"
#include "tests/sim/units/Run.h"

namespace garam::test {
namespace {

constexpr int kDies = 3;
constexpr uint64_t kBytes = 64;

/// A segment on three dies, and each of its places as a segment of its own.
rt::Program program(bool split) {
  KernelBuilder kernel;
  ProgramBuilder builder;
  builder.segment("all", rt::hbmAddress(0, 4096), kBytes).kernel(kernel).launch();
  for (int die = 0; die < kDies; ++die)
    builder.segment("die" + std::to_string(die), rt::hbmAddress(die, 4096), kBytes);
  builder.program.dies = kDies, builder.program.chip = "rebel100";
  rt::Segment &all = *builder.program.segments[0];
  all.dies = kDies, all.split = split, all.shape = {int64_t(kBytes) * kDies};
  return std::move(builder.program);
}

std::vector<uint8_t> readAll(sim::SimDevice &device, const std::string &segment, uint64_t bytes, uint64_t offset = 0) {
  std::vector<uint8_t> out(bytes);
  device.read(numberOf(device, segment), out, offset);
  return out;
}

TEST(Parts, OfASplitSegmentLieOnTheirDies) {
  sim::SimDevice device(rt::loadChip("rebel100"));
  device.load(program(true), rt::Mode::Both);
  std::vector<uint8_t> whole(kBytes * kDies);
  std::iota(whole.begin(), whole.end(), uint8_t(0));
  device.write(numberOf(device, "all"), whole, 0);
  for (int die = 0; die < kDies; ++die)
    EXPECT_EQ(readAll(device, "die" + std::to_string(die), 1)[0], uint8_t(die * int(kBytes)));
  EXPECT_EQ(readAll(device, "all", whole.size()), whole);
  // A tensor inside: two bytes of each part, from the same offset.
  EXPECT_EQ(readAll(device, "all", 6, 8), (std::vector<uint8_t>{8, 9, 72, 73, 136, 137}));
  EXPECT_THROW(readAll(device, "all", whole.size(), 1), rt::Error);
  EXPECT_THROW(readAll(device, "all", 7), rt::Error);
}

TEST(Parts, OfAnotherSegmentAreCopies) {
  sim::SimDevice device(rt::loadChip("rebel100"));
  rt::Program copies = program(false);
  copies.segments[0]->data = {1, 2, 3};
  device.load(copies, rt::Mode::Both);
  for (int die = 0; die < kDies; ++die)
    EXPECT_EQ(readAll(device, "die" + std::to_string(die), 3), (std::vector<uint8_t>{1, 2, 3}));
  device.write(numberOf(device, "all"), std::vector<uint8_t>(kBytes, 7), 0);
  for (int die = 0; die < kDies; ++die)
    EXPECT_EQ(readAll(device, "die" + std::to_string(die), kBytes), std::vector<uint8_t>(kBytes, 7));
  EXPECT_EQ(readAll(device, "all", kBytes), std::vector<uint8_t>(kBytes, 7));
}

} // namespace
} // namespace garam::test
