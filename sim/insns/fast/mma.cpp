// mma on the host's vectors. The sum of a pass goes along k in order in one lane, so m and n may be cut at will: a pass
// of the stationary operand is packed once into panels of two vectors of columns, blocks of the moving operand are
// widened, and a register tile of kTileRows rows × one panel runs through the k of the pass from zero. Few rows do not
// pay for packing.
#include "sim/insns/Kernels.h"
#include "sim/insns/fast/Convert.h"

#include <hwy/aligned_allocator.h>

#include <algorithm>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sim/insns/fast/mma.cpp"
#include <hwy/foreach_target.h>

#include "sim/insns/fast/MmaTransposed-inl.h"

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace garam::sim::insns::HWY_NAMESPACE {

using namespace hwy::HWY_NAMESPACE;

// Rows of a register tile: two sums each, two vectors of weights and one of a, in 32 registers or in 16.
#if HWY_TARGET == HWY_AVX2
constexpr int64_t kTileRows = 6;
#else
constexpr int64_t kTileRows = 12;
#endif
constexpr int64_t kBlockRows = 16 * kTileRows; ///< of the moving operand, so that a block stays in the host's L2
constexpr int64_t kBlockCols = 512;            ///< of the stationary operand, likewise
constexpr int64_t kThinRows = 4;               ///< up to here the stationary operand is not packed
constexpr int64_t kThinCols = 2048;            ///< then: so that sums stay in L1
constexpr int64_t kRowPad = 16;                ///< keeps rows of a power of two from sharing cache sets

template <class T> HWY_INLINE int64_t panelCols() { return 2 * int64_t(Lanes(ScalableTag<T>())); }

/// Memory that grows and is kept.
template <class T> class Scratch {
public:
  T *get(int64_t count) {
    if (count > size) {
      memory = hwy::AllocateAligned<T>(size_t(count));
      size = count;
    }
    return memory.get();
  }

private:
  hwy::AlignedFreeUniquePtr<T[]> memory;
  int64_t size = 0;
};

HWY_INLINE void widen(rt::DType type, const uint8_t *from, int64_t count, float *to) {
  fast::loadFloats(type, from, count, to);
}
HWY_INLINE void widen(rt::DType, const uint8_t *from, int64_t count, int32_t *to) {
  for (int64_t i = 0; i < count; ++i)
    to[i] = int8_t(from[i]);
}

using fast::HWY_NAMESPACE::multiplyAdd;

/// A result of f32 is stored with canonical NaN.
template <class D> HWY_INLINE Vec<D> canonical(D d, Vec<D> v) {
  if constexpr (hwy::IsFloat<TFromD<D>>())
    return IfThenElse(IsNaN(v), BitCast(d, Set(RebindToUnsigned<D>(), 0x7fc00000)), v);
  else
    return v;
}

/// The sum of a pass added to the accumulator, or in its place (not added to zero: a sum may be -0).
template <class D> HWY_INLINE Vec<D> finished(D d, Vec<D> sum, const TFromD<D> *acc, bool clear) {
  return canonical(d, clear ? sum : Add(LoadU(d, acc), sum));
}

/// Any number of sums to the accumulator.
template <class T> HWY_INLINE void addPass(const T *sums, T *out, int64_t cols, bool clear) {
  const ScalableTag<T> d;
  const int64_t lanes = int64_t(Lanes(d));
  int64_t c = 0;
  for (; c + lanes <= cols; c += lanes)
    StoreU(finished(d, Load(d, sums + c), out + c, clear), d, out + c);
  if (c == cols)
    return;
  HWY_ALIGN T edge[MaxLanes(d)] = {};
  std::memcpy(edge, out + c, size_t(cols - c) * sizeof(T));
  Store(finished(d, Load(d, sums + c), edge, clear), d, edge);
  std::memcpy(out + c, edge, size_t(cols - c) * sizeof(T));
}

/// What a register tile works on. `out` holds the accumulator before and after.
template <class T> struct Tile {
  int64_t depth;
  const T *a;
  int64_t aStride;
  const T *panel; ///< depth × panelCols
  T *out;
  int64_t outStride;
  int64_t cols; ///< up to panelCols
  bool clear;   ///< the sum replaces `out`
};

template <class T, int kRows> HWY_NOINLINE void runTile(const Tile<T> &t) {
  const ScalableTag<T> d;
  const int64_t lanes = int64_t(Lanes(d));
  Vec<decltype(d)> sums[kRows][2];
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i)
    sums[i][0] = sums[i][1] = Zero(d);
  const T *panel = t.panel, *a = t.a;
  const int64_t aStride = t.aStride;
  for (int64_t k = 0; k < t.depth; ++k, panel += 2 * lanes, ++a) {
    const auto w0 = Load(d, panel), w1 = Load(d, panel + lanes);
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i) {
      const auto x = Set(d, a[i * aStride]);
      sums[i][0] = multiplyAdd(d, x, w0, sums[i][0]);
      sums[i][1] = multiplyAdd(d, x, w1, sums[i][1]);
    }
  }
  if (t.cols == 2 * lanes) {
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i) {
      T *out = t.out + i * t.outStride;
      StoreU(finished(d, sums[i][0], out, t.clear), d, out);
      StoreU(finished(d, sums[i][1], out + lanes, t.clear), d, out + lanes);
    }
    return;
  }
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
    HWY_ALIGN T row[2 * MaxLanes(d)];
    Store(sums[i][0], d, row);
    Store(sums[i][1], d, row + lanes);
    addPass(row, t.out + i * t.outStride, t.cols, t.clear);
  }
}

template <class T> using TileFunction = void (*)(const Tile<T> &);

template <class T, int... kRows> TileFunction<T> tileFunction(int64_t rows, std::integer_sequence<int, kRows...>) {
  static constexpr TileFunction<T> all[] = {runTile<T, kRows + 1>...};
  return all[rows - 1];
}

/// Panels of the weights [first, first + depth) × [col, col + cols), each depth × panelCols; what stands behind the
/// last column is not used.
template <class T>
void packWeights(const MmaTile &t, int64_t first, int64_t depth, int64_t col, int64_t cols, T *panels) {
  const int64_t panelWidth = panelCols<T>();
  if (t.transposed) {
    for (int64_t c = 0; c < cols; c += panelWidth)
      fast::HWY_NAMESPACE::packTransposed({t.w.at(col + c, first), t.w.stride, t.w.type}, t.n - col - c, depth,
                                          panels + c * (depth + 1), panelWidth);
    return;
  }
  static thread_local Scratch<T> scratch;
  T *row = scratch.get(kBlockCols + panelWidth);
  const int64_t padded = (cols + panelWidth - 1) / panelWidth * panelWidth;
  std::fill(row + cols, row + padded, T(0));
  for (int64_t k = 0; k < depth; ++k) {
    widen(t.w.type, t.w.at(first + k, col), cols, row);
    for (int64_t c = 0; c < padded; c += panelWidth)
      std::memcpy(panels + c * (depth + 1) + k * panelWidth, row + c, size_t(panelWidth) * sizeof(T));
  }
}

template <class T> void runTiled(const MmaTile &t) {
  static thread_local Scratch<T> weights, moving;
  const int64_t panelWidth = panelCols<T>();
  // A panel that is used once is used at once, from the host's L1; but rows along n are read in long pieces.
  const int64_t blockCols = t.transposed && t.m <= kTileRows ? panelWidth : kBlockCols;
  T *out = reinterpret_cast<T *>(t.out);
  for (int64_t first = 0; first < t.k; first += t.arrayRows) {
    const int64_t depth = std::min(t.arrayRows, t.k - first), aStride = depth + kRowPad;
    const bool clear = first == 0 && !t.acc.data;
    int64_t held = -1; // the block of the moving operand that is widened
    for (int64_t col = 0; col < t.n; col += blockCols) {
      const int64_t cols = std::min(blockCols, t.n - col);
      T *panels = weights.get((cols + panelWidth) * (depth + 1));
      packWeights(t, first, depth, col, cols, panels);
      for (int64_t block = 0; block < t.m; block += kBlockRows) {
        const int64_t blockRows = std::min(kBlockRows, t.m - block);
        T *a = moving.get(blockRows * aStride);
        for (int64_t i = 0; i < blockRows && held != block; ++i)
          widen(t.a.type, t.a.at(block + i, first), depth, a + i * aStride);
        held = block;
        for (int64_t c = 0; c < cols; c += panelWidth)
          for (int64_t i = 0; i < blockRows; i += kTileRows) {
            const auto function =
                tileFunction<T>(std::min(kTileRows, blockRows - i), std::make_integer_sequence<int, int(kTileRows)>());
            function({depth, a + i * aStride, aStride, panels + c * (depth + 1), out + (block + i) * t.n + col + c, t.n,
                      std::min(panelWidth, cols - c), clear});
          }
      }
    }
  }
}

/// Few rows and weights whose rows lie along n: each row of weights is widened and multiplied into sums that stay in
/// the host's L1.
template <class T> void runThin(const MmaTile &t) {
  static thread_local Scratch<T> scratch;
  const ScalableTag<T> d;
  const int64_t depth = std::min(t.k, t.arrayRows), width = std::min(t.n, kThinCols) + kRowPad;
  const int64_t stride = (width + kRowPad - 1) / kRowPad * kRowPad;
  T *weights = scratch.get((1 + t.m) * stride + t.m * depth), *sums = weights + stride, *a = sums + t.m * stride;
  for (int64_t first = 0; first < t.k; first += t.arrayRows) {
    const int64_t ks = std::min(depth, t.k - first);
    for (int64_t i = 0; i < t.m; ++i)
      widen(t.a.type, t.a.at(i, first), ks, a + i * depth);
    for (int64_t col = 0; col < t.n; col += kThinCols) {
      const int64_t cols = std::min(kThinCols, t.n - col);
      std::fill_n(sums, t.m * stride, T(0));
      for (int64_t k = 0; k < ks; ++k) {
        widen(t.w.type, t.w.at(first + k, col), cols, weights);
        for (int64_t i = 0; i < t.m; ++i) {
          const auto x = Set(d, a[i * depth + k]);
          T *row = sums + i * stride;
          for (int64_t c = 0; c < cols; c += int64_t(Lanes(d)))
            Store(multiplyAdd(d, x, Load(d, weights + c), Load(d, row + c)), d, row + c);
        }
      }
      for (int64_t i = 0; i < t.m; ++i)
        addPass(sums + i * stride, reinterpret_cast<T *>(t.out) + i * t.n + col, cols, first == 0 && !t.acc.data);
    }
  }
}

template <class T, int... kRows> auto thinFunction(rt::DType type, int64_t rows, std::integer_sequence<int, kRows...>) {
  void (*chosen)(const Rows &, int64_t, int64_t, const T *, int64_t, T *) = nullptr;
  fast::HWY_NAMESPACE::withFormat<T>(type, [&](auto format) {
    static constexpr decltype(chosen) all[] = {fast::HWY_NAMESPACE::multiplyThin<decltype(format), T, kRows + 1>...};
    chosen = all[rows - 1];
  });
  return chosen;
}

/// Few rows and weights whose rows lie along k: they are multiplied as they are transposed.
template <class T> void runThinTransposed(const MmaTile &t) {
  using fast::HWY_NAMESPACE::kThinVectors;
  static thread_local Scratch<T> scratch;
  const int64_t width = kThinVectors * int64_t(Lanes(ScalableTag<T>())), depth = std::min(t.k, t.arrayRows);
  T *sums = scratch.get(t.m * (width + depth)), *a = sums + t.m * width;
  const auto multiply = thinFunction<T>(t.w.type, t.m, std::make_integer_sequence<int, int(kThinRows)>());
  for (int64_t first = 0; first < t.k; first += t.arrayRows) {
    const int64_t ks = std::min(depth, t.k - first);
    for (int64_t i = 0; i < t.m; ++i)
      widen(t.a.type, t.a.at(i, first), ks, a + i * depth);
    for (int64_t col = 0; col < t.n; col += width) {
      multiply({t.w.at(col, first), t.w.stride, t.w.type}, t.n - col, ks, a, depth, sums);
      for (int64_t i = 0; i < t.m; ++i)
        addPass(sums + i * width, reinterpret_cast<T *>(t.out) + i * t.n + col, std::min(width, t.n - col),
                first == 0 && !t.acc.data);
    }
  }
}

template <class T> void run(const MmaTile &t) {
  if (t.acc.data)
    for (int64_t i = 0; i < t.m; ++i)
      std::memcpy(t.out + i * t.n * int64_t(sizeof(T)), t.acc.row(i), size_t(t.n) * sizeof(T));
  if (t.m > kThinRows)
    runTiled<T>(t);
  else
    t.transposed ? runThinTransposed<T>(t) : runThin<T>(t);
}

void mma(const MmaTile &tile) { tile.a.type == rt::DType::I8 ? run<int32_t>(tile) : run<float>(tile); }

} // namespace garam::sim::insns::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace garam::sim::insns {

HWY_EXPORT(mma);

void fast::mma(const MmaTile &tile) { HWY_DYNAMIC_DISPATCH(mma)(tile); }

} // namespace garam::sim::insns
#endif
