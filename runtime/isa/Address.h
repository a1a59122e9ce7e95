// Global addresses: a space, a home in it, an offset. docs/hardware/isa.md has the bits.
#pragma once

#include <cstdint>

namespace garam::rt {

enum class Space : uint8_t { Hbm = 0, Shared = 1, L1 = 2 };

/// Home of HBM addresses that are interleaved over all dies of the program.
inline constexpr int kAllDies = 255;

/// Fields of an address: the space, below it the home (a die), or the core in a space of cores.
inline constexpr int kSpaceShift = 60, kHomeShift = 48, kCoreShift = 40;

constexpr int64_t hbmAddress(int home, int64_t offset) { return int64_t(home) << kHomeShift | offset; }
constexpr int64_t sharedAddress(int die, int64_t offset) {
  return int64_t(Space::Shared) << kSpaceShift | int64_t(die) << kHomeShift | offset;
}
constexpr int64_t l1Address(int core, int64_t offset) {
  return int64_t(Space::L1) << kSpaceShift | int64_t(core) << kCoreShift | offset;
}

/// The same offset in the home that comes `die` homes later: for HBM of one die and shared memory, the next dies'.
constexpr int64_t onDie(int64_t address, int64_t die) { return address + (die << kHomeShift); }

constexpr int spaceBits(int64_t address) { return int(uint64_t(address) >> kSpaceShift); }
constexpr Space spaceOf(int64_t address) { return Space(spaceBits(address)); }
constexpr int homeOf(int64_t address) { return int(address >> kHomeShift & 0xff); }
constexpr int coreOf(int64_t address) { return int(address >> kCoreShift & 0xffff); }
constexpr int64_t offsetOf(int64_t address) {
  return spaceOf(address) == Space::L1 ? address & 0xffffffff : address & ((int64_t(1) << kHomeShift) - 1);
}

} // namespace garam::rt
