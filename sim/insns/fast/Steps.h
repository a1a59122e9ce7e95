// Steps of a chain over whole blocks of f32; the same bits as plain/Steps.h on each element.
#pragma once

#include "runtime/isa/Descriptor.h"

#include <cstdint>

namespace garam::sim::insns::fast {

/// Elements of a block. Blocks are aligned to 64 bytes, and whole vectors are read and written, so their memory is
/// kBlock long.
inline constexpr int64_t kBlock = 1024;
inline constexpr int64_t kPartials = 64;

/// v = step(v, x). With `broadcast` x holds one value, repeated over the first kPartials elements.
void applyStep(rt::StepOp op, float *v, const float *x, bool broadcast, const float *t0, int64_t count);

/// into[i] = into[i] combined with v[i]; nothing beyond `count` is written.
void combineRow(rt::Reduction reduction, float *into, const float *v, int64_t count);
/// Partial c mod 64 takes v[c], c ascending.
void combinePartials(rt::Reduction reduction, float *partials, const float *v, int64_t count);
/// Folds 64 partials in halves.
float foldPartials(rt::Reduction reduction, float *partials);

} // namespace garam::sim::insns::fast
