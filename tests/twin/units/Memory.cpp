#include "tests/twin/units/Memory.h"

#include "runtime/chip/Placement.h"
#include "runtime/isa/Address.h"
#include "runtime/isa/Isa.h"

namespace garam::twin {

Memory::Memory(const rt::Chip &chip)
    : l1(size_t(chip.cores()), std::vector<uint8_t>(size_t(chip.l1.sizeBytes))),
      acc(size_t(chip.cores()), std::vector<uint8_t>(size_t(chip.matrix.accBytes))), chip(chip),
      hbm(size_t(chip.topology.dies)), shared(size_t(chip.topology.dies)) {}

uint8_t &Memory::byteAt(int64_t address) {
  switch (rt::spaceOf(address)) {
  case rt::Space::Hbm: {
    rt::HbmPlace place = rt::hbmPlace(chip, address);
    return hbm.at(size_t(place.die)).at(place.offset);
  }
  case rt::Space::Shared:
    return shared.at(size_t(rt::homeOf(address))).at(rt::offsetOf(address));
  default:
    return l1.at(size_t(rt::coreOf(address))).at(size_t(rt::offsetOf(address)));
  }
}

uint8_t &Memory::localByte(int core, int64_t address) {
  return address >= rt::kAccBase ? acc[size_t(core)].at(size_t(address - rt::kAccBase))
                                 : l1[size_t(core)].at(size_t(address));
}

void Memory::read(int64_t address, std::span<uint8_t> to) {
  for (size_t i = 0; i < to.size(); ++i)
    to[i] = byteAt(address + int64_t(i));
}
void Memory::write(int64_t address, std::span<const uint8_t> from) {
  for (size_t i = 0; i < from.size(); ++i)
    byteAt(address + int64_t(i)) = from[i];
}
void Memory::readLocal(int core, int64_t address, std::span<uint8_t> to) {
  for (size_t i = 0; i < to.size(); ++i)
    to[i] = localByte(core, address + int64_t(i));
}
void Memory::writeLocal(int core, int64_t address, std::span<const uint8_t> from) {
  for (size_t i = 0; i < from.size(); ++i)
    localByte(core, address + int64_t(i)) = from[i];
}

} // namespace garam::twin
