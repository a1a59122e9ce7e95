// Global addresses: a space, a home in it, an offset. docs/hardware/isa.md has the bits.
#pragma once

#include <cstdint>

namespace garam::rt {

enum class Space : uint8_t { Hbm = 0, Shared = 1, L1 = 2 };

/// Home of HBM addresses that are interleaved over all dies of the program.
inline constexpr int kAllDies = 255;

constexpr int64_t hbmAddress(int home, int64_t offset) { return int64_t(home) << 48 | offset; }
constexpr int64_t sharedAddress(int die, int64_t offset) { return int64_t(1) << 60 | int64_t(die) << 48 | offset; }
constexpr int64_t l1Address(int core, int64_t offset) { return int64_t(2) << 60 | int64_t(core) << 40 | offset; }

/// The same offset in the home that comes `die` homes later: for HBM of one die and shared memory, the next dies'.
inline constexpr int kHomeShift = 48;
constexpr int64_t onDie(int64_t address, int64_t die) { return address + (die << kHomeShift); }

constexpr int spaceBits(int64_t address) { return int(uint64_t(address) >> 60); }
constexpr Space spaceOf(int64_t address) { return Space(spaceBits(address)); }
constexpr int homeOf(int64_t address) { return int(address >> 48 & 0xff); }
constexpr int coreOf(int64_t address) { return int(address >> 40 & 0xffff); }
constexpr int64_t offsetOf(int64_t address) {
  return spaceOf(address) == Space::L1 ? address & 0xffffffff : address & ((int64_t(1) << 48) - 1);
}

}  // namespace garam::rt
