#include "tests/twin/programs/RandomChip.h"

#include "tests/twin/programs/RandomPreset.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace garam::twin {
namespace {

/// There while the chip is read.
struct PresetFile {
  std::filesystem::path path;
  ~PresetFile() { std::filesystem::remove(path); }
};

class ChipDraw {
public:
  explicit ChipDraw(uint64_t seed) : seed(seed), random(seed) {}

  DrawnChip chip() {
    topology();
    core();
    memory();
    out.base = "unit";
    if (out.preset.empty()) {
      out.chip = rt::loadChip(out.base, out.overrides);
      return out;
    }
    const PresetFile file{std::filesystem::temp_directory_path() / fmt::format("{}-{}", getpid(), out.presetFile)};
    std::ofstream(file.path) << out.preset;
    std::vector<rt::Override> own = out.overrides;
    own.push_back(fmt::format("memory.preset=\"{}\"", file.path.string()));
    out.overrides.push_back(fmt::format("memory.preset=\"{}\"", out.presetFile));
    out.chip = rt::loadChip(out.base, own);
    return out;
  }

private:
  const uint64_t seed;
  std::mt19937_64 random;
  DrawnChip out{};

  int64_t pick(int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(random); }
  template <class T> T among(const std::vector<T> &list) { return list[size_t(pick(0, int64_t(list.size()) - 1))]; }
  template <class T> void set(const char *key, const T &value) {
    out.overrides.push_back(fmt::format("{}={}", key, value));
  }

  void topology() {
    int64_t dies = pick(0, 1) ? 1 : pick(2, 6), columns = pick(1, 4), rows = pick(1, 4);
    set("topology.dies", dies);
    // A router has up to 64 inputs; a core brings four.
    set("topology.cores_per_die", pick(1, std::min<int64_t>(6, columns * rows + 2)));
    set("noc.mesh_columns", columns), set("noc.mesh_rows", rows);
    set("noc.link_bytes", among<int64_t>({16, 32, 48, 64, 128, 256, 1024}));
    set("noc.hop_cycles", pick(1, 4)), set("noc.packet_slots", pick(1, 4));
    bool shared = pick(0, 3) > 0;
    set("shared.bytes_per_die", shared ? 1 << 20 : 0);
    set("shared.banks", pick(1, 6)), set("shared.bank_bytes_per_cycle", pick(8, 300));
    set("die_to_die.gigabytes_per_second", fmt::format("{}.{}", pick(20, 2000), pick(0, 9)));
    set("die_to_die.topology", pick(0, 3) ? "\"grid\"" : "\"switch\"");
    set("die_to_die.latency_ns", fmt::format("{}.5", pick(0, 20)));
    set("clock.core_mhz", fmt::format("{}.{}", pick(200, 3000), pick(0, 9)));
    set("clock.sync_cycles", pick(0, 3));
    set("launch.latency_ns", fmt::format("{}.0", pick(0, 300)));
    set("sync.local_cycles", pick(1, 5)), set("sync.remote_cycles", pick(1, 6));
    set("sync.barrier_die_ns", fmt::format("{}.25", pick(0, 100))),
        set("sync.barrier_chip_ns", fmt::format("{}.25", pick(0, 200)));
  }

  void core() {
    set("matrix.rows", pick(4, 40)), set("matrix.columns", pick(4, 40));
    set("matrix.acc_bytes", 1024 * pick(2, 32));
    set("matrix.weight_rows_per_cycle", pick(1, 16));
    set("matrix.f32_cycles_per_row", pick(1, 4)), set("matrix.i8_rows_per_cycle", pick(0, 4)),
        set("matrix.f8_rows_per_cycle", pick(0, 4));
    set("vector.lanes", pick(4, 150)), set("vector.latency_cycles", pick(0, 9));
    int64_t banks = pick(1, 3) == 1 ? pick(65, 100) : pick(1, 40), beat = among<int64_t>({8, 16, 32, 64, 96, 128});
    set("l1.banks", banks), set("l1.beat_bytes", beat);
    set("l1.size_bytes", ((256 << 10) / (banks * beat) + 1) * banks * beat);
    set("sequencer.queue_depth", pick(1, 16)), set("sequencer.load_cycles", pick(1, 5));
    set("sequencer.fetch_bytes_per_cycle", pick(16, 4096));
    set("dma.outstanding_bursts", pick(1, 24)), set("dma.startup_cycles", pick(1, 100));
    set("dma.burst_bytes", among<int64_t>({64, 128, 256, 512, 1024, 2048}));
  }

  void memory() {
    struct Kind {
      std::string preset, map;
      int64_t pseudoChannels, stackIds, interleave;
    };
    const Kind kind = among<Kind>({
        {"hbm3_6400",
         R"(["bank_group:2", "column:3", "pseudo_channel", "channel", "column", "bank", "stack_id", "row"])", 2,
         pick(1, 4), 2048},
        {"hbm3e_9400",
         R"(["bank_group:2", "column:4", "channel", "pseudo_channel", "column", "bank", "row", "stack_id"])", 2, 3,
         2048},
        {"hbm2",
         R"(["column:1", "bank_group:1", "pseudo_channel", "bank_group", "column:1", "channel", "bank", "column", "row", "stack_id"])",
         2, pick(1, 2), 1024},
        {"hbm3_6400",
         R"(["column:2", "bank:1", "bank_group", "channel", "stack_id", "bank", "column", "pseudo_channel", "row"])", 2,
         2, 1024},
        {"gddr6_16000", R"(["bank_group", "column:3", "channel", "column", "bank", "stack_id", "row"])", 1, 1, 1024},
        {"unit", R"(["bank_group", "column:2", "channel", "column", "bank", "row", "stack_id", "pseudo_channel"])",
         pick(1, 2), 1, 1024},
    });
    int64_t channels = pick(1, 5);
    rt::DramTiming timing = rt::loadDramPreset(kind.preset, "random");
    int64_t rowOfAll = channels * kind.pseudoChannels * kind.stackIds * timing.banks() * timing.rowBytes;
    if (pick(0, 1)) {
      out.presetFile = fmt::format("drawn-{}.toml", seed);
      out.preset = randomPreset(timing, kind.pseudoChannels, kind.stackIds, random);
    } else {
      set("memory.preset", fmt::format("\"{}\"", kind.preset));
    }
    set("memory.address_map", kind.map);
    set("memory.stacks", 1), set("memory.channels_per_stack", channels);
    set("memory.pseudo_channels", kind.pseudoChannels), set("memory.stack_ids", kind.stackIds);
    set("memory.interleave_bytes", kind.interleave);
    // 64 MB at least, so that the segments of a program have room.
    set("memory.bytes_per_die", ((64 << 20) / rowOfAll + 1) * rowOfAll);
    if (pick(0, 1))
      set("memory.address_xor", among<std::string>({R"(["bank_group^row>>0", "bank^row>>2"])", R"(["bank^row>>0"])",
                                                    R"(["bank_group^row>>3"])"}));
    int64_t writes = pick(1, 32), high = pick(1, writes);
    set("memory.read_queue", pick(1, 32)), set("memory.write_queue", writes);
    set("memory.write_high", high), set("memory.write_low", pick(0, high - 1));
    set("memory.starvation_limit", pick(1, 32));
    set("memory.page_policy", pick(0, 1) ? "\"open\"" : "\"closed\"");
    set("memory.refresh", among<std::string>({"\"none\"", "\"all_bank\"", "\"per_bank\""}));
    set("memory.refresh_postpone", pick(1, 8));
  }
};

} // namespace

DrawnChip randomChip(uint64_t seed) { return ChipDraw(seed).chip(); }

} // namespace garam::twin
