#include "runtime/isa/DType.h"

#include <array>
#include <utility>

namespace garam::rt {

static constexpr std::array<std::pair<DType, std::string_view>, 9> kNames{{{DType::F32, "f32"},
                                                                           {DType::F16, "f16"},
                                                                           {DType::BF16, "bf16"},
                                                                           {DType::F8E4M3, "f8E4M3FN"},
                                                                           {DType::F8E5M2, "f8E5M2"},
                                                                           {DType::I8, "i8"},
                                                                           {DType::I1, "i1"},
                                                                           {DType::I32, "i32"},
                                                                           {DType::I64, "i64"}}};

std::string_view name(DType type) {
  for (const auto &[candidate, text] : kNames)
    if (candidate == type)
      return text;
  return "?";
}

std::optional<DType> dtypeFromName(std::string_view name) {
  for (const auto &[candidate, text] : kNames)
    if (text == name)
      return candidate;
  return std::nullopt;
}

} // namespace garam::rt
