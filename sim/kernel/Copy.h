// The bytes of a transfer: all read when its instruction starts, all visible when it completes.
#pragma once

#include "runtime/timing/Bursts.h"
#include "sim/kernel/Machine.h"

#include <vector>

namespace garam::sim {

/// Throws rt::Error (Undefined) if a count is negative or all of them move more bytes than the core's memory has.
void checkCounts(const Storage &storage, int core, const rt::Transfer &transfer);
/// Throws rt::Error (Undefined) if a byte of either side lies outside of its memory, or one in HBM or shared memory
/// outside of what the program owns. After `checkCounts`.
void checkTransfer(const Storage &storage, std::span<const Extent> owned, int core, const rt::Transfer &transfer);

/// Address from which the n-th byte of a transfer is read.
int64_t sourceAddress(const rt::Transfer &transfer, int64_t n);

class StagedCopy {
public:
  void read(const Storage &storage, int core, const rt::Transfer &transfer);
  /// Local destinations are those of `core`.
  void write(Storage &storage, int core, const rt::Transfer &transfer) const;
  std::span<uint8_t> staged() { return bytes; }

private:
  std::vector<uint8_t> bytes;
};

} // namespace garam::sim
