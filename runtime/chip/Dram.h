// The DRAM of a die: organisation, address map, controller, and the JEDEC timings of a preset. The rules that use these
// numbers are in docs/hardware/memory.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace garam::rt {

struct Range;

/// Organisation and timings of a DRAM, from `runtime/chips/dram/<preset>.toml`. Timings are in clocks of the
/// controller; a file may give each in clocks, in nanoseconds, or both, of which the longer counts (JEDEC's "max(nCK,
/// ns)").
struct DramTiming {
  std::string preset, title;
  int64_t clockHz = 0;
  double tckPs = 0;         ///< 1e12 / clockHz, rounded: for rates; edges come from clockHz
  int64_t accessBytes = 0;  ///< bytes of a column access
  int64_t accessClocks = 0; ///< clocks that it holds the data bus
  int64_t bankGroups = 0, banksPerGroup = 0, rowBytes = 0;
  bool sharedCommandBus = false; ///< rows and columns share it; else each has its own
  /// The row bus has this many edges in a clock (1 or 2), and commands hold it for so many of them. Precharges start on
  /// each, activates and refreshes on the rising one.
  int64_t rowEdgesPerClock = 0, actEdges = 0, preEdges = 0, refEdges = 0;

  int64_t cl, cwl, rcdRead, rcdWrite, rp, ras, rc, wr, rtp;
  int64_t ccdS, ccdL, ccdR, rrdS, rrdL, faw, wtrS, wtrL, rtw, ppd, refi, rfcAb, rfcPb, rrefd;

  /// f(key without unit, member, least clocks, sentence) for each timing.
  template <class F> void eachTiming(F &&f) {
    f("cl", cl, 1, "read command to first data");
    f("cwl", cwl, 0, "write command to first data");
    f("trcd_read", rcdRead, 1, "activate to read");
    f("trcd_write", rcdWrite, 1, "activate to write");
    f("trp", rp, 1, "precharge to activate or refresh");
    f("tras", ras, 1, "activate to precharge");
    f("trc", rc, 1, "activate to activate of a bank");
    f("twr", wr, 1, "last write data to precharge");
    f("trtp", rtp, 1, "read to precharge");
    f("tccd_s", ccdS, 1, "column to column, other bank group");
    f("tccd_l", ccdL, 1, "column to column, same bank group");
    f("tccd_r", ccdR, 1, "column to column, other stack id");
    f("trrd_s", rrdS, 1, "activate to activate, other bank group");
    f("trrd_l", rrdL, 1, "activate to activate, same bank group");
    f("tfaw", faw, 1, "window of four activates");
    f("twtr_s", wtrS, 0, "last write data to read, other bank group");
    f("twtr_l", wtrL, 0, "last write data to read, same bank group");
    f("trtw", rtw, 1, "read command to write command");
    f("tppd", ppd, 1, "precharge to precharge");
    f("trefi", refi, 1, "average interval of an all-bank refresh");
    f("trfc_all_bank", rfcAb, 1, "all-bank refresh to activate");
    f("trfc_per_bank", rfcPb, 1, "per-bank refresh to activate of the bank");
    f("trrefd", rrefd, 1, "per-bank refresh to refresh or activate of another bank");
  }

  int64_t banks() const { return bankGroups * banksPerGroup; } ///< of a stack id in a pseudo-channel
};

enum class PagePolicy { Open, Closed };
enum class RefreshMode { None, AllBank, PerBank };

/// Table [memory] of a chip, for one die.
struct DramParams {
  std::string preset;
  int64_t stacks, channelsPerStack, pseudoChannels, stackIds, interleaveBytes, bytesPerDie;
  std::vector<std::string> addressMap, addressXor;
  int64_t readQueue, writeQueue, writeHigh, writeLow, starvationLimit;
  std::string pagePolicyName, refreshName;
  int64_t refreshPostpone;

  // Filled by finishDram.
  DramTiming timing;
  PagePolicy pagePolicy = PagePolicy::Open;
  RefreshMode refresh = RefreshMode::PerBank;

  // The second parameter stands for rt::Range, which Chip.h defines after including this file.
  template <class F, class Interval = Range> void each(F &&f) {
    f("preset", preset, "file of organisation and timings in the folder `dram` beside the shipped chips");
    f("stacks", stacks, Interval{1, 64}, "stacks (or devices) of a die");
    f("channels_per_stack", channelsPerStack, Interval{1, 256}, "channels of a stack, each with a controller");
    f("pseudo_channels", pseudoChannels, Interval{1, 2}, "pseudo-channels behind a controller");
    f("stack_ids", stackIds, Interval{1, 4}, "stack ids (ranks) of a pseudo-channel");
    f("interleave_bytes", interleaveBytes, Interval{32, 2048}, "consecutive bytes in one channel");
    f("bytes_per_die", bytesPerDie, Interval{1, double(1LL << 44)},
      "memory of a die; the rows of a bank follow from it");
    f("address_map", addressMap, "fields of a die offset above the column access, lowest first: FIELD or FIELD:BITS");
    f("address_xor", addressXor, "FIELD^row>>SHIFT: field takes the exclusive or with bits of the row");
    f("read_queue", readQueue, Interval{1, 63}, "bursts that a pseudo-channel's read queue holds");
    f("write_queue", writeQueue, Interval{1, 63}, "bursts that a pseudo-channel's write queue holds");
    f("write_high", writeHigh, Interval{1, 63}, "queued writes at which reads give way");
    f("write_low", writeLow, Interval{0, 63}, "queued writes at which waiting reads take over again");
    f("starvation_limit", starvationLimit, Interval{1, 63}, "younger bursts that may be served before the oldest");
    f("page_policy", pagePolicyName, "`open`: rows stay open; `closed`: the last queued access of a row closes it");
    f("refresh", refreshName, "`none`, `all_bank` or `per_bank`");
    f("refresh_postpone", refreshPostpone, Interval{1, 8}, "due refreshes at which one is forced upon waiting bursts");
  }

  int64_t channels() const { return stacks * channelsPerStack; }
  int64_t bytesPerChannel() const { return bytesPerDie / channels(); }
  int64_t rows() const { return bytesPerChannel() / (pseudoChannels * stackIds * timing.banks() * timing.rowBytes); }
  /// Of one die.
  double peakBytesPerSecond() const {
    return double(channels() * pseudoChannels) * double(timing.accessBytes) * double(timing.clockHz) /
           double(timing.accessClocks);
  }
};

} // namespace garam::rt
