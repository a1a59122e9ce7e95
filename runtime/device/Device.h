// A device runs programs: the simulator is one. Back ends register themselves by name.
#pragma once

#include "runtime/chip/Chip.h"
#include "runtime/energy/Actions.h"
#include "runtime/isa/Isa.h"
#include "runtime/program/Forward.h"

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace garam::rt {

/// Causes of idle cycles, in the order of `interfaces`: there is no other.
enum class Stall : uint8_t {
  QueueEmpty,
  WaitSemaphore,
  WaitBarrier,
  OperandL1,
  OutputL1,
  Noc,
  MemoryQueue,
  RowMiss,
  Refresh,
  Turnaround,
  DieToDie,
  SharedMemory,
  Fetch,
  Launch
};
inline constexpr int kStalls = 14;
std::string_view name(Stall stall);

enum class Mode : uint8_t { Both, Cycles, Values };

struct EngineCounters {
  int core = 0;
  Engine engine = Engine::Matrix;
  int64_t busy = 0, idle = 0;
  std::array<int64_t, kStalls> stalls{};
  int64_t instructions = 0;
};

struct HbmCounters {
  int64_t readBytes = 0, writeBytes = 0, rowHits = 0, rowMisses = 0, activates = 0, precharges = 0, refreshes = 0;
};

/// One instruction's life, for traces and completion files. Cycles of the core clock from the run's start.
struct InsnRecord {
  uint32_t launch, kernel;
  uint16_t core;
  Engine engine;
  uint32_t index; ///< of the instruction in the kernel
  int64_t issue, start, end;
};

struct RunOptions {
  Mode mode = Mode::Both;
  std::map<std::string, int64_t> values; ///< run-time values by name
  bool records = false;                  ///< keep an InsnRecord per engine instruction
  bool reverseUnits = false;             ///< construct units in reverse order (results must not depend on it)
  int64_t mostCycles = 0;                ///< a run that goes on beyond ends with an Error (Undefined); 0: no limit
  std::function<void(double)> progress;  ///< share of launches done
  /// Called when a launch has completed and the next has not begun; the device may be read then. Takes no time of the
  /// machine.
  std::function<void(uint32_t)> afterLaunch;
};

/// Where the index lists of the gathers and scatters of a run came from; Drawn: uniformly, as no tensor data was kept.
enum class IndexSource : uint8_t { None, Memory, Drawn };
std::string_view name(IndexSource source);

/// What an instruction of a launch asked of the chip's parts, all cores together.
struct InsnActions {
  uint32_t launch, kernel, index;
  ActionCounts actions;
};

struct RunResult {
  int64_t cycles = 0;
  std::vector<EngineCounters> engines; ///< by core, engines in the order of Engine without Seq
  HbmCounters hbm;
  IndexSource gatherIndices = IndexSource::None;
  double hostSeconds = 0;
  double hostLinkSeconds = 0; ///< transfers over the host link, beside `cycles`
  std::vector<InsnRecord> records;
  /// Bytes moved in each bucket of `bucketCycles`, for each channel of the program's dies.
  int64_t bucketCycles = 0;
  std::vector<std::vector<int64_t>> channelBytes;
  // Empty in mode values. Rules P1 to P4 of docs/hardware/machine.md.
  std::vector<InsnActions> actions;          ///< of instructions, by launch and index
  ActionCounts otherActions;                 ///< rows opened and banks refreshed, which belong to no instruction
  std::vector<ActionCounts> actionsOverTime; ///< all of them, in buckets of `bucketCycles`
};

class Device {
public:
  virtual ~Device() = default;
  /// Loads program and weights (not in Mode::Cycles). Throws Error (Input) if it was compiled for another chip, does not
  /// fit, or a weight is missing or of another shape. With `checkUnwritten`, a run that computes values ends with an Error (Undefined) when a byte
  /// that nobody wrote, or what was computed from one, reaches an output, a state, a boundary tensor, an index or a
  /// count; the section of docs/hardware/machine.md about it says what is written.
  virtual void load(const Program &program, Mode mode, bool checkUnwritten = false) = 0;
  /// What was loaded last. Throws Error (Input) if nothing was.
  virtual const Program &program() const = 0;
  /// Copies bytes into or out of a segment by number, `offset` bytes into it. Of a split segment they are equal parts for
  /// each of its dies, in order, `offset` bytes into each; of other segments on several dies all copies are written and
  /// the first is read.
  virtual void write(uint32_t segment, std::span<const uint8_t> bytes, uint64_t offset = 0) = 0;
  virtual void read(uint32_t segment, std::span<uint8_t> bytes, uint64_t offset = 0) = 0;
  /// Runs every launch of the loaded program in order. Memory keeps its contents between runs.
  virtual RunResult run(const RunOptions &options) = 0;
};

using DeviceFactory = std::unique_ptr<Device> (*)(const Chip &chip);
void registerDevice(std::string_view name, DeviceFactory factory);
/// Throws Error (Input) naming the devices there are.
std::unique_ptr<Device> openDevice(std::string_view name, const Chip &chip);

#define GARAM_DEVICE(Class, Name)                                                                                      \
  static const bool registered##Class = [] {                                                                           \
    ::garam::rt::registerDevice(Name, [](const ::garam::rt::Chip &chip) -> std::unique_ptr<::garam::rt::Device> {      \
      return std::make_unique<Class>(chip);                                                                            \
    });                                                                                                                \
    return true;                                                                                                       \
  }()

} // namespace garam::rt
