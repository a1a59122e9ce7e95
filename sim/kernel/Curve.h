// Something over time, in buckets of 1,024 cycles; of a run that is longer than that many buckets allow, neighbours are
// added and the width doubles, so that no run's curve outgrows a few pages. Rule P1 of docs/hardware/machine.md.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace garam::sim {

/// T adds with `+=` and begins as nothing.
template <class T> class Curve {
public:
  static constexpr size_t kMostBuckets = 4096;

  /// Number of the bucket of a cycle, which there is from now on.
  size_t reach(int64_t cycle) {
    while (size_t(cycle >> shift) >= kMostBuckets)
      fold();
    const auto bucket = size_t(cycle >> shift);
    if (buckets.size() <= bucket)
      buckets.resize(bucket + 1);
    return bucket;
  }
  T &operator[](size_t bucket) { return buckets[bucket]; }
  /// First cycle of a bucket.
  int64_t begin(size_t bucket) const { return int64_t(bucket) << shift; }
  int64_t width() const { return int64_t(1) << shift; }

  /// In buckets of a width that this curve's divides, by a power of two.
  std::vector<T> inWidth(int64_t cycles) const {
    Curve wider = *this;
    while (wider.width() < cycles)
      wider.fold();
    return std::move(wider.buckets);
  }

private:
  void fold() {
    ++shift;
    for (size_t i = 0; i < buckets.size(); i += 2) {
      buckets[i / 2] = buckets[i];
      if (i + 1 < buckets.size())
        buckets[i / 2] += buckets[i + 1];
    }
    buckets.resize((buckets.size() + 1) / 2);
  }

  int shift = 10;
  std::vector<T> buckets;
};

} // namespace garam::sim
