// mma by its definition.
#include "sim/insns/Kernels.h"
#include "sim/insns/plain/Convert.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace garam::sim::insns::plain {

namespace {

const uint8_t *weight(const MmaTile &t, int64_t k, int64_t n) { return t.transposed ? t.w.at(n, k) : t.w.at(k, n); }

float dotFloat(const MmaTile &t, int64_t i, int64_t j, float acc, bool clear) {
  for (int64_t first = 0; first < t.k; first += t.arrayRows) {
    float p = 0;
    for (int64_t k = first; k < std::min(t.k, first + t.arrayRows); ++k)
      p = std::fma(loadFloat(t.a.type, t.a.at(i, k)), loadFloat(t.w.type, weight(t, k, j)), p);
    acc = clear && first == 0 ? p : acc + p;
  }
  return acc;
}

uint32_t dotInt(const MmaTile &t, int64_t i, int64_t j, uint32_t acc) {
  for (int64_t k = 0; k < t.k; ++k)
    acc += uint32_t(int8_t(*t.a.at(i, k)) * int8_t(*weight(t, k, j)));
  return acc;
}

} // namespace

void mma(const MmaTile &t) {
  for (int64_t i = 0; i < t.m; ++i)
    for (int64_t j = 0; j < t.n; ++j) {
      uint8_t *to = t.out + (i * t.n + j) * 4;
      uint8_t before[4] = {};
      if (t.acc.data)
        std::memcpy(before, t.acc.row(i) + j * 4, 4);
      if (t.a.type == rt::DType::I8) {
        uint32_t acc;
        std::memcpy(&acc, before, 4);
        acc = dotInt(t, i, j, acc);
        std::memcpy(to, &acc, 4);
      } else {
        storeFloat(rt::DType::F32, dotFloat(t, i, j, loadFloat(rt::DType::F32, before), !t.acc.data), to);
      }
    }
}

} // namespace garam::sim::insns::plain
