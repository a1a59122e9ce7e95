// Names of the tables of a program, for those who pass them on: Program.h has them whole, and takes a second of each build of a file.
#pragma once

namespace garam::rt {

namespace fb {
struct ProgramT;
struct KernelT;
struct SegmentT;
} // namespace fb

using Program = fb::ProgramT;
using Kernel = fb::KernelT;
using Segment = fb::SegmentT;

} // namespace garam::rt
