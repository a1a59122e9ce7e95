// The simulator as a device: memory that lives from run to run, and a machine built anew for each run.
#pragma once

#include "runtime/device/Device.h"
#include "sim/kernel/Machine.h"

#include <functional>
#include <memory>
#include <string>

namespace garam::sim {

class SimDevice : public rt::Device {
public:
  explicit SimDevice(const rt::Chip &chip) : asked(chip) {}

  void load(const rt::Program &program, rt::Mode mode, bool checkUnwritten = false) override;
  const rt::Program &program() const override;
  void write(uint32_t segment, std::span<const uint8_t> bytes, uint64_t offset) override;
  void read(uint32_t segment, std::span<uint8_t> bytes, uint64_t offset) override;
  rt::RunResult run(const rt::RunOptions &options) override;

  /// Called for each DRAM command of the next runs, with the number of the channel in the machine.
  void onCommand(std::function<void(int, const DramCommand &)> sink) { commandSink = std::move(sink); }
  /// Called for each change of a semaphore in the next runs, in the order of cycles; the initial counts of a launch are
  /// none.
  void onTokens(std::function<void(const TokenChange &)> sink) { tokenSink = std::move(sink); }
  /// Messages of the last run.
  uint64_t messages() const { return lastMessages; }

private:
  const rt::Segment &find(uint32_t segment, uint64_t bytes, uint64_t offset) const;
  void loadSegments(const rt::Program &program, rt::Mode mode);
  void resolveLaunches(const rt::RunOptions &options);

  const rt::Chip asked;
  std::optional<rt::Chip> chip; ///< with the program's dies
  std::unique_ptr<Storage> storage;
  ProgramImage image;
  std::unique_ptr<Shadow> shadow; ///< null: not checked
  rt::Mode loadedMode = rt::Mode::Both;
  std::function<void(int, const DramCommand &)> commandSink;
  std::function<void(const TokenChange &)> tokenSink;
  uint64_t lastMessages = 0;
};

} // namespace garam::sim
