// The stall-free cycles of each instruction: one small function each, called by the compiler's cost model and by the
// simulator, with the operands that meet banks on the way. Rules X1–X3, V1, D1 of docs/hardware/machine.md.
#pragma once

#include "runtime/chip/Chip.h"
#include "runtime/isa/Descriptor.h"
#include "runtime/isa/Isa.h"

#include <array>
#include <cstdint>

namespace garam::rt::timing {

/// Cycles of the matrix engine's stages.
struct MmaCycles {
  int64_t preload; ///< weights of the first pass
  int64_t stream;  ///< all passes, the loads of the next weights hidden where they fit
  int64_t drain;   ///< from the last row in to the last result out
};
/// m, k or n of zero takes no cycle in any stage but one in stream.
MmaCycles mma(const MatrixParams &matrix, DType a, DType w, int64_t m, int64_t k, int64_t n);

/// Beats of the vector engine for rows × cols.
int64_t vectorBeats(const VectorParams &vector, int64_t rows, int64_t cols);

/// A matrix in local memory that the vector engine goes through beat by beat.
struct VectorPanel {
  int64_t address, stride; ///< of a row, bytes
  int64_t bytes;           ///< of an element; of what is read with each beat of a row if `perRow`
  bool perRow = false;
  bool write = false; ///< in the last step of a beat; else read in the first
};

/// What a vector instruction does to time: rules V1 to V3.
struct VectorWork {
  int64_t rows = 0, cols = 0;
  int64_t beats = 0;
  int64_t cost = 1;  ///< steps of a beat
  int64_t after = 1; ///< cycles after the last beat
  std::array<VectorPanel, 4> panels{};
  int panelCount = 0; ///< operands that meet the banks of L1 where they are in it

  int64_t cycles() const { return beats * cost + after; }
};

/// An instruction of the vector engine with its registers sampled; `chain` for vec.map. Fields that only say where
/// operands are do not change cycles(), so a cost model may leave them out. Throws Error (Internal) for other engines.
VectorWork vectorWork(const VectorParams &vector, Opcode opcode, const SlotValues &values,
                      const Chain *chain = nullptr);

/// Cycles that an array of this chip supports the types for; false if it cannot multiply them.
bool supportsMma(const MatrixParams &matrix, DType a, DType w);

} // namespace garam::rt::timing
