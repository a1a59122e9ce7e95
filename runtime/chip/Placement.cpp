#include "runtime/chip/Placement.h"

#include "runtime/isa/Address.h"

namespace garam::rt {

HbmPlace hbmPlace(const Chip &chip, int64_t address) {
  int64_t offset = offsetOf(address), grain = chip.dram.interleaveBytes, dies = chip.topology.dies;
  if (homeOf(address) != kAllDies)
    return {homeOf(address), offset};
  int64_t chunk = offset / grain;
  return {chunk % dies, chunk / dies * grain + offset % grain};
}

ChannelPlace channelPlace(const DramParams &dram, int64_t dieOffset) {
  int64_t chunk = dieOffset / dram.interleaveBytes, channels = dram.channels();
  return {chunk % channels, chunk / channels * dram.interleaveBytes + dieOffset % dram.interleaveBytes};
}

} // namespace garam::rt
