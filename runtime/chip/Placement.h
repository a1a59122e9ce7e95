// Where things stand: which channel an address belongs to, which router of a die's mesh an endpoint sits on, and the
// lanes of the links between dies with the way that packets take over them. Rules H1, N6 to N8 and N10 of
// docs/hardware/machine.md.
#pragma once

#include "runtime/chip/Chip.h"

#include <cstdint>
#include <vector>

namespace garam::rt {

/// Router of the i-th of n endpoints of a kind. Each row is turned by its number, so that endpoints in steps of a row's
/// fraction do not share a few columns.
inline int64_t routerOf(const NocParams &noc, int64_t i, int64_t n) {
  const int64_t columns = noc.meshColumns, at = i * (columns * noc.meshRows) / n, row = at / columns;
  return row * columns + (at + row) % columns;
}

/// Neighbours of a die. In a grid, where dies stand in rows of two: the one in x, then those in y, the lower number
/// first. Behind a switch: all others, the lower number first.
std::vector<int64_t> neighboursOf(const Chip &chip, int64_t die);
/// Lanes between neighbours: one for each router of the edges that face each other; one behind a switch.
int64_t lanesBetween(const Chip &chip, int64_t die, int64_t neighbour);
/// Links that a packet takes between two dies, 0 within one: as exitTowards leads it, or one through a switch.
int64_t linksBetween(const Chip &chip, int64_t die, int64_t other);
/// Router of `die` on which a lane towards `neighbour` begins: lane i is that of row i in x, of column i in y; behind a
/// switch router 0.
int64_t laneRouter(const Chip &chip, int64_t die, int64_t neighbour, int64_t lane);

/// The lane through which a packet leaves a die.
struct Exit {
  int64_t neighbour, lane;
};
/// The way of a packet that entered the mesh of `die` at router `entry` and goes to router `target` of `targetDie`,
/// another one; `fromY`: it entered through a lane in y.
Exit exitTowards(const Chip &chip, int64_t die, int64_t entry, bool fromY, int64_t targetDie, int64_t target);

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

} // namespace garam::rt
