#include "sim/kernel/Copy.h"

#include "runtime/Error.h"
#include "runtime/isa/Address.h"
#include "runtime/isa/Isa.h"

#include <algorithm>
#include <cstring>

namespace garam::sim {
namespace {

/// Calls `each(src, dst, bytes)` for the contiguous pieces of a transfer, in order.
template <class F> void forEachPiece(const rt::Transfer &transfer, F &&each) {
  rt::DmaShape shape = transfer.shape;
  const bool indexed = !transfer.indices.empty();
  if (shape.bytes() <= 0)
    return;
  int inner = 1;
  for (; inner < (indexed ? 4 : 5); ++inner) {
    if (shape.counts[size_t(inner)] != 1 &&
        (shape.srcStrides[size_t(inner)] != shape.counts[0] || shape.dstStrides[size_t(inner)] != shape.counts[0]))
      break;
    shape.counts[0] *= shape.counts[size_t(inner)];
    shape.counts[size_t(inner)] = 1;
  }
  std::array<int64_t, 5> i{};
  while (true) {
    int64_t src = transfer.src, dst = transfer.dst;
    for (size_t d = size_t(inner); d < 5; ++d) {
      int64_t step = d == 4 && indexed ? transfer.indices[size_t(i[4])] : i[d];
      src += (transfer.toGlobal ? i[d] : step) * shape.srcStrides[d];
      dst += (transfer.toGlobal ? step : i[d]) * shape.dstStrides[d];
    }
    each(src, dst, shape.counts[0]);
    size_t d = size_t(inner);
    while (d < 5 && ++i[d] == shape.counts[d])
      i[d++] = 0;
    if (d >= 5)
      return;
  }
}

uint8_t *localByte(const insns::Memory &memory, int64_t address) {
  return address >= rt::kAccBase ? memory.acc.data() + (address - rt::kAccBase) : memory.l1.data() + address;
}

/// Lowest and highest displacement of a side; wide, since a program may say any stride.
struct Reach {
  __int128 low = 0, high = 0;
  void add(__int128 displacement) { (displacement < 0 ? low : high) += displacement; }
};

/// The memory of a core that a transfer's local side lies in.
struct LocalSide {
  bool acc;
  int64_t address, base, size;
};

LocalSide localSide(const Storage &storage, int core, const rt::Transfer &transfer) {
  int64_t address = transfer.toGlobal ? transfer.src : transfer.dst;
  bool acc = address >= rt::kAccBase;
  insns::Memory memory = storage.local(core);
  return {acc, address, acc ? rt::kAccBase : 0, int64_t((acc ? memory.acc : memory.l1).size())};
}

} // namespace

void checkCounts(const Storage &storage, int core, const rt::Transfer &transfer) {
  LocalSide local = localSide(storage, core, transfer);
  int64_t bytes = 1;
  for (int64_t count : transfer.shape.counts) {
    if (count < 0)
      throw rt::Error(rt::ErrorKind::Undefined, "transfer", fmt::format("count of {}", count), "zero or more");
    if (count > local.size || bytes * count > local.size)
      throw rt::Error(rt::ErrorKind::Undefined, "transfer",
                      fmt::format("more bytes than the core's {}", local.acc ? "acc" : "L1"),
                      fmt::format("at most {} bytes", local.size));
    bytes *= std::max<int64_t>(1, count);
  }
}

void checkTransfer(const Storage &storage, std::span<const Extent> owned, int core, const rt::Transfer &transfer) {
  const rt::DmaShape &shape = transfer.shape;
  if (shape.bytes() == 0)
    return;
  Reach src, dst;
  src.high = dst.high = shape.counts[0];
  for (size_t d = 1; d < 5; ++d) {
    Reach &global = transfer.toGlobal ? dst : src, &local = transfer.toGlobal ? src : dst;
    int64_t globalStride = (transfer.toGlobal ? shape.dstStrides : shape.srcStrides)[d];
    local.add(__int128(shape.counts[d] - 1) * (transfer.toGlobal ? shape.srcStrides : shape.dstStrides)[d]);
    if (d < 4 || transfer.indices.empty()) {
      global.add(__int128(shape.counts[d] - 1) * globalStride);
      continue;
    }
    auto [low, high] = std::minmax_element(transfer.indices.begin(), transfer.indices.end());
    __int128 first = __int128(*low) * globalStride, last = __int128(*high) * globalStride;
    global.low += std::min(first, last);
    global.high += std::max(first, last);
  }
  const Reach &reach = transfer.toGlobal ? src : dst, &global = transfer.toGlobal ? dst : src;
  LocalSide local = localSide(storage, core, transfer);
  __int128 begin = local.address + reach.low - local.base, end = local.address + reach.high - local.base;
  if (begin < 0 || end > local.size)
    throw rt::Error(rt::ErrorKind::Undefined, "transfer",
                    fmt::format("bytes {} to {} of {}", begin, end, local.acc ? "acc" : "L1"),
                    fmt::format("within {} bytes", local.size));
  // A home's offsets have 48 bits.
  constexpr __int128 kFar = __int128(1) << 48;
  if (global.low < -kFar || global.high > kFar)
    throw rt::Error(rt::ErrorKind::Undefined, "transfer", "strides or indices that leave every memory",
                    "within one memory");
  int64_t from = int64_t(uint64_t(transfer.toGlobal ? transfer.dst : transfer.src) + uint64_t(int64_t(global.low)));
  const int64_t bytes = int64_t(global.high - global.low);
  storage.check(from, bytes);
  if (rt::spaceOf(from) == rt::Space::L1)
    return;
  auto after = std::ranges::upper_bound(owned, from, {}, &Extent::address);
  if (after == owned.begin() || from + bytes > std::prev(after)->address + int64_t(std::prev(after)->bytes))
    throw rt::Error(rt::ErrorKind::Undefined, "transfer",
                    fmt::format("{} bytes from {:#x} are not the program's", bytes, from), "within its segments");
}

int64_t sourceAddress(const rt::Transfer &transfer, int64_t n) {
  int64_t address = transfer.src;
  forEachPiece(transfer, [&](int64_t src, int64_t, int64_t count) {
    if (n >= 0 && n < count)
      address = src + n;
    n -= count;
  });
  return address;
}

void StagedCopy::read(const Storage &storage, int core, const rt::Transfer &transfer) {
  bytes.resize(size_t(std::max<int64_t>(0, transfer.shape.bytes())));
  insns::Memory memory = storage.local(core);
  size_t at = 0;
  forEachPiece(transfer, [&](int64_t src, int64_t, int64_t count) {
    if (transfer.toGlobal)
      std::memcpy(bytes.data() + at, localByte(memory, src), size_t(count));
    else
      storage.read(src, {bytes.data() + at, size_t(count)});
    at += size_t(count);
  });
}

void StagedCopy::write(Storage &storage, int core, const rt::Transfer &transfer) const {
  insns::Memory memory = storage.local(core);
  size_t at = 0;
  forEachPiece(transfer, [&](int64_t, int64_t dst, int64_t count) {
    if (transfer.toGlobal)
      storage.write(dst, {bytes.data() + at, size_t(count)});
    else
      std::memcpy(localByte(memory, dst), bytes.data() + at, size_t(count));
    at += size_t(count);
  });
}

} // namespace garam::sim
