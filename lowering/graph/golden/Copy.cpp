// The strided copy that MLIR's memref.copy becomes.
#include "lowering/graph/golden/Functions.h"

#include <cstring>

namespace {

struct Side {
  char *data;
  const int64_t *strides;
};

void copy(int64_t bytes, int64_t rank, const int64_t *sizes, Side from, Side to) {
  if (rank == 0) {
    std::memcpy(to.data, from.data, bytes);
    return;
  }
  if (rank == 1 && *from.strides == 1 && *to.strides == 1) {
    std::memcpy(to.data, from.data, bytes * *sizes);
    return;
  }
  for (int64_t i = 0; i < *sizes; ++i)
    copy(bytes, rank - 1, sizes + 1, {from.data + i * *from.strides * bytes, from.strides + 1},
         {to.data + i * *to.strides * bytes, to.strides + 1});
}

} // namespace

void garam::golden::copyStrided(int64_t elementBytes, const AnyMemref *from, const AnyMemref *to) {
  auto side = [&](const AnyMemref *memref) {
    char *aligned = reinterpret_cast<char *>(memref->words[1]) + memref->words[2] * elementBytes;
    return Side{aligned, memref->words + 3 + memref->rank};
  };
  copy(elementBytes, from->rank, from->words + 3, side(from), side(to));
}
