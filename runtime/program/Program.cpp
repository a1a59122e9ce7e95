// Container to bytes and files, and back.
#include "runtime/program/Program.h"

#include "runtime/Error.h"
#include "runtime/program/Verify.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <unistd.h>

namespace garam::rt {

/// FNV-1a, 64 bits: against damage, not against intent.
static uint64_t checksum(std::span<const uint8_t> bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (uint8_t byte : bytes)
    hash = (hash ^ byte) * 0x100000001b3;
  return hash;
}

void seal(std::vector<uint8_t> &bytes) {
  uint64_t hash = checksum(bytes);
  for (int i = 0; i < kSealBytes; ++i)
    bytes.push_back(uint8_t(hash >> 8 * i));
}

std::vector<uint8_t> serialize(const Program &program) {
  flatbuffers::FlatBufferBuilder builder;
  builder.ForceDefaults(false);
  fb::FinishProgramBuffer(builder, fb::Program::Pack(builder, &program));
  std::vector<uint8_t> bytes(builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize());
  seal(bytes);
  return bytes;
}

Program deserialize(std::span<const uint8_t> sealed, const std::string &where) {
  if (sealed.size() < 8 + kSealBytes)
    throw inputError(where, "is not a Garam program", "allowed: a .garam file");
  std::span<const uint8_t> bytes = sealed.first(sealed.size() - kSealBytes);
  if (!fb::ProgramBufferHasIdentifier(bytes.data()))
    throw inputError(where, "is not a Garam program", "allowed: a .garam file");
  uint64_t stored = 0;
  for (int i = 0; i < kSealBytes; ++i)
    stored |= uint64_t(sealed[bytes.size() + size_t(i)]) << 8 * i;
  if (stored != checksum(bytes))
    throw inputError(where, "is truncated or corrupt", "compile it again");
  // The table count bounds the work on a hostile file; real programs have far fewer.
  flatbuffers::Verifier verifier(bytes.data(), bytes.size(), /*max_depth=*/32, /*max_tables=*/10'000'000);
  if (!fb::VerifyProgramBuffer(verifier))
    throw inputError(where, "is truncated or corrupt", "compile it again");
  const fb::Program *root = fb::GetProgram(bytes.data());
  if (root->version() != kProgramVersion)
    throw inputError(where, fmt::format("has version {}", root->version()),
                     fmt::format("allowed: {}", kProgramVersion));
  Program program;
  root->UnPackTo(&program);
  verify(program, where);
  return program;
}

void saveProgram(const Program &program, const std::string &path) {
  std::vector<uint8_t> bytes = serialize(program);
  std::string partial = fmt::format("{}.{}.part", path, getpid());
  {
    std::ofstream file(partial, std::ios::binary);
    file.write(reinterpret_cast<const char *>(bytes.data()), std::streamsize(bytes.size()));
    if (!file) {
      std::remove(partial.c_str());
      throw inputError(path, "cannot be written", "allowed: a writable path");
    }
  }
  std::filesystem::rename(partial, path);
}

Program loadProgram(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    throw inputError(path, "cannot be read", "allowed: a .garam file");
  std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
  return deserialize(bytes, path);
}

uint32_t segmentOf(const Program &program, fb::SegmentKind kind, std::string_view name) {
  std::string known;
  for (size_t i = 0; i < program.segments.size(); ++i) {
    const Segment &segment = *program.segments[i];
    if (segment.kind != kind)
      continue;
    if (segment.name == name)
      return uint32_t(i);
    known += (known.empty() ? "" : ", ") + segment.name;
  }
  throw inputError("segment", fmt::format("no `{}`", name),
                   known.empty() ? "the program has none of this kind" : known);
}

std::vector<Insn> decodeKernel(const Kernel &kernel) {
  std::vector<Insn> insns;
  insns.reserve(kernel.code.size() / kWordBytes);
  for (size_t at = 0; at + kWordBytes <= kernel.code.size(); at += kWordBytes)
    insns.push_back(decode(std::span<const uint8_t, kWordBytes>(kernel.code.data() + at, kWordBytes)));
  return insns;
}

} // namespace garam::rt
