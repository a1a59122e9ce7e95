#include "tests/twin/programs/Plan.h"

#include "runtime/isa/Address.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <random>

namespace garam::twin {

Layout::Layout(const rt::Chip &chip)
    : l1Bytes(std::min<int64_t>(chip.l1.sizeBytes, 192 << 10)),
      accBytes(std::min<int64_t>(chip.matrix.accBytes, 16 << 10)), dataBytes(256 << 10), ownBytes(8 << 10),
      swapBytes(64 << 10), sharedBytes(chip.shared.bytesPerDie ? 64 << 10 : 0) {}

// Home 255 has the bottom of each die, the dies' own homes what lies above.
int64_t Layout::dataAddress() { return rt::hbmAddress(rt::kAllDies, 0); }
int64_t Layout::ownAddress(const rt::Chip &, int which) const {
  return which == 0 ? rt::hbmAddress(rt::kAllDies, 4 << 20) : rt::hbmAddress(0, 32 << 20);
}
int64_t Layout::swapAddress(const rt::Chip &, int die) const { return rt::hbmAddress(die, 48 << 20); }
int64_t Layout::sharedAddress(int die) { return rt::sharedAddress(die, 0); }

std::vector<Segment> Layout::segments(const rt::Chip &chip) const {
  std::vector<Segment> all{{"tables", dataAddress(), l1Tables},
                           {"data", dataAddress() + l1Tables, dataBytes - l1Tables}};
  for (int which = 0; which < 2; ++which)
    all.push_back({"own" + std::to_string(which), ownAddress(chip, which), ownBytes * chip.cores()});
  for (int die = 0; die < chip.topology.dies; ++die) {
    all.push_back({"swap" + std::to_string(die), swapAddress(chip, die), swapBytes});
    if (sharedBytes)
      all.push_back({"shared" + std::to_string(die), sharedAddress(die), sharedBytes});
  }
  for (int core = 0; core < chip.cores(); ++core)
    all.push_back({"l1_" + std::to_string(core), rt::l1Address(core, 0), l1Bytes});
  all.push_back({"acc", rt::hbmAddress(rt::kAllDies, 16 << 20), accBytes * chip.cores()});
  return all;
}

std::vector<uint8_t> tables::bytes(uint64_t seed) {
  std::vector<uint8_t> out(size_t(kBytes), 0);
  std::vector<int64_t> order(kEntries);
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), std::mt19937_64(seed));
  for (int64_t i = 0; i < kEntries; ++i) {
    int32_t narrow = int32_t(order[size_t(i)]);
    std::memcpy(out.data() + kNarrow + 4 * i, &narrow, 4);
    std::memcpy(out.data() + kWide + 8 * i, &order[size_t(i)], 8);
  }
  return out;
}

} // namespace garam::twin
