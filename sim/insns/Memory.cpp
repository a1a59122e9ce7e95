#include "sim/insns/Memory.h"

#include "runtime/Error.h"
#include "runtime/isa/Isa.h"

#include <algorithm>
#include <cstring>

namespace garam::sim::insns {

namespace {

// Counts beyond this cannot fit any memory; products of two of them and of element sizes stay inside 128 bits.
constexpr int64_t kLargestCount = int64_t(1) << 40;

[[noreturn]] void fail(const Operand &o, const std::string &what, const std::string &allowed) {
  throw rt::Error(rt::ErrorKind::Undefined, fmt::format("{}.{}", o.insn, o.name), what, allowed);
}

} // namespace

void checkCount(std::string_view insn, std::string_view name, int64_t count) {
  if (count < 0 || count > kLargestCount)
    throw rt::Error(rt::ErrorKind::Undefined, fmt::format("{}.{}", insn, name), fmt::format("count {}", count),
                    "zero or more, and inside memory");
}

void checkElements(std::string_view insn, const Memory &memory, int64_t rows, int64_t cols) {
  checkCount(insn, "rows", rows);
  checkCount(insn, "cols", cols);
  const size_t most = memory.l1.size() + memory.acc.size();
  if (__int128(rows) * cols > __int128(most))
    throw rt::Error(rt::ErrorKind::Undefined, insn, fmt::format("{} rows of {} columns", rows, cols),
                    fmt::format("at most {} elements, the bytes of L1 and acc", most));
}

uint8_t *resolve(const Memory &memory, const Operand &o) {
  if (o.rows == 0 || o.rowBytes == 0)
    return nullptr;
  if (o.address % o.align || (o.rows > 1 && o.stride % o.align))
    fail(o, fmt::format("address {:#x} with stride {}", o.address, o.stride), fmt::format("multiples of {}", o.align));
  const bool inAcc = o.address >= rt::kAccBase;
  if (o.accOnly && !inAcc)
    fail(o, fmt::format("address {:#x}", o.address), fmt::format("{:#x} up", rt::kAccBase));
  const std::span<uint8_t> bytes = inAcc ? memory.acc : memory.l1;
  const int64_t base = inAcc ? rt::kAccBase : 0;
  const __int128 span = __int128(o.stride) * (o.rows - 1);
  const __int128 low = __int128(o.address) - base + std::min<__int128>(span, 0);
  const __int128 high = __int128(o.address) - base + std::max<__int128>(span, 0) + o.rowBytes;
  if (low < 0 || high > __int128(bytes.size()))
    fail(o,
         fmt::format("{} rows of {} bytes at {:#x} with stride {} leave {}", o.rows, o.rowBytes, o.address, o.stride,
                     inAcc ? "acc" : "L1"),
         fmt::format("{:#x} to {:#x}", base, base + int64_t(bytes.size())));
  return bytes.data() + (o.address - base);
}

void Result::clear() {
  writes_.clear();
  used = 0;
}

bool Result::add(const Memory &memory, const Operand &operand) {
  if (!resolve(memory, operand))
    return false;
  // Also keeps a result from being larger than the memory it goes to.
  if (operand.rows > 1 && operand.stride < operand.rowBytes && operand.stride > -operand.rowBytes)
    fail(operand, fmt::format("rows of {} bytes with stride {} overlap", operand.rowBytes, operand.stride),
         "a stride of at least a row");
  constexpr size_t kAlign = 64;
  // Vector loops may store whole vectors: one more line behind each write.
  const size_t bytes = (size_t(operand.rows * operand.rowBytes) + 2 * kAlign - 1) / kAlign * kAlign;
  if (used + bytes > capacity) {
    const size_t grown = std::max(used + bytes, 2 * capacity);
    std::unique_ptr<uint8_t[]> larger(new uint8_t[grown]);
    std::copy_n(pool.get(), used, larger.get());
    pool = std::move(larger);
    capacity = grown;
  }
  writes_.push_back({operand.address, operand.stride, operand.rows, operand.rowBytes, used});
  used += bytes;
  return true;
}

void Result::commit(const Memory &memory) const {
  for (const Write &w : writes_) {
    uint8_t *to =
        w.address >= rt::kAccBase ? memory.acc.data() + (w.address - rt::kAccBase) : memory.l1.data() + w.address;
    const uint8_t *from = pool.get() + w.offset;
    if (w.stride == w.rowBytes) {
      std::memcpy(to, from, size_t(w.rows * w.rowBytes));
      continue;
    }
    for (int64_t row = 0; row < w.rows; ++row)
      std::memcpy(to + row * w.stride, from + row * w.rowBytes, size_t(w.rowBytes));
  }
}

} // namespace garam::sim::insns
