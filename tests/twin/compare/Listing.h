// A program as text: what a reader needs to see what differs.
#pragma once

#include "runtime/program/Program.h"

#include <string>

namespace garam::twin {

/// Assembler, descriptors, semaphores and segments.
std::string listing(const rt::Program &program);

/// Text as a JSON string, quotes included.
std::string quoted(const std::string &text);

} // namespace garam::twin
