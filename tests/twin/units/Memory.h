// The bytes of the machine.
#pragma once

#include "runtime/chip/Chip.h"

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace garam::twin {

/// HBM of which little is touched; untouched bytes are zero.
class SparseBytes {
public:
  uint8_t &at(int64_t offset) { return pages[offset / kPage][size_t(offset % kPage)]; }

private:
  static constexpr int64_t kPage = 4096;
  std::map<int64_t, std::array<uint8_t, kPage>> pages;
};

class Memory {
public:
  explicit Memory(const rt::Chip &chip);

  std::vector<std::vector<uint8_t>> l1, acc; ///< by core

  void read(int64_t globalAddress, std::span<uint8_t> to);
  void write(int64_t globalAddress, std::span<const uint8_t> from);
  void readLocal(int core, int64_t address, std::span<uint8_t> to);
  void writeLocal(int core, int64_t address, std::span<const uint8_t> from);

private:
  const rt::Chip chip;
  std::vector<SparseBytes> hbm, shared; ///< by die
  uint8_t &byteAt(int64_t globalAddress);
  uint8_t &localByte(int core, int64_t address);
};

} // namespace garam::twin
