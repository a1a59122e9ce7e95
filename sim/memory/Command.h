// DRAM commands as a controller issues them.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace garam::sim {

enum class CommandKind : uint8_t { Act, Pre, PreA, Rd, Rda, Wr, Wra, RefAb, RefPb };
inline constexpr std::array<std::string_view, 9> kCommandNames{"ACT", "PRE", "PREA",  "RD",   "RDA",
                                                               "WR",  "WRA", "REFab", "REFpb"};

/// Fields that a command does not have are -1.
struct DramCommand {
  int64_t tick; ///< first edge; `Channel::ticksPerClock` ticks make a clock
  CommandKind kind;
  int8_t pseudoChannel, stackId, bankGroup = -1, bank = -1; ///< the bank counts within its group
  int32_t row = -1, column = -1;
  bool operator==(const DramCommand &) const = default;
};

} // namespace garam::sim
