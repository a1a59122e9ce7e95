// What an engine wants of its L1: a run, step by step. A step is a cycle of the engine in which nothing holds it.
// Rules A1 to A5 of docs/hardware/machine.md.
#pragma once

#include "runtime/chip/Chip.h"
#include "runtime/isa/Descriptor.h"
#include "runtime/isa/Isa.h"
#include "runtime/timing/Timing.h"
#include "sim/kernel/L1Place.h"

#include <array>
#include <cstdint>
#include <vector>

namespace garam::sim {

/// Who asks, in order of priority. Dma stands for all that comes through the NoC or from dma_in: it is never refused.
enum class L1Client : uint8_t { Dma, Matrix, Vector, DmaOut };
inline constexpr int kL1Clients = 4;

struct L1Run {
  L1Client client = L1Client::Dma;
  int tag = 0;       ///< comes back with the completion
  int64_t start = 0; ///< cycle of the first step
  // A matrix run has a piece for each pass; others have one.
  bool isStream = false;
  rt::MmaArgs mma{};
  int64_t pass = 0, passes = 1;
  int64_t rowCycles = 0; ///< of a pass, for the rows of the moving operand
  L1Piece piece;

  // Where it is.
  int64_t position = 0; ///< in the piece
  L1Place place;
  bool placed = false; ///< `place` is where the run is
};

/// Weights of the first pass of a product.
void beginPreload(const rt::MatrixParams &matrix, const rt::MmaArgs &args, L1Run &run);
/// All passes of a product, the weights of each next one beside them.
void beginStream(const rt::MatrixParams &matrix, const rt::MmaArgs &args, L1Run &run);
/// The next pass of a stream; false if there is none.
bool nextPass(const rt::MatrixParams &matrix, L1Run &run);
/// Beats of a vector instruction; no steps if it has none.
void beginVector(const rt::VectorParams &vector, const rt::timing::VectorWork &work, L1Run &run);
/// `bytes` from `address`, `width` a cycle.
void beginLinear(int64_t address, int64_t bytes, int64_t width, bool write, L1Run &run);

} // namespace garam::sim
