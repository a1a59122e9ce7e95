#include "runtime/program/ChipKeys.h"

#include "runtime/Error.h"
#include "runtime/program/Sha256.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>

namespace garam::rt {
namespace {

std::string textOf(const std::string &value) { return value; }
std::string textOf(const std::vector<std::string> &values) { return fmt::format("{}", fmt::join(values, " ")); }
template <class Number> std::string textOf(Number value) { return fmt::format("{}", value); }

using Keys = std::vector<std::unique_ptr<fb::ChipKeyT>>;

template <class Value> void add(Keys &keys, std::string_view table, std::string_view key, const Value &value) {
  keys.push_back(std::make_unique<fb::ChipKeyT>());
  keys.back()->key = fmt::format("{}.{}", table, key);
  keys.back()->value = textOf(value);
}

/// What `memory.preset` stands for: a file beside the chip's, which may change as the chip may.
void addPreset(Keys &keys, DramTiming timing) {
  add(keys, "preset", "clock_hz", timing.clockHz);
  add(keys, "preset", "access_bytes", timing.accessBytes);
  add(keys, "preset", "access_clocks", timing.accessClocks);
  add(keys, "preset", "bank_groups", timing.bankGroups);
  add(keys, "preset", "banks_per_group", timing.banksPerGroup);
  add(keys, "preset", "row_bytes", timing.rowBytes);
  add(keys, "preset", "shared_command_bus", timing.sharedCommandBus);
  add(keys, "preset", "row_edges_per_clock", timing.rowEdgesPerClock);
  add(keys, "preset", "act_edges", timing.actEdges);
  add(keys, "preset", "pre_edges", timing.preEdges);
  add(keys, "preset", "ref_edges", timing.refEdges);
  timing.eachTiming([&](const char *key, int64_t clocks, auto &&...) { add(keys, "preset", key, clocks); });
}

} // namespace

bool shapesPrograms(std::string_view table) { return table != "energy" && table != "host"; }

Keys chipKeys(const Chip &chip) {
  Keys keys;
  Chip own = chip;
  own.eachTable([&](const char *table, auto &params) {
    if (shapesPrograms(table))
      params.each([&](const char *key, auto &value, auto &&...) { add(keys, table, key, value); });
  });
  addPreset(keys, chip.dram.timing);
  std::ranges::sort(keys, {}, [](const auto &entry) -> const std::string & { return entry->key; });
  return keys;
}

std::string chipDigest(const Chip &chip) {
  std::string text;
  for (const auto &entry : chipKeys(chip))
    text += fmt::format("{}={}\n", entry->key, entry->value);
  return sha256({reinterpret_cast<const uint8_t *>(text.data()), text.size()});
}

void checkChip(const Program &program, const Chip &chip, const std::string &where) {
  constexpr std::string_view kAllowed = "compile it for this chip";
  if (program.chip != chip.name)
    throw inputError(where, fmt::format("was compiled for {}, not {}", program.chip, chip.name), kAllowed);
  if (program.dies > chip.topology.dies)
    throw inputError(where, fmt::format("was compiled for {} dies of {}, which has {}", program.dies, chip.name, chip.topology.dies),
                     kAllowed);
  if (program.chip_keys.empty())
    return;
  // Every key of either side; one that the other does not have differs from nothing.
  std::map<std::string, std::pair<std::string, std::string>> values;
  for (const auto &entry : program.chip_keys)
    values[entry->key] = {entry->value, "not there"};
  for (const auto &entry : chipKeys(chip.withDies(program.dies)))
    values.try_emplace(entry->key, "not there", "").first->second.second = entry->value;
  std::string first;
  int64_t differing = 0;
  for (const auto &[key, value] : values)
    if (value.first != value.second && ++differing == 1)
      first = fmt::format("{} was {} and is {}", key, value.first, value.second);
  if (!differing)
    return;
  std::string more = differing == 2 ? ", and 1 more key" : differing > 2 ? fmt::format(", and {} more keys", differing - 1) : "";
  throw inputError(where, fmt::format("was compiled for another {}: {}{}", chip.name, first, more), kAllowed);
}

} // namespace garam::rt
