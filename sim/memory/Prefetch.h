// Asks the host's memory for what will be touched soon, so that the wait is over by then.
#pragma once

#include <cstddef>

namespace garam::sim {

/// The lines of the host's cache from `first` on that `bytes` lie in, if it begins with one.
inline void prefetch(const void *first, std::size_t bytes = 1) {
  constexpr std::size_t kLine = 64;
  for (std::size_t at = 0; at < bytes; at += kLine)
    __builtin_prefetch(static_cast<const char *>(first) + at, 1);
}

} // namespace garam::sim
