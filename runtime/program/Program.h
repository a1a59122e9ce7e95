// Programs in memory and as files. The tables are those of Program.fbs, as FlatBuffers' object API gives them.
#pragma once

#include "runtime/isa/Descriptor.h"
#include "runtime/isa/Isa.h"
#include "runtime/program/Forward.h"
#include "runtime/program/Program_generated.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace garam::rt {

inline constexpr uint32_t kProgramVersion = 3;

/// Appends the checksum that ends a file.
inline constexpr int kSealBytes = 8;
void seal(std::vector<uint8_t> &bytes);

/// Bytes of a file: deterministic, equal programs give equal bytes; a checksum ends them.
std::vector<uint8_t> serialize(const Program &program);
/// Verifies everything that later code relies on: buffer, version, words, descriptor and segment indices, loop nesting,
/// semaphore tables. Throws Error (Input) with `where`.
Program deserialize(std::span<const uint8_t> bytes, const std::string &where);

/// Written whole or not at all.
void saveProgram(const Program &program, const std::string &path);
Program loadProgram(const std::string &path);

fb::DescriptorT toTable(const Descriptor &descriptor);
Descriptor fromTable(const fb::DescriptorT &table);

/// Number of the segment of this kind and name: names of inputs, outputs and states are spaces of their own. Throws Error
/// (Input) naming those there are.
uint32_t segmentOf(const Program &program, fb::SegmentKind kind, std::string_view name);

/// Decoded instructions of a kernel.
std::vector<Insn> decodeKernel(const Kernel &kernel);

} // namespace garam::rt
