// One program on the simulator and on the twin: what each says of it.
#pragma once

#include "runtime/program/Program.h"
#include "sim/SimDevice.h"
#include "sim/memory/Command.h"
#include "tests/twin/units/Machine.h"

#include <memory>
#include <string>
#include <vector>

namespace garam::twin {

/// What the simulator said of a run.
struct SimRun {
  std::unique_ptr<sim::SimDevice> device;
  rt::RunResult result;
  std::vector<std::vector<sim::DramCommand>> commands; ///< by channel of the machine
  std::vector<sim::TokenChange> tokens;
};

/// Bytes that a segment holds before the run: its data, or drawn ones that program and segment decide by their names.
std::vector<uint8_t> contents(const rt::Program &program, const rt::Segment &segment);

/// `reverseUnits`: units are constructed in reverse order.
SimRun simulate(const rt::Chip &chip, const rt::Program &program, rt::Mode mode, bool reverseUnits = false);
std::unique_ptr<Machine> tick(const rt::Chip &chip, const rt::Program &program);

} // namespace garam::twin
