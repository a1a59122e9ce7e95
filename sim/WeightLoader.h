// Weights from a safetensors file into memory: slice, permute, cast, as the program's segments say.
#pragma once

#include "runtime/program/Program.h"
#include "runtime/program/Safetensors.h"
#include "sim/kernel/Storage.h"

namespace garam::sim {

/// Throws rt::Error (Input) if the tensor is missing, of another type or shape.
void loadWeight(Storage &storage, const rt::SafetensorsFile &file, const rt::Segment &segment,
                const rt::fb::WeightSourceT &weight);

} // namespace garam::sim
