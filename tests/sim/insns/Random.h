// Random memories.
#pragma once

#include "runtime/isa/DType.h"
#include "sim/insns/Memory.h"
#include "sim/insns/plain/Convert.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>
#include <random>
#include <vector>

namespace garam::sim::insns {

struct Machine {
  std::vector<uint8_t> l1, acc;
  Machine(size_t l1Bytes, size_t accBytes) : l1(l1Bytes), acc(accBytes) {}
  Memory memory() { return {l1, acc}; }
};

class Random {
public:
  explicit Random(uint64_t seed) : engine(seed) {}
  int64_t in(int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(engine); }
  bool one(int64_t of) { return in(1, of) == 1; }
  /// Mostly sizes at which loops change, sometimes anything.
  int64_t size(int64_t largest) {
    static constexpr int64_t kEdges[] = {1,  2,  3,  4,  7,  8,  15, 16,  17,  31, 32,
                                         33, 47, 48, 63, 64, 65, 96, 127, 128, 129};
    const int64_t n = one(3) ? in(1, largest) : kEdges[in(0, int64_t(std::size(kEdges)) - 1)];
    return std::min(n, largest);
  }
  uint64_t bits() { return engine(); }

  /// An element: ordinary values, but also zeros of both signs, subnormals, infinities and NaN with `special`.
  void element(rt::DType type, bool special, uint8_t *to) {
    if (special && one(6)) {
      const uint64_t raw = bits();
      std::memcpy(to, &raw, size_t(rt::byteSize(type)));
      if (type == rt::DType::I1)
        *to &= 1;
      return;
    }
    static constexpr float kSpecial[] = {NAN, -NAN, HUGE_VALF, -HUGE_VALF, 0.0f, -0.0f, 0x1p-149f, 0x1.fffffep127f};
    if (special && one(6))
      plain::storeFloat(type, kSpecial[in(0, 7)], to);
    else if (rt::isFloat(type))
      plain::storeFloat(type, float(std::normal_distribution<double>()(engine) * (one(8) ? 1e3 : 1)), to);
    else
      plain::storeInt(type, in(-100, 100), to);
  }
  void fill(rt::DType type, bool special, uint8_t *to, int64_t count) {
    for (int64_t i = 0; i < count; ++i)
      element(type, special, to + i * rt::byteSize(type));
  }

private:
  std::mt19937_64 engine;
};

} // namespace garam::sim::insns
