// Element types of memory. The numbers are the encoding in instructions and containers.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace garam::rt {

enum class DType : uint8_t { F32 = 0, F16 = 1, BF16 = 2, F8E4M3 = 3, F8E5M2 = 4, I8 = 5, I1 = 6, I32 = 8, I64 = 9 };

/// Bytes of one element; 0 for a number that is no type.
constexpr int byteSize(DType type) {
  switch (type) {
  case DType::F32:
  case DType::I32:
    return 4;
  case DType::F16:
  case DType::BF16:
    return 2;
  case DType::F8E4M3:
  case DType::F8E5M2:
  case DType::I8:
  case DType::I1:
    return 1;
  case DType::I64:
    return 8;
  }
  return 0;
}

constexpr bool isFloat(DType type) { return type <= DType::F8E5M2; }

/// MLIR's spelling: f32, bf16, f8E4M3FN, i64, …
std::string_view name(DType type);
std::optional<DType> dtypeFromName(std::string_view name);

} // namespace garam::rt
