// vec.map by its definition: element by element; and integer chains, which have no other implementation since they
// carry indices, not tensors.
#include "sim/insns/plain/Chain.h"

#include <array>
#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

namespace garam::sim::insns::plain {

namespace {

template <class T> T element(const MapPanel &p, int64_t r, int64_t c) {
  return runChain<T>(*p.chain, [&](rt::StepArg arg) { return operand<T>(p, p.sources, arg, r, c); }, step<T>);
}

template <class T> T identity(rt::Reduction reduction) {
  using Limits = std::numeric_limits<T>;
  const T high = Limits::has_infinity ? Limits::infinity() : Limits::max();
  const T low = Limits::has_infinity ? -Limits::infinity() : Limits::min();
  return reduction == rt::Reduction::Max ? low : reduction == rt::Reduction::Min ? high : T(0);
}

template <class T> T combine(rt::Reduction reduction, T a, T b) {
  const rt::StepOp op = reduction == rt::Reduction::Max   ? rt::StepOp::Max
                        : reduction == rt::Reduction::Min ? rt::StepOp::Min
                                                          : rt::StepOp::Add;
  return step(op, a, b, T(0));
}

template <class T> void store(rt::DType type, T value, uint8_t *to) {
  if constexpr (std::is_same_v<T, float>)
    storeFloat(type, value, to);
  else
    storeInt(type, value, to);
}

template <class T> void run(const MapPanel &p) {
  const rt::Chain &chain = *p.chain;
  constexpr size_t kPartials = 64;
  std::array<T, kPartials> partials;
  std::vector<T> columns(chain.reduceRows ? size_t(p.cols) : 0, identity<T>(chain.reduction));
  const int size = rt::byteSize(chain.dst.type);
  for (int64_t r = 0; r < p.rows; ++r) {
    partials.fill(identity<T>(chain.reduction));
    for (int64_t c = 0; c < p.cols; ++c) {
      const T v = element<T>(p, r, c);
      if (p.dst)
        store(chain.dst.type, v, p.dst + (r * p.cols + c) * size);
      if (!p.reduced)
        continue;
      T &into = chain.reduceRows ? columns[size_t(c)] : partials[size_t(c) % kPartials];
      into = combine(chain.reduction, into, v);
    }
    if (!p.reduced || chain.reduceRows)
      continue;
    for (size_t half = kPartials / 2; half > 0; half /= 2)
      for (size_t i = 0; i < half; ++i)
        partials[i] = combine(chain.reduction, partials[i], partials[i + half]);
    store(rt::DType::F32, partials[0], reinterpret_cast<uint8_t *>(p.reduced + r));
  }
  for (size_t c = 0; c < columns.size() && p.reduced; ++c)
    store(rt::DType::F32, columns[c], reinterpret_cast<uint8_t *>(p.reduced + c));
}

} // namespace

void map(const MapPanel &panel) { panel.chain->integer ? run<int64_t>(panel) : run<float>(panel); }

} // namespace garam::sim::insns::plain
