// Reads safetensors files: a length, a JSON header, bytes. Strict: whatever the format does not say is an error.
#pragma once

#include "runtime/isa/DType.h"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace garam::rt {

struct SafetensorsEntry {
  std::string typeName;       ///< as the file spells it: `BF16`, `F8_E4M3`, …
  std::optional<DType> dtype; ///< none if this project has no such type
  std::vector<int64_t> shape;
  std::span<const uint8_t> bytes;
};

/// A file, mapped into memory while the object lives.
class SafetensorsFile {
public:
  /// Throws Error (Input): `path: what; allowed`.
  explicit SafetensorsFile(const std::string &path);
  ~SafetensorsFile();
  SafetensorsFile(const SafetensorsFile &) = delete;
  SafetensorsFile &operator=(const SafetensorsFile &) = delete;

  const std::string &path() const { return name; }
  const std::map<std::string, SafetensorsEntry, std::less<>> &tensors() const { return entries; }
  /// Throws Error (Input) if there is none of that name.
  const SafetensorsEntry &find(std::string_view tensor) const;
  /// SHA-256 of a tensor's bytes, computed when first asked for. Throws as `find`.
  const std::string &digest(std::string_view tensor) const;
  /// Gives back the host memory that reading a tensor of this file took; it can be read again.
  void release(const SafetensorsEntry &entry) const;

private:
  const std::string name;
  std::span<const uint8_t> mapped;
  std::map<std::string, SafetensorsEntry, std::less<>> entries;
  mutable std::map<std::string, std::string, std::less<>> digests;
};

/// Entries of a file's bytes; `where` names it in errors.
std::map<std::string, SafetensorsEntry, std::less<>> parseSafetensors(std::span<const uint8_t> bytes,
                                                                      const std::string &where);

} // namespace garam::rt
