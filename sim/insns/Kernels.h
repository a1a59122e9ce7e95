// Operands of the kernels with their addresses resolved and checked. A kernel reads strided sources and fills dense
// results. `plain` is the definition, `fast` gives the same bits. `shadow` computes the marks of the results from the
// marks of the sources (Shadow.h).
#pragma once

#include "runtime/isa/Descriptor.h"

#include <array>
#include <cstdint>

namespace garam::sim::insns {

/// Rows in memory; the stride is in bytes and may be negative or zero.
struct Rows {
  const uint8_t *data = nullptr;
  int64_t stride = 0;
  rt::DType type = rt::DType::F32;

  const uint8_t *row(int64_t r) const { return data + r * stride; }
  const uint8_t *at(int64_t r, int64_t c) const { return row(r) + c * rt::byteSize(type); }
};

struct MmaTile {
  Rows a; ///< m × k
  Rows w; ///< k × n, or n × k
  bool transposed;
  Rows acc;        ///< m × n of f32 or i32; null data: cleared
  int64_t m, k, n; ///< all above zero
  int64_t arrayRows;
  uint8_t *out; ///< m × n, dense, 4-byte elements
};

struct MapPanel {
  const rt::Chain *chain; ///< checked
  int64_t rows, cols;     ///< above zero
  std::array<Rows, 3> sources;
  std::array<Rows, 3> contents; ///< what the sources hold, where `sources` are their marks
  int64_t scalar;
  uint8_t *dst;   ///< rows × cols, dense; null if the chain stores nothing
  float *reduced; ///< rows or cols elements; null if it reduces nothing
};

namespace plain {
void mma(const MmaTile &tile);
void map(const MapPanel &panel);
} // namespace plain

namespace fast {
void mma(const MmaTile &tile);
void map(const MapPanel &panel);
} // namespace fast

namespace shadow {
void mma(const MmaTile &tile);
void map(const MapPanel &panel);
} // namespace shadow

} // namespace garam::sim::insns
