#include "sim/kernel/Indices.h"

#include "runtime/Error.h"

#include <algorithm>
#include <cstring>

namespace garam::sim {

void readIndices(const Storage &storage, int core, int64_t address, rt::DType type, std::span<int64_t> indices) {
  const auto l1 = storage.local(core).l1;
  const int64_t count = int64_t(indices.size()), bytes = rt::byteSize(type);
  if (address < 0 || address % bytes || address > int64_t(l1.size()) - count * bytes)
    throw rt::Error(rt::ErrorKind::Undefined, "indices", fmt::format("{} entries at {:#x}", count, address),
                    fmt::format("aligned, within {} bytes", l1.size()));
  for (size_t i = 0; i < indices.size(); ++i) {
    const uint8_t *from = l1.data() + address + int64_t(i) * bytes;
    if (type == rt::DType::I64) {
      std::memcpy(&indices[i], from, 8);
    } else {
      int32_t narrow;
      std::memcpy(&narrow, from, 4);
      indices[i] = narrow;
    }
  }
}

void checkIndices(std::span<const int64_t> indices, int64_t rows) {
  auto wrong = std::ranges::find_if(indices, [&](int64_t index) { return index < 0 || index >= rows; });
  if (wrong != indices.end())
    throw rt::Error(rt::ErrorKind::Undefined, "indices",
                    fmt::format("entry {} is {}", wrong - indices.begin(), *wrong),
                    fmt::format("the table has the rows 0 to {}", rows - 1));
}

void drawIndices(const std::vector<Extent> &segments, const rt::Transfer &transfer, std::mt19937_64 &random,
                 std::span<int64_t> indices) {
  const int64_t base = transfer.toGlobal ? transfer.dst : transfer.src;
  const auto &strides = transfer.toGlobal ? transfer.shape.dstStrides : transfer.shape.srcStrides;
  int64_t room = 0;
  for (const Extent &segment : segments)
    if (base >= segment.address && base < segment.address + int64_t(segment.bytes))
      room = segment.address + int64_t(segment.bytes) - base;
  int64_t reach = transfer.shape.counts[0];
  for (size_t d = 1; d < 4; ++d)
    reach += std::max<int64_t>(0, transfer.shape.counts[d] - 1) * strides[d];
  const int64_t steps = strides[4] > 0 && room >= reach ? (room - reach) / strides[4] + 1 : 1;
  for (int64_t &index : indices)
    index = int64_t(random() % uint64_t(steps));
}

} // namespace garam::sim
