// Bursts tile the transfer byte for byte, in order, and none crosses what it must not.
#include "runtime/isa/Address.h"
#include "runtime/timing/Bursts.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

using namespace garam::rt;

static Chip chipWith(int64_t interleave, int64_t burst) {
  Chip chip;
  chip.dram.interleaveBytes = interleave;
  chip.dma.burstBytes = burst;
  return chip;
}

TEST(Bursts, RandomShapesCopyEveryByteOnce) {
  std::mt19937_64 random(3);
  for (int n = 0; n < 500; ++n) {
    Chip chip = chipWith(int64_t(1) << (6 + random() % 6), int64_t(1) << (6 + random() % 6));
    Transfer transfer;
    int64_t srcStride = 1, dstStride = 1;
    for (size_t d = 0; d < 5; ++d) {
      transfer.shape.counts[d] = int64_t(1 + random() % (d ? 4 : 3000));
      if (d) {
        transfer.shape.srcStrides[d] = srcStride + int64_t(random() % 2 * (random() % 100));
        transfer.shape.dstStrides[d] = dstStride + int64_t(random() % 2 * (random() % 100));
      }
      srcStride = transfer.shape.counts[d] * (d ? transfer.shape.srcStrides[d] : 1);
      dstStride = transfer.shape.counts[d] * (d ? transfer.shape.dstStrides[d] : 1);
    }
    transfer.toGlobal = random() % 2;
    transfer.src = int64_t(random() % 10000);
    transfer.dst = int64_t(random() % 10000);
    std::vector<int64_t> list;
    if (random() % 2)
      for (int64_t i = 0; i < transfer.shape.counts[4]; ++i)
        list.push_back(int64_t(random() % 20));
    transfer.indices = list;

    std::multimap<int64_t, int64_t> expected, got;
    const DmaShape &s = transfer.shape;
    for (int64_t e = 0; e < s.counts[4]; ++e)
      for (int64_t d = 0; d < s.counts[3]; ++d)
        for (int64_t c = 0; c < s.counts[2]; ++c)
          for (int64_t b = 0; b < s.counts[1]; ++b) {
            int64_t g = list.empty() ? e : list[size_t(e)];
            int64_t src = transfer.src + b * s.srcStrides[1] + c * s.srcStrides[2] + d * s.srcStrides[3] +
                          (transfer.toGlobal ? e : g) * s.srcStrides[4];
            int64_t dst = transfer.dst + b * s.dstStrides[1] + c * s.dstStrides[2] + d * s.dstStrides[3] +
                          (transfer.toGlobal ? g : e) * s.dstStrides[4];
            for (int64_t a = 0; a < s.counts[0]; a += 97)
              expected.emplace(src + a, dst + a);
          }
    BurstCursor cursor(chip, transfer);
    int64_t grain = burstGrain(chip), bytes = 0;
    for (Burst burst; cursor.next(burst);) {
      int64_t global = transfer.toGlobal ? burst.dst : burst.src;
      ASSERT_GT(burst.bytes, 0);
      ASSERT_EQ(global / grain, (global + burst.bytes - 1) / grain) << "crosses a multiple of " << grain;
      bytes += burst.bytes;
      for (auto [src, dst] : expected)
        if (src >= burst.src && src < burst.src + burst.bytes && dst - burst.dst == src - burst.src)
          got.emplace(src, dst);
    }
    ASSERT_EQ(bytes, s.bytes());
    for (const auto &pair : expected)
      ASSERT_TRUE(std::find(got.begin(), got.end(), std::pair<const int64_t, int64_t>(pair)) != got.end());
  }
}

TEST(Bursts, DenseTileIsOnePiece) {
  Chip chip = chipWith(1024, 1024);
  Transfer transfer;
  transfer.shape.counts = {256, 8, 1, 1, 1};
  transfer.shape.srcStrides = {1, 256, 0, 0, 0};
  transfer.shape.dstStrides = {1, 256, 0, 0, 0};
  EXPECT_EQ(countBursts(chip, transfer).bursts, 2);
  transfer.shape.dstStrides[1] = 512;
  EXPECT_EQ(countBursts(chip, transfer).bursts, 8);
  transfer.shape.counts[1] = 0;
  EXPECT_EQ(countBursts(chip, transfer).bursts, 0);
}

TEST(Address, FieldsRoundTrip) {
  EXPECT_EQ(spaceOf(hbmAddress(3, 4096)), Space::Hbm);
  EXPECT_EQ(homeOf(hbmAddress(kAllDies, 4096)), kAllDies);
  EXPECT_EQ(offsetOf(hbmAddress(kAllDies, 4096)), 4096);
  EXPECT_EQ(spaceOf(sharedAddress(2, 64)), Space::Shared);
  EXPECT_EQ(homeOf(sharedAddress(2, 64)), 2);
  EXPECT_EQ(coreOf(l1Address(63, 128)), 63);
  EXPECT_EQ(offsetOf(l1Address(63, 128)), 128);
}
