// The stall-free cycles of each instruction: one small function each, called by the compiler's cost model and by the
// simulator. Rules X1–X3, V1, D1 of docs/hardware/machine.md.
#pragma once

#include "runtime/chip/Chip.h"
#include "runtime/isa/Descriptor.h"

#include <cstdint>

namespace garam::rt::timing {

/// Cycles of the matrix engine's stages.
struct MmaCycles {
  int64_t preload;  ///< weights of the first pass
  int64_t stream;   ///< all passes, the loads of the next weights hidden where they fit
  int64_t drain;    ///< from the last row in to the last result out
};
/// m, k or n of zero takes no cycle in any stage but one in stream.
MmaCycles mma(const MatrixParams &matrix, DType a, DType w, int64_t m, int64_t k, int64_t n);

/// Beats of the vector engine for rows × cols.
int64_t vectorBeats(const VectorParams &vector, int64_t rows, int64_t cols);
/// Cycles from taking to completion.
int64_t vecMap(const VectorParams &vector, const Chain &chain, int64_t rows, int64_t cols);
int64_t vecRotate(const VectorParams &vector, int64_t rows, int64_t heads, int64_t dim);
int64_t vecTranspose(const VectorParams &vector, int64_t rows, int64_t cols);
int64_t vecScan(const VectorParams &vector, int64_t rows, int64_t cols);
int64_t vecArgmax(const VectorParams &vector, int64_t rows, int64_t cols);

/// Cycles that an array of this chip supports the types for; false if it cannot multiply them.
bool supportsMma(const MatrixParams &matrix, DType a, DType w);

}  // namespace garam::rt::timing
