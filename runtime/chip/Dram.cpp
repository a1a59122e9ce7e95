// What no single range of [memory] says.
#include "runtime/chip/Dram.h"

#include "runtime/Error.h"
#include "runtime/chip/DramAccess.h"

#include <algorithm>
#include <bit>

namespace garam::rt {

void finishDram(DramParams &dram, const KeyPlaces &where) {
  // `what` begins with the key; `rule` is of docs/hardware/memory.md.
  auto fail = [&](const std::string &what, std::string_view allowed, std::string_view rule) {
    throw inputError(where(what.substr(0, what.find(' '))), "memory." + what,
                     fmt::format("allowed: {} ({})", allowed, rule));
  };
  dram.timing = loadDramPreset(dram.preset, where("preset"));

  if (dram.pagePolicyName == "open")
    dram.pagePolicy = PagePolicy::Open;
  else if (dram.pagePolicyName == "closed")
    dram.pagePolicy = PagePolicy::Closed;
  else
    fail(fmt::format("page_policy `{}`", dram.pagePolicyName), "open, closed", "MC5");
  if (dram.refreshName == "none")
    dram.refresh = RefreshMode::None;
  else if (dram.refreshName == "all_bank")
    dram.refresh = RefreshMode::AllBank;
  else if (dram.refreshName == "per_bank")
    dram.refresh = RefreshMode::PerBank;
  else
    fail(fmt::format("refresh `{}`", dram.refreshName), "none, all_bank, per_bank", "MF1");

  // The controller keeps a queue's bursts by age in 64 places, the overtaken ones among them.
  if (std::max(dram.readQueue, dram.writeQueue) + dram.starvationLimit > 64)
    fail(fmt::format("starvation_limit {} with queues of {} and {}", dram.starvationLimit, dram.readQueue,
                     dram.writeQueue),
         "queue + starvation_limit up to 64", "MQ3");
  if (dram.writeHigh > dram.writeQueue || dram.writeLow >= dram.writeHigh)
    fail(fmt::format("write_low {}, write_high {}, write_queue {}", dram.writeLow, dram.writeHigh, dram.writeQueue),
         "write_low < write_high <= write_queue", "MW1");
  if (dram.stackIds * dram.timing.banks() > 64)
    fail(fmt::format("stack_ids {} of {} banks", dram.stackIds, dram.timing.banks()),
         "up to 64 banks in a pseudo-channel", "MA4");
  if (dram.timing.refi / dram.timing.banks() <= dram.timing.rrefd * dram.stackIds)
    fail(fmt::format("stack_ids {}: a pseudo-channel owes a per-bank refresh every {} clocks, trrefd is {}",
                     dram.stackIds, dram.timing.refi / dram.timing.banks() / dram.stackIds, dram.timing.rrefd),
         "trefi / (banks x stack_ids) above trrefd", "MF1");
  const int64_t slots = refreshSlots(dram.timing, dram.pseudoChannels * dram.stackIds);
  if (2 * slots > dram.timing.refi * dram.timing.rowEdgesPerClock)
    fail(
        fmt::format(
            "stack_ids {}: refreshing each bank of {} pseudo-channels takes {} of the {} edges of trefi on the row bus",
            dram.stackIds, dram.pseudoChannels, slots, dram.timing.refi * dram.timing.rowEdgesPerClock),
        "at most half of them", "MF1");
  int64_t rowOfAllBanks =
      dram.channels() * dram.pseudoChannels * dram.stackIds * dram.timing.banks() * dram.timing.rowBytes;
  if (dram.bytesPerDie % rowOfAllBanks || dram.rows() > INT32_MAX)
    fail(fmt::format("bytes_per_die {}", dram.bytesPerDie),
         fmt::format("multiples of {}, a row of every bank, up to 2^31 rows", rowOfAllBanks), "MA4");
  // The controller decides all columns of a burst at once, up to 64 of them.
  int64_t most = std::min<int64_t>(2048, 64 * dram.timing.accessBytes);
  if (!std::has_single_bit(uint64_t(dram.interleaveBytes)) || dram.interleaveBytes < dram.timing.accessBytes ||
      dram.interleaveBytes > most)
    fail(fmt::format("interleave_bytes {}", dram.interleaveBytes),
         fmt::format("powers of two from {} to {}", dram.timing.accessBytes, most), "MA1");
  AddressMap(dram, where);
}

} // namespace garam::rt
