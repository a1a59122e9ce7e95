// The bytes of the machine, apart from its time: L1 and accumulators of each core, HBM and shared memory of each die.
#pragma once

#include "runtime/chip/Chip.h"
#include "sim/insns/Memory.h"

#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

namespace garam::sim {

/// Bytes of a large memory of which little is touched; untouched bytes are `fill`.
class PagedMemory {
public:
  explicit PagedMemory(uint8_t fill = 0) : fill(fill) {}

  void read(int64_t offset, std::span<uint8_t> to) const;
  void write(int64_t offset, std::span<const uint8_t> from);
  size_t pages() const { return table.size(); }

private:
  static constexpr int64_t kPage = 1 << 18;
  const uint8_t fill;
  std::unordered_map<int64_t, std::unique_ptr<uint8_t[]>> table;
};

class Storage {
public:
  /// Bytes of HBM and shared memory that nobody has written are `fill`, those of L1 and acc zero.
  explicit Storage(const rt::Chip &chip, uint8_t fill = 0);

  /// Local memory of a core; pages of it take host memory when touched.
  insns::Memory local(int core) const;
  /// Bytes at a global address, contiguous there. Throws rt::Error (Undefined) beyond the end of the memory it names.
  void read(int64_t globalAddress, std::span<uint8_t> to) const;
  void write(int64_t globalAddress, std::span<const uint8_t> from);
  /// Makes every byte of every L1 and acc zero again.
  void clearLocal();
  /// Throws as read and write do.
  void check(int64_t globalAddress, int64_t bytes) const;

private:
  struct Unmap {
    size_t bytes;
    void operator()(uint8_t *data) const;
  };
  using Block = std::unique_ptr<uint8_t, Unmap>;
  static Block allocate(size_t bytes);
  template <class F> void pieces(int64_t address, int64_t bytes, F &&each) const;

  const rt::Chip chip;
  std::vector<Block> l1, acc;
  std::vector<PagedMemory> hbm, shared;
};

} // namespace garam::sim
