#include "sim/WeightLoader.h"

#include "runtime/Error.h"
#include "runtime/isa/Address.h"
#include "sim/insns/fast/Convert.h"
#include "sim/insns/plain/Convert.h"

#include <cstring>
#include <numeric>

namespace garam::sim {
namespace {

/// `count` elements of one type as another; dense.
void cast(rt::DType from, const uint8_t *src, rt::DType to, uint8_t *dst, int64_t count, std::vector<float> &scratch) {
  if (from == to) {
    std::memcpy(dst, src, size_t(count * rt::byteSize(from)));
  } else if (rt::isFloat(from) && rt::isFloat(to)) {
    scratch.resize(size_t(count));
    insns::fast::loadFloats(from, src, count, scratch.data());
    insns::fast::storeFloats(to, scratch.data(), count, dst);
  } else if (!rt::isFloat(from)) {
    for (int64_t i = 0; i < count; ++i)
      insns::plain::storeInt(to, insns::plain::loadInt(from, src + i * rt::byteSize(from)), dst + i * rt::byteSize(to));
  } else {
    for (int64_t i = 0; i < count; ++i)
      insns::plain::storeFloat(to, insns::plain::loadFloat(from, src + i * rt::byteSize(from)),
                               dst + i * rt::byteSize(to));
  }
}

void gather(const uint8_t *src, int64_t stride, int bytes, int64_t count, uint8_t *dst) {
  for (int64_t i = 0; i < count; ++i)
    std::memcpy(dst + i * bytes, src + i * stride, size_t(bytes));
}

} // namespace

void loadWeight(Storage &storage, const rt::SafetensorsFile &file, const rt::Segment &segment,
                const rt::fb::WeightSourceT &weight) {
  const rt::SafetensorsEntry &entry = file.find(weight.tensor);
  auto from = rt::DType(weight.dtype), to = rt::DType(weight.to_dtype);
  if (entry.dtype != from)
    throw rt::inputError(file.path(), fmt::format("tensor `{}` is of type {}", weight.tensor, entry.typeName),
                         fmt::format("the program was compiled for {}", rt::name(from)));
  if (entry.shape != weight.shape)
    throw rt::inputError(file.path(),
                         fmt::format("tensor `{}` has the shape [{}]", weight.tensor, fmt::join(entry.shape, ", ")),
                         fmt::format("the program was compiled for [{}]", fmt::join(weight.shape, ", ")));
  if (!weight.sha256.empty() && file.digest(weight.tensor) != weight.sha256)
    throw rt::inputError(file.path(),
                         fmt::format("tensor `{}` has other bytes than when the program was compiled", weight.tensor),
                         fmt::format("SHA-256 {}", weight.sha256));
  const size_t rank = weight.shape.size();
  std::vector<int64_t> begin = weight.slice_begin, end = weight.slice_end, order = weight.permutation, strides(rank);
  if (begin.empty()) {
    begin.assign(rank, 0);
    end = weight.shape;
  }
  if (order.empty()) {
    order.resize(rank);
    std::iota(order.begin(), order.end(), 0);
  }
  const int fromBytes = rt::byteSize(from), toBytes = rt::byteSize(to);
  int64_t stride = fromBytes, first = 0;
  for (size_t d = rank; d-- > 0;) {
    strides[d] = stride;
    first += begin[d] * stride;
    stride *= weight.shape[d];
  }
  // Axes of the result; a row is its last one.
  std::vector<int64_t> sizes, steps;
  for (int64_t axis : order) {
    sizes.push_back(end[size_t(axis)] - begin[size_t(axis)]);
    steps.push_back(strides[size_t(axis)]);
  }
  if (rank == 0) {
    sizes = {1};
    steps = {fromBytes};
  }
  const int64_t row = sizes.back(), rowStep = steps.back();
  int64_t rows = 1;
  for (size_t d = 0; d + 1 < sizes.size(); ++d)
    rows *= sizes[d];
  if (row == 0 || rows == 0)
    return;
  std::vector<uint8_t> dense(size_t(row * fromBytes)), out(size_t(row * toBytes));
  std::vector<float> scratch;
  std::vector<int64_t> index(sizes.size(), 0);
  int64_t address = segment.address + int64_t(weight.offset);
  for (int64_t r = 0; r < rows; ++r) {
    const uint8_t *src = entry.bytes.data() + first;
    for (size_t d = 0; d + 1 < sizes.size(); ++d)
      src += index[d] * steps[d];
    if (rowStep != fromBytes) {
      gather(src, rowStep, fromBytes, row, dense.data());
      src = dense.data();
    }
    cast(from, src, to, out.data(), row, scratch);
    for (uint32_t die = 0; die < segment.dies; ++die)
      storage.write(rt::onDie(address, die), out);
    address += row * toBytes;
    for (size_t d = sizes.size() - 1; d-- > 0;) {
      if (++index[d] < sizes[d])
        break;
      index[d] = 0;
    }
  }
  file.release(entry);
}

} // namespace garam::sim
