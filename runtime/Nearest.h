// Names like the one that somebody typed, for the ALLOWED part of an error.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace garam::rt {

/// At most `count` of `names`, the most alike first: those that share most letters in order.
std::vector<std::string> nearest(std::string_view typed, std::vector<std::string> names, size_t count = 3);

} // namespace garam::rt
