// Loading a DRAM preset, and where in the DRAM an address lies: rules MA1 to MA4 of docs/hardware/memory.md.
#pragma once

#include "runtime/chip/Dram.h"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace garam::rt {

/// Where keys stand, for errors: `FILE:LINE`; the file alone for a key that is not known.
struct KeyPlaces {
  std::string file;
  std::map<std::string, std::string, std::less<>> places;
  KeyPlaces(std::string file) : file(std::move(file)) {}
  KeyPlaces(const char *file) : file(file) {}
  const std::string &operator()(std::string_view key) const {
    auto found = places.find(key);
    return found == places.end() ? file : found->second;
  }
};

/// Reads the preset that `dram` names, and checks all that no single range says: enumerations, capacity, map, queues,
/// timings that contradict each other. Throws Error (Input) with the place of the key in `where` (the chip) or in the
/// preset.
void finishDram(DramParams &dram, const KeyPlaces &where);

/// Reads a preset by name, or by path if it ends in `.toml`.
DramTiming loadDramPreset(const std::string &nameOrPath, const std::string &where);

/// Edges of a channel's row bus that per-bank refreshes take in a tREFI: each bank of each of `stacks` stack ids (of
/// all pseudo-channels together) closed, refreshed and opened again, all in whole clocks.
inline int64_t refreshSlots(const DramTiming &timing, int64_t stacks) {
  auto whole = [&](int64_t edges) { return edges + edges % timing.rowEdgesPerClock; };
  return stacks * timing.banks() * (whole(timing.preEdges) + whole(timing.refEdges) + whole(timing.actEdges));
}

/// A column access inside a channel.
struct DramCell {
  int32_t pseudoChannel = 0, stackId = 0, bankGroup = 0, bank = 0, row = 0, column = 0;
  bool operator==(const DramCell &) const = default;
};

/// The map of one channel: offset in the channel to cell and back. Bursts stay inside one interleave, so a block of
/// `interleaveBytes` is decoded as one base and the cells of its accesses relative to it.
class AddressMap {
public:
  /// Throws Error (Input) with `where` if the map is no bijection.
  AddressMap(const DramParams &dram, const KeyPlaces &where);

  DramCell cell(int64_t channelOffset) const;
  int64_t offset(const DramCell &cell) const;
  int64_t accessBytes() const { return grain; }
  int64_t blockBytes() const { return block; }
  /// Fields that an access of a block adds to those of its base, before the exclusive or.
  const std::vector<DramCell> &blockCells() const { return cells; }
  /// Cell of a block's first access, before the exclusive or.
  DramCell base(int64_t blockIndex) const;
  /// Applies the exclusive or.
  DramCell mixed(DramCell cell) const;

private:
  struct Digit {
    int field;
    int64_t radix, weight; ///< of the digit in its field
    int64_t scale;         ///< of the digit in the channel's accesses
  };
  struct Above {      ///< a digit above the block, in order
    int field, shift; ///< shift: bits of the radix; -1 if it is no power of two
    int64_t radix, weight;
  };
  struct Xor {
    int field;
    int64_t mask;
    int shift;
  };
  int64_t grain, block;
  std::vector<Digit> digits;
  std::vector<Above> above;
  std::vector<Xor> xors;
  std::vector<DramCell> cells;
};

} // namespace garam::rt
