// What the weights of a program were when it was written to a file.
#pragma once

#include "runtime/program/Program.h"

namespace garam::rt {

/// Gives each weight whose file is there the SHA-256 of its tensor, so that a run of the program reads the same values. It
/// reads every weight: programs that are run where they were compiled go without. Throws Error (Input) naming a file that
/// cannot be read, or that lacks a tensor.
void recordDigests(Program &program);

} // namespace garam::rt
