// What the life of a burst was spent on: stretches of time, each with its cause.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace garam::sim {

class Stamps {
public:
  struct Stretch {
    uint32_t cause : 4, end : 28; ///< `end` counts from the beginning of the life
  };

  size_t size() const { return count; }
  const Stretch &operator[](size_t i) const { return i < kNear ? near[i] : far[i - kNear]; }
  void clear() { count = 0; }

  /// The time since the last mark, up to `end`, was spent on `cause`.
  void mark(uint8_t cause, uint32_t end) {
    if (count && last().cause == cause)
      last().end = end;
    else if (end > (count ? last().end : 0))
      add({cause, end});
  }

private:
  /// A burst on one die has at most 16: two on each side of the mesh each way, eight in the memory. As many as fill the
  /// third line of a packet lie in it; thousands of packets are under way, and small ones share pages of the host.
  static constexpr uint32_t kNear = 18;
  uint32_t count = 0;
  std::array<Stretch, kNear> near;
  std::vector<Stretch> far;

  Stretch &last() { return count <= kNear ? near[count - 1] : far[count - 1 - kNear]; }
  void add(Stretch stretch) {
    if (count < kNear) {
      near[count] = stretch;
    } else {
      far.resize(count - kNear); // those of an earlier life go
      far.push_back(stretch);
    }
    ++count;
  }
};

} // namespace garam::sim
