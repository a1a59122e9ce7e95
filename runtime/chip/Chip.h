// The chip description: one TOML file, typed. Compiler and simulator read the same one.
//
// Every parameter is declared once, in the `each` function of its table: key, member, range, sentence. Loading,
// `--set`, errors and the printed description follow from it.
#pragma once

#include "runtime/chip/Dram.h"
#include "runtime/isa/DType.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace garam::rt {

/// Values allowed for a number, both ends included.
struct Range {
  double low, high;
};

struct TopologyParams {
  int64_t dies, coresPerDie, clustersPerDie;
  template <class F> void each(F &&f) {
    f("dies", dies, Range{1, 64}, "dies of the package");
    f("cores_per_die", coresPerDie, Range{1, 256}, "cores of a die");
    f("clusters_per_die", clustersPerDie, Range{1, 256}, "groups the cores of a die are arranged in");
  }
};

struct ClockParams {
  double coreMhz;
  int64_t syncCycles;
  template <class F> void each(F &&f) {
    f("core_mhz", coreMhz, Range{1, 10000}, "clock of cores, L1, NoC and shared memory");
    f("sync_cycles", syncCycles, Range{0, 16}, "cycles of the receiving clock that a crossing adds");
  }
};

struct MatrixParams {
  int64_t rows, columns, weightRowsPerCycle, accBytes;
  int64_t f32CyclesPerRow, i8RowsPerCycle, f8RowsPerCycle;
  template <class F> void each(F &&f) {
    f("rows", rows, Range{1, 1024}, "rows of the array: depth (k) of a pass");
    f("columns", columns, Range{1, 1024}, "columns of the array: n of a pass");
    f("weight_rows_per_cycle", weightRowsPerCycle, Range{1, 1024}, "rows of 16-bit weights loaded in a cycle");
    f("acc_bytes", accBytes, Range{256, 1 << 28}, "accumulator memory of a core");
    f("f32_cycles_per_row", f32CyclesPerRow, Range{1, 64},
      "cycles for a row of f32 operands; 16-bit operands take one");
    f("i8_rows_per_cycle", i8RowsPerCycle, Range{0, 16}, "rows of i8 operands in a cycle; 0: not supported");
    f("f8_rows_per_cycle", f8RowsPerCycle, Range{0, 16}, "rows of f8 operands in a cycle; 0: not supported");
  }
};

struct VectorParams {
  int64_t lanes, latencyCycles;
  template <class F> void each(F &&f) {
    f("lanes", lanes, Range{1, 8192}, "f32 lanes");
    f("latency_cycles", latencyCycles, Range{0, 256},
      "cycles from an instruction's start to its first result, less one");
  }
};

struct L1Params {
  int64_t sizeBytes, banks, beatBytes;
  template <class F> void each(F &&f) {
    f("size_bytes", sizeBytes, Range{1024, 1 << 29}, "L1 of a core");
    f("banks", banks, Range{1, 1024}, "banks, interleaved by beat");
    f("beat_bytes", beatBytes, Range{1, 1024}, "bytes a bank serves in a cycle");
  }
};

struct SequencerParams {
  int64_t queueDepth, instructionBytes, fetchBytesPerCycle, loadCycles;
  template <class F> void each(F &&f) {
    f("queue_depth", queueDepth, Range{1, 1024}, "entries of each engine's queue");
    f("instruction_bytes", instructionBytes, Range{1024, 1 << 26}, "instruction memory of a core");
    f("fetch_bytes_per_cycle", fetchBytesPerCycle, Range{1, 65536}, "instruction fetch before a launch");
    f("load_cycles", loadCycles, Range{1, 64}, "cycles of a sequencer load from L1");
  }
};

struct DmaParams {
  int64_t outstandingBursts, startupCycles, burstBytes;
  template <class F> void each(F &&f) {
    f("outstanding_bursts", outstandingBursts, Range{1, 4096}, "bursts in flight of each DMA engine");
    f("startup_cycles", startupCycles, Range{1, 100000}, "cycles from taking an instruction to its first burst");
    f("burst_bytes", burstBytes, Range{32, 2048}, "largest burst");
  }
};

struct SyncParams {
  int64_t localCycles, remoteCycles;
  double barrierDieNs, barrierChipNs;
  template <class F> void each(F &&f) {
    f("local_cycles", localCycles, Range{1, 1000}, "from a completion to the local semaphore");
    f("remote_cycles", remoteCycles, Range{1, 1000}, "from a signal's arrival at a core to its semaphore");
    f("barrier_die_ns", barrierDieNs, Range{0, 1e6}, "barrier over the cores of a die, after the last arrival");
    f("barrier_chip_ns", barrierChipNs, Range{0, 1e6}, "barrier over all dies, after the last arrival");
  }
};

struct NocParams {
  int64_t meshColumns, meshRows, linkBytes, hopCycles, packetSlots;
  template <class F> void each(F &&f) {
    f("mesh_columns", meshColumns, Range{1, 64}, "routers in a row of a die's mesh");
    f("mesh_rows", meshRows, Range{1, 64}, "routers in a column of a die's mesh");
    f("link_bytes", linkBytes, Range{1, 4096}, "bytes of a flit: one per cycle and link");
    f("hop_cycles", hopCycles, Range{1, 64}, "cycles of a hop");
    f("packet_slots", packetSlots, Range{1, 64}, "packets that a router input holds, in each network");
  }
};

/// `bytes_per_die = 0`: the chip has none.
struct SharedParams {
  int64_t bytesPerDie, banks, bytesPerCycle;
  template <class F> void each(F &&f) {
    f("bytes_per_die", bytesPerDie, Range{0, 1LL << 36}, "shared memory of a die; 0: none");
    f("banks", banks, Range{0, 1024}, "banks of a die's shared memory");
    f("bank_bytes_per_cycle", bytesPerCycle, Range{0, 4096}, "bytes a bank serves in a cycle");
  }
};

/// Ignored where there is one die, but always stated.
struct DieToDieParams {
  std::string topology;
  double gigabytesPerSecond, latencyNs;
  bool switched() const { return topology == "switch"; }
  template <class F> void each(F &&f) {
    f("topology", topology, "`grid`: neighbours in rows of two are linked; `switch`: each die to a switch");
    f("gigabytes_per_second", gigabytesPerSecond, Range{0, 1e6}, "rate of a link in each direction; 0: single die");
    f("latency_ns", latencyNs, Range{0, 1e6}, "from port to port");
  }
};

struct LaunchParams {
  double latencyNs;
  template <class F> void each(F &&f) {
    f("latency_ns", latencyNs, Range{0, 1e9}, "command processor, for each launch");
  }
};

struct HostParams {
  double gigabytesPerSecond, latencyNs;
  int64_t links;
  template <class F> void each(F &&f) {
    f("gigabytes_per_second", gigabytesPerSecond, Range{0.001, 1e6}, "rate of a link in each direction");
    f("latency_ns", latencyNs, Range{0, 1e9}, "latency of a transfer");
    f("links", links, Range{1, 16}, "links");
  }
};

/// Energy of each action of rt::Action, and what flows while nothing acts.
struct EnergyParams {
  double macF32, mac16, macF8, macI8, acc, l1, vector, shared, noc, dieToDie;
  double dramActivate, dramRead, dramWrite, dramRefresh, dramBackground, staticPower;
  template <class F> void each(F &&f) {
    constexpr Range pj{0, 1e9}, mw{0, 1e9};
    f("mac_f32_pj", macF32, pj, "a multiply-add of the array on f32 operands");
    f("mac_16bit_pj", mac16, pj, "a multiply-add of the array on f16 or bf16 operands, added in f32");
    f("mac_f8_pj", macF8, pj, "a multiply-add of the array on f8 operands, added in f32");
    f("mac_i8_pj", macI8, pj, "a multiply-add of the array on i8 operands, added in i32");
    f("acc_pj_per_byte", acc, pj, "a byte read from or written to acc");
    f("l1_pj_per_byte", l1, pj, "a byte read from or written to L1");
    f("vector_pj", vector, pj, "a cycle of a vector lane");
    f("shared_pj_per_byte", shared, pj, "a byte read from or written to shared memory");
    f("noc_pj_per_byte", noc, pj, "a byte through a router and the link behind it");
    f("die_to_die_pj_per_byte", dieToDie, pj, "a byte over a link between dies");
    f("dram_activate_pj", dramActivate, pj, "opening and closing a row of a bank");
    f("dram_read_pj_per_byte", dramRead, pj, "a byte read from an open row, the interface included");
    f("dram_write_pj_per_byte", dramWrite, pj, "a byte written to an open row, the interface included");
    f("dram_refresh_pj", dramRefresh, pj, "a refresh of one bank");
    f("dram_background_mw", dramBackground, mw, "power of a memory channel, active or not");
    f("static_mw", staticPower, mw, "power of the rest of a die, active or not");
  }
};

struct Chip {
  std::string name, title, path;
  bool ideal = false; ///< no roofline is stated (chips for tests)
  TopologyParams topology;
  ClockParams clock;
  MatrixParams matrix;
  VectorParams vector;
  L1Params l1;
  SequencerParams sequencer;
  DmaParams dma;
  SyncParams sync;
  NocParams noc;
  SharedParams shared;
  DieToDieParams dieToDie;
  LaunchParams launch;
  HostParams host;
  DramParams dram; ///< table [memory]
  EnergyParams energy;
  /// Table [replace], which alone may be absent: kind of a unit of the netlist to the kind that is built in its place.
  std::map<std::string, std::string> replace;

  template <class F> void eachTable(F &&f) {
    f("topology", topology), f("clock", clock), f("matrix", matrix), f("vector", vector), f("l1", l1);
    f("sequencer", sequencer), f("dma", dma), f("sync", sync), f("noc", noc), f("shared", shared);
    f("die_to_die", dieToDie), f("launch", launch), f("host", host), f("memory", dram);
    f("energy", energy);
  }

  int cores() const { return int(topology.dies * topology.coresPerDie); }
  /// Core cycles that last at least `ns`.
  int64_t cyclesOf(double ns) const;
  double seconds(int64_t cycles) const { return double(cycles) / (clock.coreMhz * 1e6); }
  /// Operations per second of the arrays of all dies (a multiply-add counts two); 0 if the type is not supported.
  double peakFlops(DType type) const;
  double peakHbmBytesPerSecond() const { return double(topology.dies) * dram.peakBytesPerSecond(); }
  /// The same chip with its first `dies` dies only. Throws if there are not so many.
  Chip withDies(int64_t dies) const;
};

/// `KEY=VALUE` with KEY as `table.key`.
using Override = std::string;

/// Reads a chip by path, or by name from the folder of shipped chips. Throws Error (Input): file, line, key, what is
/// allowed.
Chip loadChip(const std::string &nameOrPath, const std::vector<Override> &overrides = {});
/// As loadChip, from text; `where` names it in errors.
Chip parseChip(std::string_view text, const std::string &where, const std::vector<Override> &overrides = {});
/// Names of the shipped chips.
std::vector<std::string> chipNames();
/// Folder of shipped chips: $GARAM_CHIPS, or the one of the build or installation.
std::string chipFolder();

} // namespace garam::rt
