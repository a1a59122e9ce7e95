// The one error of runtime and simulator. Compiler code turns it into a diagnostic; tools print it and exit 2.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>

namespace garam::rt {

enum class ErrorKind {
  Input,         ///< what the reader gave is wrong
  Undefined,     ///< the program relies on what the ISA leaves open
  Unimplemented, ///< valid, but not supported
  Internal       ///< our own mistake
};

/// Text that came with a file, fit for a line of UTF-8: control characters and broken sequences become `\xNN`.
std::string printable(std::string_view text);

/// `WHERE: WHAT; ALLOWED`, in one printable line.
class Error : public std::runtime_error {
public:
  Error(ErrorKind kind, std::string_view where, std::string_view what, std::string_view allowed = {})
      : std::runtime_error(printable(allowed.empty() ? fmt::format("{}: {}", where, what)
                                                     : fmt::format("{}: {}; {}", where, what, allowed))),
        kind(kind) {}

  const ErrorKind kind;
};

inline Error inputError(std::string_view where, std::string_view what, std::string_view allowed) {
  return Error(ErrorKind::Input, where, what, allowed);
}

} // namespace garam::rt
