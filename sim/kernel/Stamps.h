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
  /// Of a burst on one die or a neighbour; a way through many dies has more. The common ones lie in the packet, which
  /// then is small: thousands are under way, and each page of the host's memory holds many.
  static constexpr uint32_t kNear = 20;
  uint32_t count = 0;
  std::array<Stretch, kNear> near;
  std::vector<Stretch> far;

  Stretch &last() { return count <= kNear ? near[count - 1] : far[count - 1 - kNear]; }
  void add(Stretch stretch) {
    if (count < kNear) {
      near[count] = stretch;
    } else {
      far.resize(count - kNear);
      far.push_back(stretch);
    }
    ++count;
  }
};

} // namespace garam::sim
