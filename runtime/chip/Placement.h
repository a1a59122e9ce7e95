// Which router of a die's mesh an endpoint sits on, and which channel an address belongs to: rules N3 and H1.
#pragma once

#include "runtime/chip/Chip.h"

#include <cstdint>

namespace garam::rt {

/// Router of the i-th of n endpoints of a kind.
inline int64_t routerOf(const NocParams &noc, int64_t i, int64_t n) { return i * (noc.meshColumns * noc.meshRows) / n; }

/// Physical place of an HBM address: a die and a byte offset in its memory.
struct HbmPlace {
  int64_t die, offset;
};
HbmPlace hbmPlace(const Chip &chip, int64_t address);

/// Channel of a die's memory and offset inside the channel.
struct ChannelPlace {
  int64_t channel, offset;
};
ChannelPlace channelPlace(const DramParams &dram, int64_t dieOffset);

}  // namespace garam::rt
