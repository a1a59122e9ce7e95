// A Verilated matrix engine with its operands in host memory. Words of the ports lie in memory as on the wires: little
// endian.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

namespace garam::test {

/// One `mma`: a is m × k, w is k × n, row-major, elements of two bytes (bf16) or one (i8).
struct Tile {
  bool integers = false, accumulate = false;
  int m = 1, k = 1, n = 1;
  std::vector<uint8_t> a, w;
  int bytes() const { return integers ? 1 : 2; }
};

/// Cycles of an instruction: from its start to its end, and the one in which the last column of the array was written
/// last.
struct TileCycles {
  int64_t total = 0, lastWrite = -1;
};

template <class Verilated, int Rows, int Columns, int WeightRows, int IntRows> class VerilatedMatrix {
public:
  static constexpr int kRows = Rows, kColumns = Columns, kWeightRows = WeightRows, kIntRows = IntRows;

  VerilatedMatrix() : dut(std::make_unique<Verilated>()) {
    dut->reset = 1;
    tick();
    dut->reset = 0;
  }

  TileCycles run(const Tile &tile) {
    begin(tile);
    TileCycles cycles;
    for (; busy(); ++cycles.total) {
      if (clock(tile))
        cycles.lastWrite = cycles.total;
    }
    return cycles;
  }

  /// Hands the instruction over; the block is busy from here on.
  void begin(const Tile &tile) {
    dut->integers = tile.integers, dut->accumulate = tile.accumulate;
    dut->m = tile.m, dut->k = tile.k, dut->n = tile.n;
    dut->start = 1;
    tick();
    dut->start = 0;
  }
  bool busy() const { return dut->busy; }
  /// A cycle of the block; true if the last column takes a result in it.
  bool clock(const Tile &tile) {
    answer(tile);
    const bool last = dut->writes_last;
    tick();
    return last;
  }

  /// The m × n results, 4 bytes each.
  std::vector<uint32_t> results(const Tile &tile) {
    std::vector<uint32_t> out(size_t(tile.m) * tile.n);
    int lanes = tile.integers ? IntRows : 1, steps = (tile.m + lanes - 1) / lanes;
    for (int j = 0; j < tile.n; ++j)
      for (int i = 0; i < tile.m; ++i) {
        dut->outside_column = j % Columns;
        dut->outside_address = j / Columns * steps + i / lanes;
        dut->eval();
        uint32_t words[IntRows];
        std::memcpy(words, &dut->outside, sizeof words);
        out[size_t(i) * tile.n + j] = words[i % lanes];
      }
    return out;
  }

private:
  static constexpr int kMovingBytes = IntRows > 2 ? IntRows : 2;

  /// What the memory holds at the addresses that the engine asks for; zeros outside of the operands.
  void answer(const Tile &tile) {
    uint8_t moving[Rows][kMovingBytes] = {}, weights[Columns][2 * WeightRows] = {};
    int lanes = tile.integers ? IntRows : 1, size = tile.bytes();
    for (int r = 0; r < Rows; ++r)
      for (int lane = 0; lane < lanes; ++lane)
        if (int i = dut->row_request * lanes + lane, k = dut->k_request + r; i < tile.m && k < tile.k)
          std::memcpy(moving[r] + lane * size, &tile.a[(size_t(i) * tile.k + k) * size], size);
    for (int c = 0; c < Columns; ++c)
      for (int r = 0; r < 2 * WeightRows / size; ++r)
        if (int k = dut->weight_k + r, j = dut->weight_n + c; k < tile.k && j < tile.n)
          std::memcpy(weights[c] + r * size, &tile.w[(size_t(k) * tile.n + j) * size], size);
    std::memcpy(&dut->moving, moving, sizeof moving);
    std::memcpy(&dut->weights, weights, sizeof weights);
  }

  void tick() {
    dut->clock = 0;
    dut->eval();
    dut->clock = 1;
    dut->eval();
  }

  std::unique_ptr<Verilated> dut;
};

} // namespace garam::test
