// Marks of vec.map: element by element, by the same walk through the chain as the values. Where an element's operands
// were all written nothing is computed; else its values are, since a selection discards what it does not take.
#include "sim/insns/Shadow.h"
#include "sim/insns/plain/Chain.h"

#include <array>
#include <vector>

namespace garam::sim::insns::shadow {

namespace {

template <class T> struct Marked {
  T value{};
  Mark mark = kWritten;
};

/// An operand of And or Or that decides alone.
template <class T> bool decides(rt::StepOp op, const Marked<T> &operand) {
  if (operand.mark != kWritten)
    return false;
  if (op == rt::StepOp::And)
    return operand.value == T(0);
  return std::is_same_v<T, float> ? operand.value != T(0) : operand.value == T(-1);
}

/// The mark of a step's result. What it has for operands is said by its line in Steps.inl.
template <class T> Mark stepMark(rt::StepOp op, const Marked<T> &v, const Marked<T> &x, const Marked<T> &t0) {
  if (op == rt::StepOp::Set)
    return x.mark;
  if (op == rt::StepOp::Select)
    return std::min(t0.mark, t0.value != T(0) ? v.mark : x.mark);
  if ((op == rt::StepOp::And || op == rt::StepOp::Or) && (decides(op, v) || decides(op, x)))
    return kWritten;
  switch (op) {
#define GARAM_OPERANDS(step, marks)                                                                                    \
  case rt::StepOp::step:                                                                                               \
    return marks;
#define GARAM_UNARY(step, f32, integer, vectors) GARAM_OPERANDS(step, v.mark)
#define GARAM_FUNCTION(step, function) GARAM_OPERANDS(step, v.mark)
#define GARAM_BINARY(step, f32, integer, vectors) GARAM_OPERANDS(step, std::min(v.mark, x.mark))
#define GARAM_TERNARY(step, f32, integer, vectors) GARAM_OPERANDS(step, std::min({v.mark, x.mark, t0.mark}))
#include "sim/insns/Steps.inl"
#undef GARAM_UNARY
#undef GARAM_FUNCTION
#undef GARAM_BINARY
#undef GARAM_TERNARY
#undef GARAM_OPERANDS
  default: // a save
    return v.mark;
  }
}

template <class T> Marked<T> step(rt::StepOp op, const Marked<T> &v, const Marked<T> &x, const Marked<T> &t0) {
  return {plain::step<T>(op, v.value, x.value, t0.value), stepMark(op, v, x, t0)};
}

/// The mark of a source's element; of an absent one there is nothing to write.
Mark sourceMark(const MapPanel &p, size_t i, int64_t r, int64_t c) {
  const rt::ChainOperand &source = p.chain->sources[i];
  return source.present ? markAt(p.sources[i], r, source.perRow ? 0 : c) : kWritten;
}

template <class T> Mark element(const MapPanel &p, int64_t r, int64_t c) {
  const std::array<Mark, 3> sources{sourceMark(p, 0, r, c), sourceMark(p, 1, r, c), sourceMark(p, 2, r, c)};
  if (*std::ranges::min_element(sources) == kWritten)
    return kWritten;
  const auto operand = [&](rt::StepArg arg) -> Marked<T> {
    const size_t source = plain::sourceOf(arg);
    return {plain::operand<T>(p, p.contents, arg, r, c), source < sources.size() ? sources[source] : kWritten};
  };
  return plain::runChain<Marked<T>>(*p.chain, operand, step<T>).mark;
}

/// Whether every operand of a row was written.
bool written(const MapPanel &p, int64_t r) {
  for (size_t i = 0; i < p.sources.size(); ++i) {
    const rt::ChainOperand &source = p.chain->sources[i];
    const int64_t bytes = (source.perRow ? 1 : p.cols) * rt::byteSize(source.type);
    if (source.present && leastMark(p.sources[i].row(r), bytes) != kWritten)
      return false;
  }
  return true;
}

} // namespace

void map(const MapPanel &p) {
  const rt::Chain &chain = *p.chain;
  constexpr int kReduced = 4;
  const int size = rt::byteSize(chain.dst.type);
  const int64_t results = chain.reduceRows ? p.cols : p.rows;
  std::vector<Mark> reduced(p.reduced ? size_t(results) : 0, kWritten), row(size_t(p.cols), kWritten);
  for (int64_t r = 0; r < p.rows; ++r) {
    const bool known = written(p, r);
    for (int64_t c = 0; c < p.cols && !known; ++c)
      row[size_t(c)] = chain.integer ? element<int64_t>(p, r, c) : element<float>(p, r, c);
    if (known)
      std::ranges::fill(row, kWritten);
    for (int64_t c = 0; c < p.cols && p.dst; ++c)
      setMark(p.dst, r * p.cols + c, size, row[size_t(c)]);
    for (int64_t c = 0; c < p.cols && p.reduced; ++c) {
      Mark &into = reduced[size_t(chain.reduceRows ? c : r)];
      into = std::min(into, row[size_t(c)]);
    }
  }
  for (size_t i = 0; i < reduced.size(); ++i)
    setMark(reinterpret_cast<uint8_t *>(p.reduced), int64_t(i), kReduced, reduced[i]);
}

} // namespace garam::sim::insns::shadow
