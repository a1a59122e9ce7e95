// Functions that lowered references call.
#pragma once

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>

namespace garam::golden {

/// Calls `add` with the name and address of each function that the references call.
void forEachFunction(llvm::function_ref<void(llvm::StringRef name, void *function)> add);

/// A memref of any rank as generated code passes it: rank, and allocated and aligned pointers, offset, sizes, strides.
struct AnyMemref {
  int64_t rank;
  int64_t *words;
};
/// Copies between memrefs of one shape, with strides; the name in generated code is memrefCopy.
void copyStrided(int64_t elementBytes, const AnyMemref *from, const AnyMemref *to);

} // namespace garam::golden
