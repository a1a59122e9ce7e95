// SHA-256 of bytes, as programs record it for the weights that they name.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace garam::rt {

/// 64 hexadecimal digits, lower case.
std::string sha256(std::span<const uint8_t> bytes);

} // namespace garam::rt
