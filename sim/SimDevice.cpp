#include "sim/SimDevice.h"

#include "runtime/Error.h"
#include "runtime/isa/Address.h"
#include "runtime/program/ChipKeys.h"
#include "sim/System.h"
#include "sim/WeightLoader.h"
#include "sim/insns/Insns.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>

namespace garam::sim {
namespace {

/// Bytes of a descriptor as fetched: rule L2.
constexpr int64_t kDescriptorBytes = 128;

KernelImage decode(const rt::Kernel &kernel) {
  KernelImage image;
  image.name = kernel.name;
  image.insns = rt::decodeKernel(kernel);
  for (const rt::Insn &insn : image.insns)
    image.infos.push_back(&rt::info(insn));
  for (const auto &table : kernel.descriptors)
    image.descriptors.push_back(rt::fromTable(*table));
  std::copy_n(kernel.initial_tokens.begin(), rt::kSemaphores, image.initialTokens.begin());
  std::copy_n(kernel.waiters.begin(), rt::kSemaphores, image.waiters.begin());
  image.bytes = int64_t(kernel.code.size()) + int64_t(kernel.descriptors.size()) * kDescriptorBytes;
  return image;
}

/// What some stretches cover together.
std::vector<Extent> cover(std::vector<Extent> stretches) {
  std::ranges::sort(stretches, {}, &Extent::address);
  std::vector<Extent> covered;
  for (const Extent &each : stretches) {
    const int64_t end = each.address + int64_t(each.bytes);
    if (covered.empty() || each.address > covered.back().address + int64_t(covered.back().bytes))
      covered.push_back(each);
    else if (Extent &last = covered.back(); end > last.address + int64_t(last.bytes))
      last.bytes = uint64_t(end - last.address);
  }
  return covered;
}

} // namespace

void SimDevice::load(const rt::Program &program, rt::Mode mode, bool checkUnwritten) {
  insns::start();
  rt::checkChip(program, asked, "program");
  ProgramImage fresh;
  rt::Chip own = asked.withDies(program.dies);
  for (const auto &kernel : program.kernels) {
    fresh.kernels.push_back(decode(*kernel));
    if (int64_t bytes = fresh.kernels.back().bytes; bytes > own.sequencer.instructionBytes)
      throw rt::inputError("program",
                           fmt::format("kernel `{}` takes {} bytes of instruction memory", kernel->name, bytes),
                           fmt::format("the chip has {}", own.sequencer.instructionBytes));
  }
  for (const auto &segment : program.segments)
    for (uint32_t die = 0; die < segment->dies; ++die)
      fresh.segments.push_back({rt::onDie(segment->address, die), segment->bytes});
  fresh.owned = cover(fresh.segments);
  // A copy, so that the program may go.
  std::vector<uint8_t> bytes = rt::serialize(program);
  fresh.program = std::make_shared<rt::Program>(rt::deserialize(bytes, "program"));

  image = std::move(fresh);
  chip.emplace(std::move(own));
  loadedMode = mode;
  storage = std::make_unique<Storage>(*chip);
  for (const auto &segment : image.program->segments) {
    try {
      storage->check(rt::onDie(segment->address, segment->dies - 1), int64_t(segment->bytes));
    } catch (const rt::Error &error) {
      throw rt::Error(rt::ErrorKind::Input, fmt::format("segment `{}`", segment->name), error.what());
    }
  }
  loadSegments(*image.program, mode);
  shadow.reset();
  if (checkUnwritten && mode != rt::Mode::Cycles)
    shadow = std::make_unique<Shadow>(*chip, image);
}

void SimDevice::loadSegments(const rt::Program &program, rt::Mode mode) {
  if (mode == rt::Mode::Cycles)
    return;
  std::map<uint32_t, rt::SafetensorsFile> opened; // by number
  for (const auto &segment : program.segments) {
    for (uint32_t die = 0; !segment->data.empty() && die < segment->dies; ++die)
      storage->write(rt::onDie(segment->address, die), segment->data);
    for (const auto &weight : segment->weights) {
      if (program.weight_files.empty())
        throw rt::inputError("program", fmt::format("needs the weights `{}`, and names no file", weight->tensor),
                             "compile it with weights, or run it in mode cycles");
      const std::string &path = program.weight_files[weight->file];
      if (!opened.contains(weight->file) && !std::filesystem::exists(path))
        throw rt::inputError(path, "the program's weights are not there any more",
                             "compile the model again, or run it in mode cycles");
      loadWeight(*storage, opened.try_emplace(weight->file, path).first->second, *segment, *weight);
    }
  }
}

const rt::Program &SimDevice::program() const {
  if (!storage)
    throw rt::inputError("device", "no program is loaded", "load one first");
  return *image.program;
}

const rt::Segment &SimDevice::find(uint32_t segment, uint64_t bytes, uint64_t offset) const {
  const auto &segments = program().segments;
  if (segment >= segments.size())
    throw rt::inputError("segment", fmt::format("no number {}", segment),
                         fmt::format("the program has {}", segments.size()));
  const rt::Segment &own = *segments[segment];
  const uint64_t parts = own.split ? own.dies : 1;
  if (offset > own.bytes || bytes % parts || bytes / parts > own.bytes - offset)
    throw rt::inputError(fmt::format("segment `{}`", own.name), fmt::format("{} bytes from {}", bytes, offset),
                         parts == 1 ? fmt::format("it has {} bytes", own.bytes)
                                    : fmt::format("it has {} parts of {} bytes", parts, own.bytes));
  return own;
}

void SimDevice::write(uint32_t segment, std::span<const uint8_t> bytes, uint64_t offset) {
  const rt::Segment &own = find(segment, bytes.size(), offset);
  const size_t part = own.split ? bytes.size() / own.dies : 0, length = own.split ? part : bytes.size();
  for (uint32_t die = 0; die < own.dies; ++die) {
    const int64_t address = rt::onDie(own.address, die) + int64_t(offset);
    storage->write(address, bytes.subspan(die * part, length));
    if (shadow)
      shadow->define(address, int64_t(length));
  }
}

void SimDevice::read(uint32_t segment, std::span<uint8_t> bytes, uint64_t offset) {
  const rt::Segment &own = find(segment, bytes.size(), offset);
  const uint32_t parts = own.split ? own.dies : 1;
  const size_t length = bytes.size() / parts;
  for (uint32_t die = 0; die < parts; ++die)
    storage->read(rt::onDie(own.address, die) + int64_t(offset), bytes.subspan(die * length, length));
}

void SimDevice::resolveLaunches(const rt::RunOptions &options) {
  auto valueNames = [&] {
    std::vector<std::string> names;
    for (const auto &value : image.program->values)
      names.push_back(value->name);
    return names.empty() ? std::string("none") : fmt::format("{}", fmt::join(names, ", "));
  };
  for (const auto &[name, value] : options.values) {
    const auto &known = image.program->values;
    if (std::none_of(known.begin(), known.end(), [&](const auto &entry) { return entry->name == name; }))
      throw rt::inputError("values", fmt::format("the program has no run-time value `{}`", name),
                           "allowed: " + valueNames());
  }
  auto valueOf = [&](const std::string &name) {
    auto given = options.values.find(name);
    if (given == options.values.end())
      throw rt::inputError("values", fmt::format("run-time value `{}` is missing", name), "needed: " + valueNames());
    for (const auto &entry : image.program->values)
      if (entry->name == name && (given->second < entry->low || given->second > entry->high))
        throw rt::inputError(fmt::format("value `{}`", name), fmt::format("{}", given->second),
                             fmt::format("{} to {}", entry->low, entry->high));
    return given->second;
  };
  image.launches.clear();
  for (const auto &launch : image.program->launches) {
    LaunchImage own;
    own.number = uint32_t(image.launches.size());
    own.kernel = launch->kernel;
    for (size_t i = 0; i < launch->parameters.size(); ++i) {
      const rt::fb::ParameterT &parameter = *launch->parameters[i];
      int64_t base = parameter.segment >= 0     ? image.program->segments[size_t(parameter.segment)]->address
                     : !parameter.value.empty() ? valueOf(parameter.value)
                                                : 0;
      // Wrapping, as the sequencer adds.
      own.parameters[i] = int64_t(uint64_t(base) + uint64_t(parameter.offset));
    }
    image.launches.push_back(own);
  }
}

rt::RunResult SimDevice::run(const rt::RunOptions &options) {
  if (!storage)
    throw rt::inputError("device", "no program is loaded", "load one first");
  if (loadedMode == rt::Mode::Cycles && options.mode != rt::Mode::Cycles)
    throw rt::inputError("mode", "the program was loaded without tensor data", "allowed: cycles");
  resolveLaunches(options);
  auto start = std::chrono::steady_clock::now();
  insns::FloatEnvironment environment;
  Machine machine(*chip, options.mode, image, *storage);
  machine.keepRecords = options.records;
  machine.progress = options.progress;
  machine.afterLaunch = options.afterLaunch;
  machine.mostCycles = options.mostCycles;
  machine.commandSink = commandSink;
  machine.tokenSink = tokenSink;
  if (shadow && machine.functional()) {
    machine.shadow = shadow.get();
    shadow->beginRun();
  }
  System system(machine, {options.reverseUnits});
  system.run();
  if (machine.shadow)
    shadow->checkRun();
  lastMessages = system.messages();
  rt::RunResult result = system.result();
  result.hostSeconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  // Inputs and outputs over the host link, beside the cycles: rule O1.
  const rt::HostParams &host = chip->host;
  auto cross = [&](const rt::Segment &segment) {
    result.hostLinkSeconds += host.latencyNs * 1e-9 + double(segment.bytes) * segment.dies /
                                                          (host.gigabytesPerSecond * 1e9 * double(host.links));
  };
  for (const auto &segment : image.program->segments)
    if (segment->kind == rt::fb::SegmentKind::Input)
      cross(*segment);
  for (const auto &output : image.program->outputs)
    cross(*image.program->segments[output->segment]);
  return result;
}

GARAM_DEVICE(SimDevice, "sim");

} // namespace garam::sim
