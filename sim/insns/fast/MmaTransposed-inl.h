// The stationary operand of mma where its rows lie along k: blocks of them are transposed in registers, in units of 32
// bits whatever the type, widened, and either stored as a panel or, of few rows, multiplied at once: stores would then
// take longer than all else. Per target, as Formats-inl.h.
#if defined(GARAM_SIM_INSNS_FAST_MMA_TRANSPOSED_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef GARAM_SIM_INSNS_FAST_MMA_TRANSPOSED_INL_H_
#undef GARAM_SIM_INSNS_FAST_MMA_TRANSPOSED_INL_H_
#else
#define GARAM_SIM_INSNS_FAST_MMA_TRANSPOSED_INL_H_
#endif

#include "sim/insns/Kernels.h"
#include "sim/insns/fast/Formats-inl.h"

#include <algorithm>
#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace garam::sim::insns::fast::HWY_NAMESPACE {

template <class D> HWY_INLINE Vec<D> multiplyAdd(D, Vec<D> a, Vec<D> b, Vec<D> c) {
  if constexpr (hwy::IsFloat<TFromD<D>>())
    return MulAdd(a, b, c);
  else
    return Add(Mul(a, b), c);
}

constexpr int64_t kLanes = MaxLanes(Floats());
constexpr int64_t kChunk = 16; ///< bytes of a row that are transposed at a time: four units

constexpr int64_t kStaged = 256; ///< bytes of a row that are copied together
/// Part of a vector of rows at distances that the compiler knows: sixteen pointers do not fit the host's registers.
struct Stage {
  alignas(64) uint8_t rows[kLanes][kStaged];
};

/// Block b of the vector is the chunk of row 4b of `from`.
template <class D> HWY_INLINE Vec<D> loadBlocks(D d, const uint8_t *from) {
  if constexpr (MaxLanes(D()) == 4) {
    return BitCast(d, Load(Repartition<uint8_t, D>(), from));
  } else {
    const Half<D> dh;
    return Combine(d, loadBlocks(dh, from + MaxLanes(dh) * kStaged), loadBlocks(dh, from));
  }
}

/// Unit q of the chunks of all rows.
struct Units {
  VU of[4];
};
HWY_INLINE Units transposeUnits(const Stage &stage, int64_t offset) {
  const Words d;
  const RepartitionToWide<Words> dw;
  const VU r0 = loadBlocks(d, stage.rows[0] + offset), r1 = loadBlocks(d, stage.rows[1] + offset);
  const VU r2 = loadBlocks(d, stage.rows[2] + offset), r3 = loadBlocks(d, stage.rows[3] + offset);
  const auto low01 = BitCast(dw, InterleaveLower(d, r0, r1)), low23 = BitCast(dw, InterleaveLower(d, r2, r3));
  const auto high01 = BitCast(dw, InterleaveUpper(d, r0, r1)), high23 = BitCast(dw, InterleaveUpper(d, r2, r3));
  return {BitCast(d, InterleaveLower(dw, low01, low23)), BitCast(d, InterleaveUpper(dw, low01, low23)),
          BitCast(d, InterleaveLower(dw, high01, high23)), BitCast(d, InterleaveUpper(dw, high01, high23))};
}

/// Element `kPart` of each unit, as the array multiplies it.
template <class Format, int kPart> struct Part {
  static HWY_INLINE VF of(VU units) {
    using Memory = typename Format::Memory;
    using Raw = hwy::MakeUnsigned<Memory>;
    constexpr int kBits = 8 * sizeof(Raw);
    const VU bits = And(ShiftRight<kPart * kBits>(units), Set(Words(), (1u << kBits) - 1));
    const auto raw = DemoteTo(Rebind<Raw, Floats>(), BitCast(Ints(), bits));
    return Format::load(BitCast(Rebind<Memory, Floats>(), raw));
  }
};
template <int kPart> struct Part<F32, kPart> {
  static HWY_INLINE VF of(VU units) { return BitCast(Floats(), units); }
};
template <int kPart> struct Part<BF16, kPart> {
  static HWY_INLINE VF of(VU units) {
    return BitCast(Floats(), kPart == 0 ? ShiftLeft<16>(units) : And(units, Set(Words(), 0xffff0000)));
  }
};
template <int kPart> struct Part<I8, kPart> {
  static HWY_INLINE Vec<Ints> of(VU units) { return ShiftRight<24>(BitCast(Ints(), ShiftLeft<24 - 8 * kPart>(units))); }
};

template <class Format, int kPart, class F> HWY_INLINE void visitParts(VU units, int64_t first, int64_t count, F &&f) {
  if constexpr (kPart * sizeof(typename Format::Memory) < sizeof(uint32_t)) {
    if (first + kPart < count)
      f(first + kPart, Part<Format, kPart>::of(units));
    visitParts<Format, kPart + 1>(units, first, count, f);
  }
}

/// Elements 0 to `count` of a chunk of every row: f(k, their vector), k ascending.
template <class Format, class F> HWY_INLINE void visitChunk(const Stage &stage, int64_t offset, int64_t count, F &&f) {
  constexpr int64_t kParts = sizeof(uint32_t) / sizeof(typename Format::Memory);
  const Units units = transposeUnits(stage, offset);
#pragma GCC unroll 4
  for (int q = 0; q < 4; ++q)
    visitParts<Format, 0>(units.of[q], q * kParts, count, f);
}

/// Columns [k, k + bytes) of `count` rows to the stage; behind the last row it is repeated.
HWY_INLINE void fillStage(const Rows &from, int64_t count, int64_t k, int64_t bytes, Stage &stage) {
  for (int64_t j = 0; j < kLanes; ++j) {
    const uint8_t *row = from.at(std::min(j, count - 1), k);
    bytes == kStaged ? std::memcpy(stage.rows[j], row, kStaged) : std::memcpy(stage.rows[j], row, size_t(bytes));
  }
}

/// f(format) for the type of a stationary operand that is multiplied as T.
template <class T, class F> HWY_INLINE void withFormat(rt::DType type, F &&f) {
  if constexpr (hwy::IsFloat<T>()) {
    switch (type) {
    case rt::DType::F32:
      return f(F32());
    case rt::DType::F16:
      return f(F16());
    case rt::DType::BF16:
      return f(BF16());
    case rt::DType::F8E4M3:
      return f(F8E4M3());
    default:
      return f(F8E5M2());
    }
  } else {
    return f(I8());
  }
}

template <class Format, class T> void packRows(const Rows &from, int64_t count, int64_t depth, T *to, int64_t width) {
  constexpr int64_t kSize = sizeof(typename Format::Memory), kElements = kChunk / kSize;
  const auto store = [&](int64_t k, auto v) HWY_ATTR { Store(v, ScalableTag<T>(), to + k * width); };
  Stage stage;
  for (int64_t k = 0; k < depth; k += kStaged / kSize) {
    const int64_t columns = std::min(kStaged / kSize, depth - k);
    fillStage(from, count, k, columns * kSize, stage);
    for (int64_t i = 0; i < columns; i += kElements, to += kElements * width)
      visitChunk<Format>(stage, i * kSize, std::min(kElements, columns - i), store);
  }
}

/// The first `width` of `count` rows to a panel of depth × width; behind the last row it is repeated.
template <class T> void packTransposed(const Rows &w, int64_t count, int64_t depth, T *panel, int64_t width) {
  for (int64_t c = 0; c < width; c += kLanes) {
    const int64_t row = std::min(c, count - 1);
    withFormat<T>(w.type, [&](auto format) {
      packRows<decltype(format)>({w.row(row), w.stride, w.type}, count - row, depth, panel + c, width);
    });
  }
}

/// Vectors of columns whose sums are under way together: the chain along k of one does not keep the host's units busy.
constexpr int kThinVectors = 4;

/// sums[i][c] = the products of row i of `a` and row c of `w` summed along k, ascending; c up to kThinVectors vectors.
template <class Format, class T, int kRows>
HWY_NOINLINE void multiplyThin(const Rows &w, int64_t count, int64_t depth, const T *a, int64_t aStride, T *sums) {
  constexpr int64_t kSize = sizeof(typename Format::Memory), kElements = kChunk / kSize;
  const ScalableTag<T> d;
  Vec<decltype(d)> sum[kThinVectors][kRows];
#pragma GCC unroll 16
  for (int v = 0; v < kThinVectors; ++v)
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i)
      sum[v][i] = Zero(d);
  Stage stages[kThinVectors];
  for (int64_t k = 0; k < depth; k += kStaged / kSize) {
    const int64_t columns = std::min(kStaged / kSize, depth - k);
    for (int64_t v = 0; v < kThinVectors; ++v) {
      const int64_t row = std::min(v * kLanes, count - 1);
      fillStage({w.row(row), w.stride, w.type}, count - row, k, columns * kSize, stages[v]);
    }
    const auto step = [&](int64_t i, int64_t elements) HWY_ATTR {
#pragma GCC unroll 4
      for (int v = 0; v < kThinVectors; ++v)
        visitChunk<Format>(stages[v], i * kSize, elements, [&](int64_t j, auto weights) HWY_ATTR {
#pragma GCC unroll 16
          for (int row = 0; row < kRows; ++row)
            sum[v][row] = multiplyAdd(d, Set(d, a[row * aStride + k + i + j]), weights, sum[v][row]);
        });
    };
    int64_t i = 0;
    for (; i + kElements <= columns; i += kElements)
      step(i, kElements);
    if (i < columns)
      step(i, columns - i);
  }
#pragma GCC unroll 16
  for (int v = 0; v < kThinVectors; ++v)
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i)
      Store(sum[v][i], d, sums + (i * kThinVectors + v) * kLanes);
}

} // namespace garam::sim::insns::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
