#include "runtime/program/WeightDigests.h"

#include "runtime/program/Safetensors.h"

#include <filesystem>
#include <map>

namespace garam::rt {

void recordDigests(Program &program) {
  std::map<uint32_t, SafetensorsFile> opened;
  for (const auto &segment : program.segments)
    for (const auto &weight : segment->weights) {
      if (weight->file >= program.weight_files.size() || !std::filesystem::exists(program.weight_files[weight->file]))
        continue;
      weight->sha256 = opened.try_emplace(weight->file, program.weight_files[weight->file]).first->second.digest(weight->tensor);
    }
}

} // namespace garam::rt
