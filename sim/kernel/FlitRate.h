// Exact rates of links between dies: rules N9 and N10 of docs/hardware/machine.md.
#pragma once

#include "runtime/chip/Chip.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>

namespace garam::sim {

/// A flit takes flit / unit cycles of a lane that shares its link with `lanes` - 1 others.
struct FlitRate {
  FlitRate(const rt::Chip &chip, int64_t lanes) {
    // Bytes of a flit · lanes · cycles per second / bytes per second of the link.
    const int64_t over = chip.noc.linkBytes * lanes * std::llround(chip.clock.coreMhz * 1e6);
    const int64_t under = std::llround(chip.dieToDie.gigabytesPerSecond * 1e9), common = std::gcd(over, under);
    flit = over / common;
    unit = under / common;
    latency = std::max<int64_t>(1, chip.cyclesOf(chip.dieToDie.latencyNs));
  }
  int64_t flit, unit;
  int64_t latency; ///< cycles, at least one
};

/// What is sent one after the other at such a rate.
class FlitQueue {
public:
  explicit FlitQueue(const FlitRate &rate) : rate(rate) {}
  /// The first cycle by which `flits` that came in `cycle` have been sent.
  int64_t send(int64_t cycle, int64_t flits) {
    if (free < cycle) {
      free = cycle;
      part = 0;
    }
    part += flits * rate.flit;
    free += part / rate.unit;
    part %= rate.unit;
    return free + (part > 0);
  }

private:
  const FlitRate &rate;
  int64_t free = 0, part = 0; ///< free at free + part / unit
};

} // namespace garam::sim
