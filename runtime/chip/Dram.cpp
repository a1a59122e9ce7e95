// What no single range of [memory] says.
#include "runtime/chip/Dram.h"

#include "runtime/Error.h"
#include "runtime/chip/DramAccess.h"

#include <algorithm>
#include <bit>

namespace garam::rt {

void finishDram(DramParams &dram, const std::string &where) {
  auto fail = [&](const std::string &what, std::string_view rule) {
    throw inputError(where, "memory." + what, fmt::format("allowed: {}", rule));
  };
  dram.timing = loadDramPreset(dram.preset, where);

  if (dram.pagePolicyName == "open")
    dram.pagePolicy = PagePolicy::Open;
  else if (dram.pagePolicyName == "closed")
    dram.pagePolicy = PagePolicy::Closed;
  else
    fail(fmt::format("page_policy `{}`", dram.pagePolicyName), "open, closed");
  if (dram.refreshName == "none")
    dram.refresh = RefreshMode::None;
  else if (dram.refreshName == "all_bank")
    dram.refresh = RefreshMode::AllBank;
  else if (dram.refreshName == "per_bank")
    dram.refresh = RefreshMode::PerBank;
  else
    fail(fmt::format("refresh `{}`", dram.refreshName), "none, all_bank, per_bank");

  // The controller keeps a queue's bursts by age in 64 places, the overtaken ones among them.
  if (std::max(dram.readQueue, dram.writeQueue) + dram.starvationLimit > 64)
    fail(fmt::format("starvation_limit {} with queues of {} and {}", dram.starvationLimit, dram.readQueue,
                     dram.writeQueue),
         "queue + starvation_limit up to 64");
  if (dram.writeHigh > dram.writeQueue || dram.writeLow >= dram.writeHigh)
    fail(fmt::format("write_low {}, write_high {}, write_queue {}", dram.writeLow, dram.writeHigh, dram.writeQueue),
         "write_low < write_high <= write_queue");
  if (dram.stackIds * dram.timing.banks() > 64)
    fail(fmt::format("stack_ids {} of {} banks", dram.stackIds, dram.timing.banks()),
         "up to 64 banks in a pseudo-channel");
  if (dram.timing.refi / dram.timing.banks() <= dram.timing.rrefd * dram.stackIds)
    fail(fmt::format("stack_ids {}: a pseudo-channel owes a per-bank refresh every {} clocks, trrefd is {}",
                     dram.stackIds, dram.timing.refi / dram.timing.banks() / dram.stackIds, dram.timing.rrefd),
         "trefi / (banks x stack_ids) above trrefd");
  int64_t rowOfAllBanks =
      dram.channels() * dram.pseudoChannels * dram.stackIds * dram.timing.banks() * dram.timing.rowBytes;
  if (dram.bytesPerDie % rowOfAllBanks || dram.rows() > INT32_MAX)
    fail(fmt::format("bytes_per_die {}", dram.bytesPerDie),
         fmt::format("multiples of {}, a row of every bank, up to 2^31 rows", rowOfAllBanks));
  // The controller decides all columns of a burst at once, up to 64 of them.
  int64_t most = std::min<int64_t>(2048, 64 * dram.timing.accessBytes);
  if (!std::has_single_bit(uint64_t(dram.interleaveBytes)) || dram.interleaveBytes < dram.timing.accessBytes ||
      dram.interleaveBytes > most)
    fail(fmt::format("interleave_bytes {}", dram.interleaveBytes),
         fmt::format("powers of two from {} to {}", dram.timing.accessBytes, most));
  AddressMap(dram, where);
}

} // namespace garam::rt
