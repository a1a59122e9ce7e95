#include "sim/kernel/Storage.h"

#include "runtime/Error.h"
#include "runtime/chip/Placement.h"
#include "runtime/isa/Address.h"

#include <algorithm>
#include <cstring>
#include <sys/mman.h>

namespace garam::sim {

void PagedMemory::read(int64_t offset, std::span<uint8_t> to) const {
  while (!to.empty()) {
    int64_t in = offset % kPage;
    size_t count = std::min(to.size(), size_t(kPage - in));
    auto found = table.find(offset / kPage);
    if (found == table.end())
      std::memset(to.data(), fill, count);
    else
      std::memcpy(to.data(), found->second.get() + in, count);
    to = to.subspan(count);
    offset += int64_t(count);
  }
}

void PagedMemory::write(int64_t offset, std::span<const uint8_t> from) {
  while (!from.empty()) {
    int64_t in = offset % kPage;
    size_t count = std::min(from.size(), size_t(kPage - in));
    std::unique_ptr<uint8_t[]> &page = table[offset / kPage];
    if (!page) {
      page = std::make_unique_for_overwrite<uint8_t[]>(size_t(kPage));
      std::memset(page.get(), fill, size_t(kPage));
    }
    std::memcpy(page.get() + in, from.data(), count);
    from = from.subspan(count);
    offset += int64_t(count);
  }
}

void Storage::Unmap::operator()(uint8_t *data) const { munmap(data, bytes); }

Storage::Block Storage::allocate(size_t bytes) {
  void *data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (data == MAP_FAILED)
    throw rt::Error(rt::ErrorKind::Input, "host", fmt::format("no memory for {} bytes of the chip", bytes),
                    "a smaller chip, or a larger host");
  return Block(static_cast<uint8_t *>(data), Unmap{bytes});
}

Storage::Storage(const rt::Chip &chip, uint8_t fill) : chip(chip) {
  for (int64_t die = 0; die < chip.topology.dies; ++die) {
    hbm.emplace_back(fill);
    shared.emplace_back(fill);
  }
  for (int core = 0; core < chip.cores(); ++core) {
    l1.push_back(allocate(size_t(chip.l1.sizeBytes)));
    acc.push_back(allocate(size_t(chip.matrix.accBytes)));
  }
}

insns::Memory Storage::local(int core) const {
  return {{l1[size_t(core)].get(), size_t(chip.l1.sizeBytes)}, {acc[size_t(core)].get(), size_t(chip.matrix.accBytes)}};
}

void Storage::clearLocal() {
  // Pages that are given back read as zero.
  for (std::vector<Block> *blocks : {&l1, &acc})
    for (Block &block : *blocks)
      madvise(block.get(), block.get_deleter().bytes, MADV_DONTNEED);
}

void Storage::check(int64_t address, int64_t bytes) const {
  auto fail = [&](std::string_view what, int64_t limit) {
    throw rt::Error(rt::ErrorKind::Undefined, fmt::format("address {:#x}", uint64_t(address)),
                    fmt::format("{} bytes end beyond the {}", bytes, what), fmt::format("it has {} bytes", limit));
  };
  int64_t offset = rt::offsetOf(address), dies = chip.topology.dies;
  switch (rt::spaceBits(address)) {
  case int(rt::Space::Hbm): {
    bool all = rt::homeOf(address) == rt::kAllDies;
    if (!all && rt::homeOf(address) >= dies)
      break;
    int64_t limit = chip.dram.bytesPerDie * (all ? dies : 1);
    if (offset > limit - bytes)
      fail("memory", limit);
    return;
  }
  case int(rt::Space::Shared):
    if (rt::homeOf(address) >= dies)
      break;
    if (offset > chip.shared.bytesPerDie - bytes)
      fail("shared memory", chip.shared.bytesPerDie);
    return;
  case int(rt::Space::L1):
    if (rt::coreOf(address) >= chip.cores())
      break;
    if (offset > chip.l1.sizeBytes - bytes)
      fail("L1", chip.l1.sizeBytes);
    return;
  }
  throw rt::Error(rt::ErrorKind::Undefined, fmt::format("address {:#x}", uint64_t(address)), "names no memory",
                  fmt::format("the machine has {} dies and {} cores", dies, chip.cores()));
}

template <class F> void Storage::pieces(int64_t address, int64_t bytes, F &&each) const {
  check(address, bytes);
  if (rt::spaceOf(address) != rt::Space::Hbm || rt::homeOf(address) != rt::kAllDies) {
    each(0, address, bytes);
    return;
  }
  int64_t grain = chip.dram.interleaveBytes;
  for (int64_t done = 0; done < bytes;) {
    int64_t count = std::min(bytes - done, grain - (address + done) % grain);
    rt::HbmPlace place = rt::hbmPlace(chip, address + done);
    each(done, rt::hbmAddress(int(place.die), place.offset), count);
    done += count;
  }
}

void Storage::read(int64_t globalAddress, std::span<uint8_t> to) const {
  pieces(globalAddress, int64_t(to.size()), [&](int64_t done, int64_t address, int64_t count) {
    std::span<uint8_t> part = to.subspan(size_t(done), size_t(count));
    int64_t offset = rt::offsetOf(address);
    if (rt::spaceOf(address) == rt::Space::L1)
      std::memcpy(part.data(), l1[size_t(rt::coreOf(address))].get() + offset, part.size());
    else
      (rt::spaceOf(address) == rt::Space::Hbm ? hbm : shared)[size_t(rt::homeOf(address))].read(offset, part);
  });
}

void Storage::write(int64_t globalAddress, std::span<const uint8_t> from) {
  pieces(globalAddress, int64_t(from.size()), [&](int64_t done, int64_t address, int64_t count) {
    std::span<const uint8_t> part = from.subspan(size_t(done), size_t(count));
    int64_t offset = rt::offsetOf(address);
    if (rt::spaceOf(address) == rt::Space::L1)
      std::memcpy(l1[size_t(rt::coreOf(address))].get() + offset, part.data(), part.size());
    else
      (rt::spaceOf(address) == rt::Space::Hbm ? hbm : shared)[size_t(rt::homeOf(address))].write(offset, part);
  });
}

} // namespace garam::sim
