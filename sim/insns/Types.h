// Types of operands as instructions encode them.
#pragma once

#include "runtime/Error.h"
#include "runtime/isa/DType.h"

#include <cstdint>
#include <string_view>

namespace garam::sim::insns {

/// The type in four bits of a `types` field. Throws rt::Error (Undefined) if the number is no type.
inline rt::DType typeAt(std::string_view insn, int64_t types, int shift) {
  const auto type = rt::DType(types >> shift & 15);
  if (rt::byteSize(type) == 0)
    throw rt::Error(rt::ErrorKind::Undefined, fmt::format("{}.types", insn),
                    fmt::format("{} in bits {} to {}", int(type), shift + 3, shift), "0 to 6, 8 or 9");
  return type;
}

} // namespace garam::sim::insns
