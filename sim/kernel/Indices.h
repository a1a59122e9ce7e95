// Index lists of gathers and scatters: read from L1, or drawn where no tensor data is kept (rule T2).
#pragma once

#include "runtime/isa/DType.h"
#include "runtime/timing/Bursts.h"
#include "sim/kernel/Machine.h"

#include <random>
#include <span>
#include <vector>

namespace garam::sim {

/// Reads as many indices, i32 or i64, as `indices` has from the L1 of a core. Throws rt::Error (Undefined) if the list
/// is not aligned or lies outside.
void readIndices(const Storage &storage, int core, int64_t address, rt::DType type, std::span<int64_t> indices);

/// Throws rt::Error (Undefined) naming the first index that is no row of a table of so many.
void checkIndices(std::span<const int64_t> indices, int64_t rows);

/// Draws uniformly from the steps that stay inside the segment of the base address.
void drawIndices(const std::vector<Extent> &segments, const rt::Transfer &transfer, std::mt19937_64 &random,
                 std::span<int64_t> indices);

} // namespace garam::sim
