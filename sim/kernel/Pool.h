// Objects that live for a while and come back: no allocation once the machine is warm.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace garam::sim {

template <class T> class Pool {
public:
  /// As it was left: the taker sets every field it relies on.
  T *take() {
    if (idle.empty()) {
      constexpr size_t kSlab = 64;
      slabs.push_back(std::make_unique<T[]>(kSlab));
      for (size_t i = 0; i < kSlab; ++i)
        idle.push_back(&slabs.back()[i]);
    }
    T *object = idle.back();
    idle.pop_back();
    return object;
  }
  void give(T *object) { idle.push_back(object); }

private:
  std::vector<std::unique_ptr<T[]>> slabs;
  std::vector<T *> idle;
};

} // namespace garam::sim
