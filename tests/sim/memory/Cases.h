// Random controllers and random traffic.
#pragma once

#include "runtime/chip/Chip.h"
#include "runtime/chip/DramAccess.h"
#include "sim/memory/Channel.h"

#include <random>
#include <string>
#include <vector>

namespace garam::test {

using Random = std::mt19937_64;

inline int64_t pick(Random &random, int64_t low, int64_t high) {
  return std::uniform_int_distribution<int64_t>(low, high)(random);
}

inline rt::DramParams params(const std::string &preset, std::vector<std::string> map, int64_t pseudoChannels,
                             int64_t stackIds, int64_t interleave) {
  rt::DramParams dram{};
  dram.preset = preset;
  dram.stacks = 1, dram.channelsPerStack = 4, dram.pseudoChannels = pseudoChannels, dram.stackIds = stackIds;
  dram.interleaveBytes = interleave;
  dram.addressMap = std::move(map);
  dram.readQueue = dram.writeQueue = 32, dram.writeHigh = 24, dram.writeLow = 8, dram.starvationLimit = 32;
  dram.pagePolicyName = "open", dram.refreshName = "per_bank", dram.refreshPostpone = 8;
  rt::DramTiming timing = rt::loadDramPreset(preset, "test");
  dram.bytesPerDie = dram.channels() * pseudoChannels * stackIds * timing.banks() * timing.rowBytes * 96;
  return dram;
}

/// Presets, maps, queues, policies and refresh drawn at random; rows are few so that hits and conflicts are many.
inline rt::DramParams randomParams(Random &random) {
  rt::DramParams dram;
  switch (pick(random, 0, 5)) {
  case 0:
    dram = params("hbm3_6400",
                  {"bank_group:2", "column:3", "pseudo_channel", "channel", "column", "bank", "stack_id", "row"}, 2,
                  pick(random, 1, 4), 2048);
    break;
  case 1:
    dram = params("hbm3e_9400",
                  {"bank_group:2", "column:4", "channel", "pseudo_channel", "column", "bank", "row", "stack_id"}, 2, 3,
                  2048);
    break;
  case 2:
    dram = params("hbm2",
                  {"column:1", "bank_group:1", "pseudo_channel", "bank_group", "column:1", "channel", "bank", "column",
                   "row", "stack_id"},
                  2, pick(random, 1, 2), 1024);
    break;
  case 3:
    dram =
        params("gddr6_16000", {"bank_group", "column:3", "channel", "column", "bank", "stack_id", "row"}, 1, 1, 1024);
    break;
  case 4:
    dram =
        params("hbm3_6400",
               {"column:2", "bank:1", "bank_group", "channel", "stack_id", "bank", "column", "pseudo_channel", "row"},
               2, 2, 1024);
    break;
  default:
    dram = params("unit", {"bank_group", "column:2", "channel", "column", "bank", "row", "stack_id", "pseudo_channel"},
                  pick(random, 1, 2), 1, 1024);
    break;
  }
  if (pick(random, 0, 1))
    dram.addressXor = {"bank_group^row>>0", "bank^row>>2"};
  if (pick(random, 0, 1)) {
    dram.readQueue = pick(random, 1, 12), dram.writeQueue = pick(random, 1, 12);
    dram.writeHigh = pick(random, 1, dram.writeQueue), dram.writeLow = pick(random, 0, dram.writeHigh - 1);
    dram.starvationLimit = pick(random, 1, 20);
  }
  dram.pagePolicyName = pick(random, 0, 1) ? "open" : "closed";
  int64_t refresh = pick(random, 0, 3);
  dram.refreshName = refresh == 0 ? "none" : refresh == 1 ? "all_bank" : "per_bank";
  dram.refreshPostpone = pick(random, 1, 8);
  rt::finishDram(dram, "test");
  if (pick(random, 0, 3) == 0) // longer on the bus than in any preset
    dram.timing.actEdges = pick(random, 1, 4), dram.timing.preEdges = pick(random, 1, 3),
    dram.timing.refEdges = pick(random, 1, 3);
  if (pick(random, 0, 1)) // often, so that refreshes are forced upon waiting bursts
    dram.timing.refi = std::max(dram.timing.rfcAb + 4 * dram.timing.rc,
                                dram.timing.banks() * (dram.timing.rfcPb + 4 * dram.timing.rc));
  return dram;
}

/// A stream of bursts: mixture, locality and gaps drawn at random.
class Traffic {
public:
  Traffic(Random &random, const rt::DramParams &dram) : random(random), dram(dram) {
    writes = pick(random, 0, 3) == 0 ? 0 : pick(random, 0, 100);
    gap = pick(random, 0, 2) == 0 ? 0 : pick(random, 1, 400);
    span = std::min(dram.bytesPerChannel(), dram.interleaveBytes << pick(random, 2, 24));
    sequential = pick(random, 0, 2);
    sizes = int(pick(random, 0, 2));
  }
  sim::MemoryBurst next() {
    int64_t block = dram.interleaveBytes, grain = dram.timing.accessBytes;
    int64_t blocks = std::max<int64_t>(1, span / block);
    at = sequential && pick(random, 0, 20) ? at + 1 : pick(random, 0, blocks - 1);
    sim::MemoryBurst burst{};
    burst.id = ++id;
    burst.write = pick(random, 0, 99) < writes;
    burst.bytes = sizes == 0 ? block : sizes == 1 ? std::max<int64_t>(64, grain) : pick(random, 1, block);
    burst.offset = at % blocks * block + (sizes == 1 ? pick(random, 0, block / burst.bytes - 1) * burst.bytes
                                                     : pick(random, 0, block - burst.bytes));
    clock += gap ? pick(random, 0, 2 * gap) : 0;
    burst.arrival = clock;
    return burst;
  }

private:
  Random &random;
  const rt::DramParams &dram;
  int64_t writes, gap, span, sequential, at = 0, clock = 0;
  int sizes;
  uint64_t id = 0;
};

} // namespace garam::test
