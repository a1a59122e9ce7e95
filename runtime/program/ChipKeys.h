// What a program says of the chip it was compiled for, and whether a chip is that one.
#pragma once

#include "runtime/chip/Chip.h"
#include "runtime/program/Program.h"

#include <string>

namespace garam::rt {

/// Whether a table of the chip file shapes programs: what only the simulator reads may differ.
bool shapesPrograms(std::string_view table);

/// Every key that the compiler reads, and the organisation and timings of the memory's preset; sorted by key.
std::vector<std::unique_ptr<fb::ChipKeyT>> chipKeys(const Chip &chip);

/// SHA-256 of these keys and their values.
std::string chipDigest(const Chip &chip);

/// Throws Error (Input) if the program was compiled for a chip with other values: the first that differs, and how many more.
/// The chip may have more dies than the program uses.
void checkChip(const Program &program, const Chip &chip, const std::string &where);

} // namespace garam::rt
