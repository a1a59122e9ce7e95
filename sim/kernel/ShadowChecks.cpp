// Where unwritten bytes end a run, and what is said of them.
#include "runtime/Error.h"
#include "runtime/chip/Placement.h"
#include "runtime/isa/Address.h"
#include "runtime/program/Program.h"
#include "sim/kernel/Machine.h"
#include "sim/kernel/Shadow.h"

#include <algorithm>

namespace garam::sim {

using insns::kUnwritten;
using insns::kWritten;
using insns::Mark;

namespace {

int64_t bytesOf(uint8_t type, const std::vector<int64_t> &shape) {
  int64_t bytes = rt::byteSize(rt::DType(type));
  for (int64_t size : shape)
    bytes *= size;
  return bytes;
}

[[noreturn]] void fail(const std::string &where, const std::string &what, const std::string &story) {
  throw rt::Error(rt::ErrorKind::Undefined, where, what, story);
}

} // namespace

std::string Shadow::story(Mark mark) const {
  if (mark == kUnwritten)
    return "nobody wrote it";
  if (mark > origins.size())
    return "it comes of a byte that nobody wrote";
  return "it comes of a byte that nobody wrote, " + origins[size_t(mark) - 1];
}

std::string Shadow::nameOf(int64_t address) const {
  const rt::Space space = rt::spaceOf(address);
  if (space == rt::Space::L1)
    return fmt::format("{:#x} of the L1 of core {}", rt::offsetOf(address), rt::coreOf(address));
  rt::HbmPlace place{rt::homeOf(address), rt::offsetOf(address)};
  if (space == rt::Space::Hbm)
    place = rt::hbmPlace(chip, address);
  std::string text =
      fmt::format("{:#x} of {} {}", place.offset, space == rt::Space::Hbm ? "HBM" : "shared memory", place.die);
  for (const auto &segment : image.program->segments)
    for (uint32_t die = 0; die < segment->dies; ++die)
      if (const int64_t byte = address - rt::onDie(segment->address, die); byte >= 0 && byte < int64_t(segment->bytes))
        return fmt::format("{}, byte {} of segment `{}`", text, byte, segment->name);
  return text;
}

void Shadow::checkStretch(const std::string &where, int64_t address, int64_t bytes) const {
  std::vector<uint8_t> found(size_t(std::min<int64_t>(bytes, 1 << 20)));
  for (int64_t done = 0; done < bytes; done += int64_t(found.size())) {
    const std::span part(found.data(), size_t(std::min(bytes - done, int64_t(found.size()))));
    marks.read(address + done, part);
    const auto bad = std::ranges::find_if(part, [](Mark mark) { return mark != kWritten; });
    if (bad == part.end())
      continue;
    const int64_t byte = done + (bad - part.begin());
    fail(where, fmt::format("byte {} of {}, at {}", byte, bytes, nameOf(address + byte)), story(*bad));
  }
}

void Shadow::checkLaunch(uint32_t launch) const {
  for (const auto &boundary : image.program->boundaries) {
    if (boundary->launch != launch)
      continue;
    const rt::Segment &segment = *image.program->segments[boundary->segment];
    // Of a tensor that is not split each die has all of it, and the first one's is read.
    const int64_t parts = boundary->split >= 0 ? segment.dies : 1;
    const std::string where =
        fmt::format("launch {} `{}`, kernel `{}`, tensor `{}`", launch, image.program->launches[launch]->name,
                    image.kernels[image.launches[launch].kernel].name, boundary->node);
    for (int64_t die = 0; die < parts; ++die)
      checkStretch(where, rt::onDie(segment.address, die) + int64_t(boundary->offset),
                   bytesOf(boundary->dtype, boundary->shape) / parts);
  }
}

void Shadow::checkRun() const {
  for (const auto &segment : image.program->segments) {
    if (segment->kind != rt::fb::SegmentKind::Output && segment->kind != rt::fb::SegmentKind::State)
      continue;
    const int64_t parts = segment->split ? segment->dies : 1;
    const std::string where =
        fmt::format("{} `{}`", segment->kind == rt::fb::SegmentKind::Output ? "output" : "state", segment->name);
    for (int64_t die = 0; die < parts; ++die)
      checkStretch(where, rt::onDie(segment->address, die), bytesOf(segment->dtype, segment->shape) / parts);
  }
}

void Shadow::checkLocal(int core, int64_t address, int64_t bytes) const {
  const std::span<uint8_t> all = marks.local(core).l1;
  for (int64_t byte = address; byte < address + bytes; ++byte)
    if (const Mark mark = all[size_t(byte)]; mark != kWritten)
      fail("unwritten memory", fmt::format("byte {:#x} of L1", byte), story(mark));
}

} // namespace garam::sim
