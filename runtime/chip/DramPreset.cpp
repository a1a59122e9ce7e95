// Preset files: every key present, none unknown; timings in clocks, nanoseconds or both.
#include "runtime/Error.h"
#include "runtime/chip/Chip.h"
#include "runtime/chip/DramAccess.h"

#include <toml++/toml.h>

#include <bit>
#include <cmath>
#include <set>

namespace garam::rt {
namespace {

class PresetReader {
public:
  PresetReader(KeyPlaces &places, std::string_view name, const toml::table &table)
      : path(places.file), places(places), name(name), table(table) {}

  const toml::node &need(const std::string &key) {
    known.insert(key);
    if (const toml::node *node = table.get(key)) {
      places.places[key] = at(node);
      return *node;
    }
    throw inputError(at(&table), fmt::format("missing key `{}.{}`", name, key), "every key must be stated");
  }
  void integer(const std::string &key, int64_t &value, int64_t low, int64_t high) {
    const toml::node &node = need(key);
    if (!node.is_integer() || **node.as_integer() < low || **node.as_integer() > high)
      throw inputError(at(&node), fmt::format("key `{}.{}`", name, key),
                       fmt::format("allowed: integers {} to {}", low, high));
    value = **node.as_integer();
  }
  /// KEY_clocks, KEY_ns, or both, of which the longer counts.
  void timing(const std::string &key, int64_t &value, int64_t low, int64_t clockHz) {
    std::string inClocks = key + "_clocks", inNs = key + "_ns";
    const toml::node *clocks = table.get(inClocks), *ns = table.get(inNs);
    known.insert({inClocks, inNs});
    if (!clocks && !ns)
      throw inputError(at(&table), fmt::format("missing key `{}.{}` or `{}.{}`", name, inClocks, name, inNs),
                       "every timing must be stated");
    places.places[key] = at(ns ? ns : clocks);
    value = low;
    if (clocks)
      integer(inClocks, value, low, kMost);
    if (!ns)
      return;
    double most = double(kMost) * 1e9 / double(clockHz);
    auto given = ns->value<double>();
    if (!ns->is_number() || !(*given >= 0) || *given > most)
      throw inputError(at(ns), fmt::format("key `{}.{}`", name, inNs), fmt::format("allowed: 0 to {} ns", most));
    // A hair below the quotient, so that 2.5 ns at 1.6 GHz is 4 clocks and not 5.
    value = std::max(value, int64_t(std::ceil(*given * double(clockHz) * 1e-9 - 1e-6)));
  }
  void refuseUnknown() {
    for (const auto &[key, value] : table)
      if (!known.count(std::string(key.str())))
        throw inputError(at(&value), fmt::format("unknown key `{}.{}`", name, key.str()),
                         "allowed: those of the other presets");
  }
  std::string at(const toml::node *node) const { return fmt::format("{}:{}", path, node->source().begin.line); }

private:
  static constexpr int64_t kMost = 1 << 24;
  const std::string &path;
  KeyPlaces &places; ///< of the keys read, those of timings without their unit
  std::string_view name;
  const toml::table &table;
  std::set<std::string> known;
};

const toml::table &needTable(const std::string &path, const toml::table &root, std::string_view name) {
  if (const toml::table *table = root[name].as_table())
    return *table;
  throw inputError(path, fmt::format("missing table [{}]", name), "allowed: [dram], [organization], [timing]");
}

void readOrganization(PresetReader reader, DramTiming &timing) {
  reader.integer("access_bytes", timing.accessBytes, 1, 2048);
  reader.integer("access_clocks", timing.accessClocks, 1, 16);
  reader.integer("bank_groups", timing.bankGroups, 1, 16);
  reader.integer("banks_per_group", timing.banksPerGroup, 1, 16);
  reader.integer("row_bytes", timing.rowBytes, 1, 1 << 16);
  int64_t buses = 0;
  reader.integer("command_buses", buses, 1, 2);
  timing.sharedCommandBus = buses == 1;
  reader.integer("row_edges_per_clock", timing.rowEdgesPerClock, 1, 2);
  reader.integer("activate_edges", timing.actEdges, 1, 8);
  reader.integer("precharge_edges", timing.preEdges, 1, 8);
  reader.integer("refresh_edges", timing.refEdges, 1, 8);
  reader.refuseUnknown();
}

/// Rules are those of docs/hardware/memory.md.
void checkPreset(const DramTiming &t, const KeyPlaces &where) {
  auto fail = [&](std::string_view key, const std::string &what, std::string_view allowed, std::string_view rule) {
    throw inputError(where(key), what, fmt::format("allowed: {} ({})", allowed, rule));
  };
  auto atLeast = [&](std::string_view key, int64_t value, std::string_view other, int64_t least, const char *rule) {
    if (value < least)
      fail(key, fmt::format("{} {} clocks, {} {}", key, value, other, least), fmt::format("{} at least {}", key, other),
           rule);
  };
  atLeast("trc", t.rc, "tras + trp", t.ras + t.rp, "MR4");
  atLeast("tras", t.ras, "trcd_read", t.rcdRead, "MR4");
  atLeast("tras", t.ras, "trcd_write", t.rcdWrite, "MR4");
  atLeast("tccd_s", t.ccdS, "access_clocks", t.accessClocks, "MC4");
  atLeast("tccd_l", t.ccdL, "tccd_s", t.ccdS, "MC3");
  atLeast("tccd_r", t.ccdR, "tccd_s", t.ccdS, "MC3");
  atLeast("twtr_l", t.wtrL, "twtr_s", t.wtrS, "MC3");
  atLeast("trrd_l", t.rrdL, "trrd_s", t.rrdS, "MR4");
  atLeast("tfaw", t.faw, "trrd_s", t.rrdS, "MR4");
  if (t.ccdL > 32)
    fail("tccd_l", fmt::format("tccd_l {} clocks", t.ccdL), "up to 32 clocks", "MC2");
  if (t.ccdR > 32)
    fail("tccd_r", fmt::format("tccd_r {} clocks", t.ccdR), "up to 32 clocks", "MC2");
  if (t.rtw + t.cwl < t.cl + t.accessClocks)
    fail("trtw", fmt::format("trtw {} clocks: write data meets read data", t.rtw),
         "trtw at least cl + access_clocks - cwl", "MC3");
  // Else a burst may wait for ever for all its banks to be there at once.
  int64_t around = t.rp + std::max(t.rcdRead, t.rcdWrite);
  if (t.refi <= around + t.rfcAb)
    fail("trefi", fmt::format("trefi {} clocks, trp + trfc_all_bank + trcd {}", t.refi, around + t.rfcAb),
         "trefi above trp + trfc_all_bank + trcd", "MF1");
  if (t.refi / t.banks() <= std::max(t.rrefd, around + t.rfcPb))
    fail("trefi",
         fmt::format("trefi {} clocks for {} banks, trp + trfc_per_bank + trcd {}, trrefd {}", t.refi, t.banks(),
                     around + t.rfcPb, t.rrefd),
         "trefi / banks above trrefd and above trp + trfc_per_bank + trcd", "MF1");
  if (t.sharedCommandBus && t.rowEdgesPerClock != 1)
    fail("row_edges_per_clock", "one command bus with row commands on both edges",
         "row_edges_per_clock = 1 where command_buses = 1", "MT1");
  if (!std::has_single_bit(uint64_t(t.accessBytes)))
    fail("access_bytes", fmt::format("access_bytes {}", t.accessBytes), "powers of two", "MA2");
  if (t.rowBytes % t.accessBytes)
    fail("row_bytes", fmt::format("row_bytes {}, access_bytes {}", t.rowBytes, t.accessBytes),
         "row_bytes a multiple of access_bytes", "MA2");
}

} // namespace

DramTiming loadDramPreset(const std::string &nameOrPath, const std::string &where) {
  bool isPath = nameOrPath.ends_with(".toml");
  if (!isPath && nameOrPath.find('/') != nameOrPath.npos)
    throw inputError(where, fmt::format("memory.preset `{}`", nameOrPath), "allowed: a name, or a path to a .toml");
  std::string path = isPath ? nameOrPath : fmt::format("{}/dram/{}.toml", chipFolder(), nameOrPath);
  toml::table root;
  try {
    root = toml::parse_file(path);
  } catch (const toml::parse_error &error) {
    if (!error.source().begin.line)
      throw inputError(where, fmt::format("memory.preset `{}` cannot be read", nameOrPath),
                       fmt::format("allowed: a file of {}/dram, or a path to a .toml", chipFolder()));
    throw inputError(fmt::format("{}:{}", path, error.source().begin.line), std::string(error.description()),
                     "allowed: TOML 1.0");
  }
  for (const auto &[key, value] : root)
    if (key != "dram" && key != "organization" && key != "timing")
      throw inputError(fmt::format("{}:{}", path, value.source().begin.line),
                       fmt::format("unknown table or key `{}`", key.str()),
                       "allowed: [dram], [organization], [timing]");
  DramTiming timing;
  timing.preset = nameOrPath;
  KeyPlaces places(path);
  PresetReader head(places, "dram", needTable(path, root, "dram"));
  const toml::node &title = head.need("title"), &mhz = head.need("clock_mhz");
  if (!title.is_string())
    throw inputError(head.at(&title), "key `dram.title`", "allowed: text in quotes");
  timing.title = **title.as_string();
  if (!mhz.is_number() || !(*mhz.value<double>() >= 1 && *mhz.value<double>() <= 10000))
    throw inputError(head.at(&mhz), "key `dram.clock_mhz`", "allowed: 1 to 10000");
  timing.clockHz = std::llround(*mhz.value<double>() * 1e6);
  timing.tckPs = 1e12 / double(timing.clockHz);
  head.refuseUnknown();
  readOrganization(PresetReader(places, "organization", needTable(path, root, "organization")), timing);
  PresetReader reader(places, "timing", needTable(path, root, "timing"));
  timing.eachTiming([&](const char *key, int64_t &value, int64_t low, std::string_view) {
    reader.timing(key, value, low, timing.clockHz);
  });
  reader.refuseUnknown();
  checkPreset(timing, places);
  return timing;
}

} // namespace garam::rt
