#include "runtime/Nearest.h"

#include <algorithm>

namespace garam::rt {

/// 1 where the texts are equal, 0 where they share no letter: twice the longest common subsequence over both lengths.
static double alike(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (char letter : a) {
    size_t diagonal = 0;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t above = row[j + 1];
      row[j + 1] = letter == b[j] ? diagonal + 1 : std::max(above, row[j]);
      diagonal = above;
    }
  }
  return 2.0 * double(row.back()) / double(std::max<size_t>(1, a.size() + b.size()));
}

std::vector<std::string> nearest(std::string_view typed, std::vector<std::string> names, size_t count) {
  std::stable_sort(names.begin(), names.end(),
                   [&](const std::string &a, const std::string &b) { return alike(typed, a) > alike(typed, b); });
  names.resize(std::min(count, names.size()));
  return names;
}

} // namespace garam::rt
