#include "sim/kernel/Shadow.h"

#include "runtime/isa/Address.h"
#include "runtime/program/Program.h"
#include "sim/kernel/Copy.h"
#include "sim/kernel/EngineUnit.h"

#include <algorithm>
#include <limits>

namespace garam::sim {

using insns::kUnwritten;
using insns::kWritten;
using insns::Mark;
using Kind = rt::fb::SegmentKind;

namespace {

constexpr uint32_t kNoLaunch = std::numeric_limits<uint32_t>::max();
/// Instructions beyond so many are told as one.
constexpr size_t kOrigins = size_t(kWritten) - 2;

/// What the host wrote stays written, also under a second name: an output may be an argument.
bool isKept(Kind kind) { return kind != Kind::Output && kind != Kind::Workspace; }

} // namespace

Shadow::Shadow(const rt::Chip &chip, const ProgramImage &image)
    : chip(chip), image(image), marks(chip, kWritten), firstLaunch(image.program->segments.size(), kNoLaunch) {
  const rt::Program &program = *image.program;
  for (size_t i = 0; i < program.launches.size(); ++i)
    for (const auto &parameter : program.launches[i]->parameters)
      if (parameter->segment >= 0)
        firstLaunch[size_t(parameter->segment)] = std::min(firstLaunch[size_t(parameter->segment)], uint32_t(i));
  for (const auto &segment : program.segments)
    for (uint32_t die = 0; segment->kind == Kind::Input && die < segment->dies; ++die)
      fill(rt::onDie(segment->address, die), int64_t(segment->bytes), kUnwritten);
}

void Shadow::beginRun() {
  const auto &segments = image.program->segments;
  for (const auto &segment : segments) {
    const bool kept = std::ranges::any_of(
        segments, [&](const auto &other) { return isKept(other->kind) && other->address == segment->address; });
    for (uint32_t die = 0; !kept && die < segment->dies; ++die)
      fill(rt::onDie(segment->address, die), int64_t(segment->bytes), kUnwritten);
  }
}

void Shadow::beginLaunch(uint32_t launch) {
  marks.clearLocal();
  for (size_t i = 0; i < firstLaunch.size(); ++i) {
    const rt::Segment &segment = *image.program->segments[i];
    if (firstLaunch[i] == launch && segment.kind == Kind::Workspace)
      for (uint32_t die = 0; die < segment.dies; ++die)
        fill(rt::onDie(segment.address, die), int64_t(segment.bytes), kUnwritten);
  }
}

void Shadow::fill(int64_t address, int64_t bytes, Mark mark) {
  const std::vector<uint8_t> same(size_t(std::min<int64_t>(bytes, 1 << 20)), mark);
  for (int64_t done = 0; done < bytes; done += int64_t(same.size()))
    marks.write(address + done, {same.data(), size_t(std::min(bytes - done, int64_t(same.size())))});
}

void Shadow::read(StagedCopy &copy, int core, const rt::Transfer &transfer, const Machine &machine,
                  const Issued &issued) {
  copy.read(marks, core, transfer);
  claim(copy.staged(), machine, issued, [&](size_t n) {
    const int64_t address = sourceAddress(transfer, int64_t(n));
    return transfer.toGlobal ? fmt::format("{:#x} of the core", address) : nameOf(address);
  });
}

void Shadow::write(const StagedCopy &copy, int core, const rt::Transfer &transfer) {
  copy.write(marks, core, transfer);
}

void Shadow::execute(const insns::Call &call, int core, const Machine &machine, const Issued &issued,
                     insns::Result &result) {
  const insns::Memory local = marks.local(core);
  insns::execute(issued.insn->opcode,
                 {local, call.values, call.chain, call.arrayRows, insns::Path::Shadow, &call.memory}, result);
  for (size_t i = 0; i < result.writes().size(); ++i) {
    const insns::Result::Write &write = result.writes()[i];
    claim({result.data(i), size_t(write.rows * write.rowBytes)}, machine, issued, {});
  }
}

/// What an instruction got from bytes that nobody wrote is its own.
void Shadow::claim(std::span<uint8_t> found, const Machine &machine, const Issued &issued, const Place &place) {
  const auto first = std::ranges::find(found, kUnwritten);
  if (first == found.end())
    return;
  const uint32_t kernel = machine.launch->launch->kernel;
  auto [entry, isNew] = known.try_emplace({kernel, issued.index}, Mark(std::min(origins.size(), kOrigins) + 1));
  if (isNew && origins.size() < kOrigins)
    origins.push_back(fmt::format("first read by {}{}", describe(machine, machine.launch, issued.index, *issued.info),
                                  place ? ", at " + place(size_t(first - found.begin())) : ""));
  std::ranges::replace(found, kUnwritten, entry->second);
}

} // namespace garam::sim
