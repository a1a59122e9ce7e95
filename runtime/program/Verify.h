// What later code may rely on in a program read from a file.
#pragma once

#include "runtime/program/Program.h"

#include <string>

namespace garam::rt {

/// Throws Error (Input) with `where`: words, descriptors, loops, semaphore tables, segments, launches, boundaries.
void verify(const Program &program, const std::string &where);

} // namespace garam::rt
