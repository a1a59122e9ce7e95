#include "tests/twin/compare/Runs.h"

#include "tests/twin/programs/Plan.h"

#include <cstring>
#include <random>

namespace garam::twin {
namespace {

constexpr int64_t kLongest = 2'000'000; ///< cycles of a program

} // namespace

std::vector<uint8_t> contents(const rt::Program &program, const rt::Segment &segment) {
  if (!segment.data.empty())
    return segment.data;
  std::vector<uint8_t> bytes(size_t(segment.bytes));
  std::mt19937_64 random(std::hash<std::string>()(program.model + "/" + segment.name));
  for (size_t i = 0; i < bytes.size(); i += 8) {
    uint64_t value = random();
    std::memcpy(bytes.data() + i, &value, std::min<size_t>(8, bytes.size() - i));
  }
  return bytes;
}

SimRun simulate(const rt::Chip &chip, const rt::Program &program, rt::Mode mode, bool reverseUnits) {
  SimRun out;
  out.device = std::make_unique<sim::SimDevice>(chip);
  out.device->load(program, mode);
  if (mode != rt::Mode::Cycles)
    for (uint32_t i = 0; i < program.segments.size(); ++i)
      out.device->write(i, contents(program, *program.segments[i]), 0);
  out.commands.resize(size_t(program.dies) * size_t(chip.dram.channels()));
  out.device->onCommand(
      [&](int channel, const sim::DramCommand &command) { out.commands.at(size_t(channel)).push_back(command); });
  out.device->onTokens([&](const sim::TokenChange &change) { out.tokens.push_back(change); });
  rt::RunOptions options;
  options.mode = mode;
  options.records = true;
  options.reverseUnits = reverseUnits;
  options.mostCycles = kLongest;
  out.result = out.device->run(options);
  out.device->onCommand(nullptr), out.device->onTokens(nullptr);
  return out;
}

std::unique_ptr<Machine> tick(const rt::Chip &chip, const rt::Program &program) {
  auto twin = std::make_unique<Machine>(chip, program);
  for (const auto &segment : program.segments)
    twin->memory.write(segment->address, contents(program, *segment));
  twin->run(kLongest);
  return twin;
}

} // namespace garam::twin
