// What the units of one run share beside messages: the chip, the program as decoded, the bytes, the pools, the sinks of
// records. None of it carries time from unit to unit.
#pragma once

#include "runtime/chip/Chip.h"
#include "runtime/device/Device.h"
#include "runtime/isa/Descriptor.h"
#include "runtime/program/Forward.h"
#include "sim/kernel/Crossing.h"
#include "sim/kernel/EnergyMeter.h"
#include "sim/kernel/L1Run.h"
#include "sim/kernel/Packet.h"
#include "sim/kernel/Pool.h"
#include "sim/kernel/Shadow.h"
#include "sim/kernel/Storage.h"
#include "sim/kernel/Ways.h"
#include "sim/memory/Channel.h"

#include <array>
#include <functional>
#include <memory>
#include <vector>

namespace garam::sim {

struct DramCommand;

/// A kernel of the program, decoded.
struct KernelImage {
  std::string name;
  std::vector<rt::Insn> insns;
  std::vector<const rt::InsnInfo *> infos;
  std::vector<rt::Descriptor> descriptors;
  std::array<uint8_t, rt::kSemaphores> initialTokens{}, waiters{};
  int64_t bytes = 0; ///< of code and descriptors, as fetched
};

struct LaunchImage {
  uint32_t number = 0, kernel = 0;
  std::array<int64_t, rt::kLaunchParameters> parameters{};
};

/// Tokens came to a semaphore, or the engine that waits on it took some.
struct TokenChange {
  int64_t cycle;
  int core;
  uint8_t semaphore;
  int change;
  int tokens; ///< after it
};

/// A stretch of global memory that belongs to the program.
struct Extent {
  int64_t address;
  uint64_t bytes;
};

struct ProgramImage {
  std::vector<KernelImage> kernels;
  std::vector<LaunchImage> launches;
  std::vector<Extent> segments;
  std::vector<Extent> owned;                  ///< what the segments cover: in order, apart from each other
  std::shared_ptr<const rt::Program> program; ///< for the names in messages; null: units on their own
};

/// An engine instruction as the sequencer issued it.
struct Issued {
  const KernelImage *kernel;
  const rt::Insn *insn;
  const rt::InsnInfo *info;
  uint32_t index;
  int64_t issue;
  rt::SlotValues values;
};

/// Start of a launch, from the command processor to every core.
struct LaunchStart {
  const LaunchImage *launch;
  const KernelImage *kernel;
  int64_t begin, fetch, start; ///< cycles: begin of the launch, of the fetch, of the sequencers
};

struct Machine {
  Machine(const rt::Chip &chip, rt::Mode mode, const ProgramImage &image, Storage &storage)
      : chip(chip), mode(mode), image(image), storage(storage), coreClock(Clock::ofMhz(chip.clock.coreMhz)),
        memoryClock(1'000'000'000'000'000, chip.dram.timing.clockHz), toMemory(coreClock, memoryClock),
        toCore(memoryClock, coreClock), dramPlan(planOf(chip.dram)), ways(chip) {}

  const rt::Chip chip;
  const rt::Mode mode;
  const ProgramImage &image;
  Storage &storage;
  const Clock coreClock, memoryClock;
  const Crossing toMemory, toCore;
  const std::shared_ptr<DramPlan> dramPlan;
  bool keepRecords = false;
  std::vector<rt::InsnRecord> records;
  Pool<Packet> packets;
  Pool<Issued> issued;
  Pool<L1Run> runs;
  const LaunchStart *launch = nullptr; ///< the current one, for records
  EnergyMeter energy;                  ///< empty in mode values
  Ways ways;
  int64_t mostCycles = 0; ///< a run that goes on beyond is ended; 0: no limit
  rt::IndexSource gatherIndices = rt::IndexSource::None;
  std::vector<Curve<int64_t>> channelBytes;                          ///< by channel of the machine
  std::function<void(int channel, const DramCommand &)> commandSink; ///< empty: none
  std::function<void(const TokenChange &)> tokenSink;                ///< empty: none
  int64_t cycles = 0;                                                ///< of the run, known at its end
  std::function<void(double)> progress;
  std::function<void(uint32_t)> afterLaunch;
  Shadow *shadow = nullptr; ///< of `storage`; null: what nobody wrote may go anywhere

  bool functional() const { return mode != rt::Mode::Cycles; }
  bool timed() const { return mode != rt::Mode::Values; }
};

} // namespace garam::sim
