// What the memories and the mesh deliver, in bytes per core cycle, as measured on the machine.
#pragma once

#include "lowering/graph/GroupInfo.h"
#include "runtime/chip/Chip.h"

namespace garam::lowering {

/// How the cores go through a tensor: pieces of contiguous bytes, one for each row.
struct Pattern {
  int64_t piece = 1;    ///< contiguous bytes of a transfer, at most a row
  int64_t pitch = 1;    ///< bytes from a row to the next
  int64_t rows = 1;     ///< rows that all cores go through at a time
  int64_t together = 1; ///< cores whose pieces lie side by side in a row
  bool shared = false;  ///< in shared memory, else in HBM
};

/// Cycles that transfers take, by what bounds them.
struct Transfers {
  double core = 0;   ///< the DMA engine of a core, alone
  double hbm = 0;    ///< HBM, all cores together
  double shared = 0; ///< shared memory, all cores together
  double noc = 0;    ///< the mesh, all cores together
  /// All of it at once, each part at its own pace.
  double cycles() const { return std::max({core, hbm, shared, noc}); }
  Transfers &operator+=(const Transfers &other);
  friend Transfers operator+(Transfers a, const Transfers &b) { return a += b; }
  friend Transfers operator*(double count, Transfers a) {
    return {count * a.core, count * a.hbm, count * a.shared, count * a.noc};
  }
};

class Rates {
public:
  explicit Rates(const rt::Chip &chip);

  double hbm;    ///< all cores together, evenly over all channels in large bursts
  double shared; ///< all cores together; HBM's where there is no shared memory
  double noc;    ///< all cores together, each way
  double core;   ///< one core's DMA in large bursts, with all others at it too

  /// Whether a value of the group's inside lies in shared memory.
  bool inShared(const GroupInfo &info, mlir::Value base) const;
  /// One transfer of `bytes` on each of `cores` cores at a time.
  Transfers transfer(double bytes, const Pattern &pattern, int64_t cores) const;
  /// Bursts of a transfer of `bytes`.
  double bursts(double bytes, const Pattern &pattern) const;
  /// Share of HBM's rate that a pattern reaches: its busiest channel decides, and short bursts wait for rows to open.
  double shareOf(const Pattern &pattern) const;

private:
  const rt::Chip &chip;
  bool hasShared;
  double hbmLatency, sharedLatency; ///< of a burst without its bytes, in a busy machine
  double channelRate;               ///< bytes per cycle of a channel
  double activateTime;              ///< cycles of a channel for each bank group in which a burst opens a row
};

} // namespace garam::lowering
