#include "tests/twin/programs/RandomPreset.h"

#include <fmt/format.h>

#include <algorithm>

namespace garam::twin {
namespace {

int64_t pick(std::mt19937_64 &random, int64_t low, int64_t high) {
  return std::uniform_int_distribution<int64_t>(low, high)(random);
}

} // namespace

std::string randomPreset(rt::DramTiming t, int64_t pseudoChannels, int64_t stackIds, std::mt19937_64 &random) {
  t.eachTiming([&](const char *, int64_t &value, int64_t least, std::string_view) {
    if (pick(random, 0, 2))
      value = std::max(least, value * pick(random, 40, 180) / 100 + pick(random, -1, 1));
  });
  t.rowEdgesPerClock = t.sharedCommandBus ? 1 : pick(random, 1, 2);
  for (int64_t *edges : {&t.actEdges, &t.preEdges, &t.refEdges})
    *edges = pick(random, 1, 2 * t.rowEdgesPerClock);
  // What a DRAM may not contradict.
  t.ras = std::max({t.ras, t.rcdRead, t.rcdWrite});
  t.rc = std::max(t.rc, t.ras + t.rp);
  t.ccdS = std::clamp<int64_t>(t.ccdS, t.accessClocks, 32);
  t.ccdL = std::clamp<int64_t>(t.ccdL, t.ccdS, 32), t.ccdR = std::clamp<int64_t>(t.ccdR, t.ccdS, 32);
  t.rrdL = std::max(t.rrdL, t.rrdS), t.wtrL = std::max(t.wtrL, t.wtrS);
  t.faw = std::max(t.faw, t.rrdS);
  t.rtw = std::max(t.rtw, t.cl + t.accessClocks - t.cwl);
  const int64_t around = t.rp + std::max(t.rcdRead, t.rcdWrite);
  int64_t leastRefi = std::max(around + t.rfcAb, t.banks() * (std::max(t.rrefd * stackIds, around + t.rfcPb) + 1)) + 1;
  const int64_t slots = rt::refreshSlots(t, pseudoChannels * stackIds);
  leastRefi = std::max(leastRefi, (2 * slots + t.rowEdgesPerClock - 1) / t.rowEdgesPerClock);
  // Often, so that short programs see many and postpone them.
  t.refi = pick(random, 0, 1) ? leastRefi * pick(random, 100, 150) / 100 : std::max(t.refi, leastRefi);
  const double mhz = double(pick(random, 300, 3000)) + 0.5 * double(pick(random, 0, 1));

  std::string out = fmt::format("[dram]\ntitle = \"drawn\"\nclock_mhz = {}\n\n[organization]\n", mhz);
  auto line = [&](std::string_view key, int64_t value) {
    fmt::format_to(std::back_inserter(out), "{} = {}\n", key, value);
  };
  line("access_bytes", t.accessBytes), line("access_clocks", t.accessClocks);
  line("bank_groups", t.bankGroups), line("banks_per_group", t.banksPerGroup), line("row_bytes", t.rowBytes);
  line("command_buses", t.sharedCommandBus ? 1 : 2), line("row_edges_per_clock", t.rowEdgesPerClock);
  line("activate_edges", t.actEdges), line("precharge_edges", t.preEdges), line("refresh_edges", t.refEdges);
  out += "\n[timing]\n";
  t.eachTiming(
      [&](const char *key, int64_t &value, int64_t, std::string_view) { line(fmt::format("{}_clocks", key), value); });
  return out;
}

} // namespace garam::twin
