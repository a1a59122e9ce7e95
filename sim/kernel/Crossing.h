// From the edges of one clock to those of another (rule M4). The same few hundred edges are asked for again and again,
// by every channel, so their answers are kept.
#pragma once

#include "sim/kernel/Clock.h"

#include <array>

namespace garam::sim {

class Crossing {
public:
  Crossing(const Clock &from, const Clock &to) : from(from), to(to) {}

  /// The first edge strictly later than edge `n` of the other clock.
  int64_t after(int64_t n) const { return of(n).last + 1; }
  /// The first edge that is not earlier than edge `n`.
  int64_t reach(int64_t n) const {
    const Entry &entry = of(n);
    return entry.last + !entry.together;
  }
  /// The last edge that is not later than edge `n`.
  int64_t before(int64_t n) const { return of(n).last; }

private:
  struct Entry {
    int64_t n = -1, last : 63 = 0;
    bool together : 1 = false; ///< the last edge is at the same time
  };
  const Entry &of(int64_t n) const {
    Entry &entry = kept[size_t(n) % kept.size()];
    if (entry.n != n) {
      const int64_t fs = from.edge(n), last = to.at(fs);
      entry = {n, last, to.edge(last) == fs};
    }
    return entry;
  }

  const Clock from, to;
  mutable std::array<Entry, 256> kept;
};

} // namespace garam::sim
