// What costs energy, counted; how many of each an instruction asks for. Rules P1 to P4 of docs/hardware/machine.md.
#pragma once

#include "runtime/chip/Chip.h"
#include "runtime/isa/Descriptor.h"
#include "runtime/isa/Isa.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace garam::rt {

/// In the order of the keys of [energy] that they are priced by. Bytes count each time they are read or written.
enum class Action : uint8_t {
  MacF32,
  Mac16,
  MacF8,
  MacI8,
  AccBytes,
  L1Bytes,
  VectorCycles,
  SharedBytes,
  NocBytes,
  DieToDieBytes,
  DramActivates,
  DramReadBytes,
  DramWriteBytes,
  DramRefreshes
};
inline constexpr int kActions = 14;
std::string_view name(Action action);

struct ActionCounts {
  std::array<int64_t, kActions> counts{};
  int64_t &operator[](Action action) { return counts[size_t(action)]; }
  int64_t operator[](Action action) const { return counts[size_t(action)]; }
  ActionCounts &operator+=(const ActionCounts &other) {
    for (size_t i = 0; i < counts.size(); ++i)
      counts[i] += other.counts[i];
    return *this;
  }
  bool operator==(const ActionCounts &) const = default;
};

/// Picojoules of one action.
double energyOf(const EnergyParams &energy, Action action);
/// Watts that flow through `dies` dies and their memory channels while nothing acts.
double standingWatts(const Chip &chip);

/// Actions of an instruction of the matrix or vector engine; `chain` of vec.map, null otherwise. Rules P2 and P3.
ActionCounts engineActions(const Chip &chip, Opcode opcode, const SlotValues &values, const Chain *chain);

} // namespace garam::rt
