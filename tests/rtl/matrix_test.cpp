// The matrix array in SystemVerilog against the machine: cycles and bits of random tiles.
#include "Matrices.h"
#include "Run.h"
#include "runtime/Error.h"

#include <random>

using namespace garam;
using namespace garam::test;
using rt::Engine;
using rt::Opcode;

namespace {

constexpr int kTiles = 500; // for each size of the array

/// Bit patterns of any kind in a quarter of the tiles (NaN, infinities, subnormals), numbers of a few binades in the
/// others.
std::vector<uint8_t> values(std::mt19937_64 &random, bool integers, int count) {
  std::vector<uint8_t> bytes;
  bool wild = random() % 4 == 0;
  for (int i = 0; i < count; ++i)
    if (integers) {
      bytes.push_back(uint8_t(random()));
    } else {
      uint16_t bits = uint16_t(random());
      if (!wild)
        bits = uint16_t((bits & 0x807f) | (120 + random() % 12) << 7);
      bytes.push_back(uint8_t(bits));
      bytes.push_back(uint8_t(bits >> 8));
    }
  return bytes;
}

Tile draw(std::mt19937_64 &random, int rows, int columns) {
  Tile tile;
  auto upTo = [&](int most) { return int(random() % most) + 1; };
  tile.integers = random() % 3 == 0;
  tile.m = upTo(40), tile.k = upTo(3 * rows), tile.n = upTo(3 * columns);
  if (random() % 3 == 0)
    tile.k = rows * upTo(3), tile.n = columns * upTo(2);
  tile.a = values(random, tile.integers, tile.m * tile.k);
  tile.w = values(random, tile.integers, tile.k * tile.n);
  return tile;
}

struct Expected {
  int64_t cycles[2];
  std::vector<uint32_t> results;
};

int64_t aligned(int64_t bytes) { return (bytes + 63) / 64 * 64; }

/// Two products on the machine, the second added to the first.
Expected onMachine(const rt::Chip &chip, const Tile &first, const Tile &second) {
  std::vector<uint8_t> memory;
  auto place = [&](const std::vector<uint8_t> &bytes) {
    int64_t at = int64_t(memory.size());
    memory.insert(memory.end(), bytes.begin(), bytes.end());
    memory.resize(size_t(aligned(int64_t(memory.size()))));
    return at;
  };
  int64_t at[] = {place(first.a), place(first.w), place(second.a), place(second.w)};
  int64_t operands = int64_t(memory.size()), results = int64_t(first.m) * first.n * 4;
  memory.resize(size_t(operands + aligned(results)));

  KernelBuilder body;
  int in = body.descriptor(KernelBuilder::dense(operands)), out = body.descriptor(KernelBuilder::dense(results));
  body.set(1, rt::hbmAddress(0, 0)).set(2, rt::hbmAddress(0, operands));
  body.load(in, r(1), 0, {{}, {token(1)}});
  int type = int(first.integers ? rt::DType::I8 : rt::DType::BF16), types = type | type << 4;
  auto mma = [&](const Tile &t, int64_t a, int64_t w, int wait, int signal) {
    body.add(Opcode::Mma,
             {a, t.k * t.bytes(), w, t.n * t.bytes(), rt::kAccBase, t.n * 4, t.m, t.k, t.n, t.accumulate, types},
             {{token(wait)}, {token(signal)}});
  };
  mma(first, at[0], at[1], 1, 2);
  mma(second, at[2], at[3], 2, 3);
  body.store(out, rt::kAccBase, r(2), {{token(3)}, {}});
  KernelBuilder kernel = body;
  kernel.insns.clear();
  onlyOn(kernel, 0, body);

  ProgramBuilder program;
  program.segment("memory", rt::hbmAddress(0, 0), memory.size()).kernel(kernel).launch();
  sim::SimDevice device(chip);
  device.load(program.program, rt::Mode::Both);
  writeAll(device, "memory", memory);
  rt::RunResult result = run(device);
  Expected expected;
  for (size_t i : {0, 1}) {
    rt::InsnRecord entry = record(result, 0, Engine::Matrix, i);
    expected.cycles[i] = entry.end - entry.start;
  }
  expected.results = readAll<uint32_t>(device, "memory", size_t(first.m) * first.n, uint64_t(operands));
  return expected;
}

template <class Matrix> class Rtl : public testing::Test {};
using Sizes = testing::Types<Rtl16x16, Rtl24x20>;
TYPED_TEST_SUITE(Rtl, Sizes);

} // namespace

TYPED_TEST(Rtl, CyclesAndBitsAreTheMachines) {
  std::mt19937_64 random(TypeParam::kRows);
  rt::Chip chip = rt::loadChip("unit", {fmt::format("matrix.rows={}", TypeParam::kRows),
                                        fmt::format("matrix.columns={}", TypeParam::kColumns),
                                        fmt::format("matrix.weight_rows_per_cycle={}", TypeParam::kWeightRows),
                                        fmt::format("matrix.i8_rows_per_cycle={}", TypeParam::kIntRows)});
  TypeParam rtl;
  for (int i = 0; i < kTiles / 2; ++i) {
    Tile first = draw(random, TypeParam::kRows, TypeParam::kColumns), second = first;
    second.k = int(random() % (2 * TypeParam::kRows)) + 1;
    second.accumulate = true;
    second.a = values(random, second.integers, second.m * second.k);
    second.w = values(random, second.integers, second.k * second.n);
    Expected expected = onMachine(chip, first, second);
    for (const Tile *tile : {&first, &second}) {
      TileCycles cycles = rtl.run(*tile);
      ASSERT_EQ(cycles.total, expected.cycles[tile == &second])
          << "tile " << i << ": " << tile->m << " x " << tile->k << " x " << tile->n
          << (tile->integers ? " i8" : " bf16");
      // The drain ends with the last result, not before and not after.
      if (tile->n % TypeParam::kColumns == 0) {
        ASSERT_EQ(cycles.lastWrite, cycles.total - 1) << "tile " << i;
      }
    }
    ASSERT_EQ(rtl.results(first), expected.results) << "tile " << i;
  }
}
