// TOML to Chip: every key present, none unknown, each in its range; errors name file, line, key and what is allowed.
#include "runtime/Error.h"
#include "runtime/Nearest.h"
#include "runtime/chip/Chip.h"
#include "runtime/chip/DramAccess.h"
#include "runtime/chip/Placement.h"

#include <toml++/toml.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>

namespace garam::rt {
namespace {

/// File and line of a node; of a value that `--set` gave, that argument.
std::string at(const std::string &file, const toml::node *node) {
  if (node && node->source().path && node->source().path->starts_with("--set"))
    return *node->source().path;
  return node && node->source().begin.line ? fmt::format("{}:{}", file, node->source().begin.line) : file;
}

/// Reads the declared parameters of one table and then refuses what was not declared.
class TableReader {
public:
  TableReader(const std::string &file, std::string_view table, const toml::table &node)
      : file(file), table(table), node(node) {}

  void operator()(std::string_view key, int64_t &value, Range range, std::string_view) {
    const toml::node &found = need(key);
    if (!found.is_integer())
      fail(found, key, "is not an integer", allowed(range));
    value = **found.as_integer();
    check(found, key, double(value), range);
  }
  void operator()(std::string_view key, double &value, Range range, std::string_view) {
    const toml::node &found = need(key);
    if (!found.is_number())
      fail(found, key, "is not a number", allowed(range));
    value = *found.value<double>();
    check(found, key, value, range);
  }
  void operator()(std::string_view key, std::string &value, std::string_view) {
    const toml::node &found = need(key);
    if (!found.is_string())
      fail(found, key, "is not a string", "allowed: text in quotes");
    value = **found.as_string();
  }
  void operator()(std::string_view key, bool &value, std::string_view) {
    const toml::node &found = need(key);
    if (!found.is_boolean())
      fail(found, key, "is not a boolean", "allowed: true, false");
    value = **found.as_boolean();
  }
  void operator()(std::string_view key, std::vector<std::string> &value, std::string_view) {
    const toml::node &found = need(key);
    const toml::array *list = found.as_array();
    if (!list)
      fail(found, key, "is not a list", "allowed: a list of texts");
    value.clear();
    for (const toml::node &entry : *list) {
      if (!entry.is_string())
        fail(entry, key, "holds something else than text", "allowed: a list of texts");
      value.push_back(**entry.as_string());
    }
  }

  void refuseUnknown() {
    for (const auto &[key, value] : node)
      if (!known.count(std::string(key.str())))
        throw inputError(at(file, &value), fmt::format("unknown key `{}`", full(key.str())), "allowed: " + list());
  }

private:
  const std::string &file;
  std::string_view table;
  const toml::table &node;
  std::set<std::string> known;

  std::string full(std::string_view key) const {
    return table.empty() ? std::string(key) : fmt::format("{}.{}", table, key);
  }
  std::string list() const {
    std::string out;
    for (const std::string &key : known)
      out += (out.empty() ? "" : ", ") + key;
    return out;
  }
  static std::string allowed(Range range) { return fmt::format("allowed: {} to {}", range.low, range.high); }
  const toml::node &need(std::string_view key) {
    known.emplace(key);
    const toml::node *found = node.get(key);
    if (!found)
      throw inputError(at(file, &node), fmt::format("missing key `{}`", full(key)), "every key must be stated");
    return *found;
  }
  [[noreturn]] void fail(const toml::node &found, std::string_view key, std::string_view what,
                         const std::string &allowed) {
    throw inputError(at(file, &found), fmt::format("key `{}` {}", full(key), what), allowed);
  }
  void check(const toml::node &found, std::string_view key, double value, Range range) {
    if (!(value >= range.low && value <= range.high))
      fail(found, key, fmt::format("is {}", value), allowed(range));
  }
};

/// Table [replace]. Which kinds there are is known where units are built.
std::map<std::string, std::string> readReplacements(const std::string &file, const toml::table &root) {
  std::map<std::string, std::string> replace;
  const toml::node *found = root.get("replace");
  if (!found)
    return replace;
  if (!found->is_table())
    throw inputError(at(file, found), "`replace` is not a table", "allowed: [replace] with UNIT = \"KIND\"");
  for (const auto &[key, value] : *found->as_table()) {
    if (!value.is_string())
      throw inputError(at(file, &value), fmt::format("key `replace.{}` is not a string", key.str()),
                       "allowed: the kind of a unit");
    replace.emplace(key.str(), **value.as_string());
  }
  return replace;
}

/// Every `table.key` of a file.
std::vector<std::string> keysOf(const toml::table &root) {
  std::vector<std::string> keys;
  for (const auto &[table, node] : root)
    if (const toml::table *entries = node.as_table())
      for (const auto &[key, value] : *entries)
        keys.push_back(fmt::format("{}.{}", table.str(), key.str()));
  return keys;
}

/// Applies `table.key=value`; the value is read as TOML, or as text where it is none.
void apply(toml::table &root, const Override &text) {
  size_t equals = text.find('='), dot = text.find('.');
  if (equals == text.npos || dot == text.npos || dot > equals)
    throw inputError("--set", fmt::format("`{}`", text), "allowed: TABLE.KEY=VALUE, as in l1.size_bytes=2097152");
  std::string table = text.substr(0, dot), key = text.substr(dot + 1, equals - dot - 1),
              value = text.substr(equals + 1);
  // A replacement need not stand in the file to be set.
  if (table == "replace" && !root.contains(table))
    root.insert(table, toml::table());
  toml::table *found = root[table].as_table();
  if (!found || (table != "replace" && !found->contains(key)))
    throw inputError("--set", fmt::format("unknown key `{}.{}`", table, key),
                     fmt::format("allowed: a key of the chip file; the nearest are {}",
                                 fmt::join(nearest(fmt::format("{}.{}", table, key), keysOf(root)), ", ")));
  // The source that is given here is what errors name (`at`).
  toml::table parsed;
  try {
    parsed = toml::parse("value = " + value, "--set " + text);
  } catch (const toml::parse_error &) {
    try {
      parsed = toml::parse("value = '''" + value + "'''", "--set " + text);
    } catch (const toml::parse_error &) {
      throw inputError("--set", fmt::format("`{}`", text), "allowed: a value as TOML writes it");
    }
  }
  found->insert_or_assign(key, std::move(*parsed.get("value")));
}

/// The most inputs that a router has: from its neighbours, four for each core, one for each other endpoint (rule N5).
int64_t mostInputs(const Chip &chip) {
  const int64_t columns = chip.noc.meshColumns, rows = chip.noc.meshRows;
  std::vector<int64_t> local(size_t(columns * rows));
  auto place = [&](int64_t count, int64_t inputs) {
    for (int64_t i = 0; i < count; ++i)
      local[size_t(routerOf(chip.noc, i, count))] += inputs;
  };
  place(chip.topology.coresPerDie, 4);
  place(chip.dram.channels(), 1);
  place(chip.shared.bytesPerDie ? chip.shared.banks : 0, 1);
  int64_t most = 0;
  for (int64_t die = 0; die < chip.topology.dies; ++die) {
    std::vector<int64_t> inputs = local;
    for (int64_t neighbour : neighboursOf(chip, die))
      for (int64_t lane = 0; lane < lanesBetween(chip, die, neighbour); ++lane)
        ++inputs[size_t(laneRouter(chip, die, neighbour, lane))];
    for (int64_t router = 0; router < columns * rows; ++router) {
      const int64_t x = router % columns, y = router / columns;
      most = std::max(most, inputs[size_t(router)] + (x > 0) + (x + 1 < columns) + (y > 0) + (y + 1 < rows));
    }
  }
  return most;
}

/// What no single range says. `place` gives the line of a key.
void validate(const Chip &chip, const std::function<std::string(std::string_view, std::string_view)> &place) {
  auto fail = [&](std::string_view table, std::string_view key, std::string_view what, std::string_view allowed) {
    throw inputError(place(table, key), what, allowed);
  };
  int64_t grain = chip.dram.interleaveBytes, burst = chip.dma.burstBytes;
  if (grain % burst && burst % grain)
    fail("dma", "burst_bytes", fmt::format("dma.burst_bytes {} and memory.interleave_bytes {}", burst, grain),
         "allowed: one divides the other");
  if (chip.l1.sizeBytes % (chip.l1.banks * chip.l1.beatBytes))
    fail("l1", "size_bytes", "l1.size_bytes is no multiple of banks x beat_bytes", "allowed: whole rows of banks");
  if (chip.topology.dies > 1 && chip.dieToDie.gigabytesPerSecond <= 0)
    fail("die_to_die", "gigabytes_per_second", "die_to_die.gigabytes_per_second is 0 with more than one die",
         "allowed: above 0");
  if (chip.dieToDie.topology != "grid" && chip.dieToDie.topology != "switch")
    fail("die_to_die", "topology", fmt::format("key `die_to_die.topology` is `{}`", chip.dieToDie.topology),
         "allowed: grid, switch");
  if (chip.shared.bytesPerDie > 0 && (chip.shared.banks < 1 || chip.shared.bytesPerCycle < 1))
    fail("shared", "banks", "shared memory without banks",
         "allowed: shared.banks and shared.bank_bytes_per_cycle above 0");
  if (const int64_t inputs = mostInputs(chip); inputs > 64)
    fail("noc", "mesh_columns",
         fmt::format("noc.mesh_columns {} x mesh_rows {}: a router has {} inputs; {} cores, {} memory channels and {} "
                     "shared banks do not fit",
                     chip.noc.meshColumns, chip.noc.meshRows, inputs, chip.topology.coresPerDie, chip.dram.channels(),
                     chip.shared.bytesPerDie ? chip.shared.banks : 0),
         "allowed: up to 64 inputs of a router, four for each core (N5)");
}

} // namespace

Chip parseChip(std::string_view text, const std::string &where, const std::vector<Override> &overrides) {
  toml::table root;
  try {
    root = toml::parse(text, where);
  } catch (const toml::parse_error &error) {
    throw inputError(fmt::format("{}:{}", where, error.source().begin.line), std::string(error.description()),
                     "allowed: TOML 1.0");
  }
  for (const Override &override : overrides)
    apply(root, override);
  Chip chip;
  chip.path = where;
  std::set<std::string> tables{"chip"};
  auto table = [&](std::string_view name) -> const toml::table & {
    const toml::table *found = root[name].as_table();
    if (!found)
      throw inputError(where, fmt::format("missing table [{}]", name), "every table must be stated");
    return *found;
  };
  TableReader head(where, "chip", table("chip"));
  head("name", chip.name, "what it is called");
  head("title", chip.title, "in a few words");
  head("ideal", chip.ideal, "no roofline is stated");
  head.refuseUnknown();
  chip.eachTable([&](std::string_view name, auto &params) {
    tables.emplace(name);
    TableReader reader(where, name, table(name));
    params.each(reader);
    reader.refuseUnknown();
  });
  tables.emplace("replace");
  chip.replace = readReplacements(where, root);
  for (const auto &[key, value] : root)
    if (!tables.count(std::string(key.str())))
      throw inputError(at(where, &value), fmt::format("unknown table or key `{}`", key.str()),
                       "allowed: the tables of a chip file");
  auto place = [&](std::string_view table, std::string_view key) {
    return at(where, root[table].as_table()->get(key));
  };
  KeyPlaces memory(where);
  for (const auto &[key, value] : *root["memory"].as_table())
    memory.places.emplace(key.str(), at(where, &value));
  finishDram(chip.dram, memory);
  validate(chip, place);
  return chip;
}

std::string chipFolder() {
  const char *set = std::getenv("GARAM_CHIPS");
  return set ? set : GARAM_CHIP_FOLDER;
}

std::vector<std::string> chipNames() {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto &entry : std::filesystem::directory_iterator(chipFolder(), ignored))
    if (entry.path().extension() == ".toml")
      names.push_back(entry.path().stem());
  std::sort(names.begin(), names.end());
  return names;
}

Chip loadChip(const std::string &nameOrPath, const std::vector<Override> &overrides) {
  bool isPath = nameOrPath.find('/') != nameOrPath.npos || nameOrPath.ends_with(".toml");
  std::string path = isPath ? nameOrPath : fmt::format("{}/{}.toml", chipFolder(), nameOrPath);
  std::ifstream file(path);
  if (!file || std::filesystem::is_directory(path)) {
    std::string known;
    for (const std::string &name : chipNames())
      known += (known.empty() ? "" : ", ") + name;
    throw inputError(isPath ? path : "chip", isPath ? "cannot be read" : fmt::format("no chip `{}`", nameOrPath),
                     fmt::format("allowed: {}, or a path to a .toml", known));
  }
  std::stringstream text;
  text << file.rdbuf();
  return parseChip(text.str(), path, overrides);
}

} // namespace garam::rt
