// The DRAM of a die: organisation, address map, and the JEDEC timings of a preset.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace garam::rt {

struct Range;

/// Timings in clocks of the controller (`tck_ps`), as in the preset's file under `runtime/chips/dram/`.
struct DramTiming {
  std::string preset;
  // Filled from the preset; see Dram.cpp for the list, which docs/hardware/memory.md explains.
  double tckPs = 0;
  int64_t accessBytes = 0;   ///< bytes of a column access
  int64_t accessClocks = 0;  ///< clocks that it holds the data bus
};

struct DramParams {
  std::string preset;
  int64_t stacks, channelsPerStack, pseudoChannels, interleaveBytes, bytesPerDie;
  DramTiming timing;  ///< of the preset

  template <class F> void each(F &&f);

  int64_t channels() const { return stacks * channelsPerStack; }
  /// Of one die.
  double peakBytesPerSecond() const {
    return double(channels() * pseudoChannels) * double(timing.accessBytes) / (double(timing.accessClocks) * timing.tckPs * 1e-12);
  }
};

}  // namespace garam::rt
