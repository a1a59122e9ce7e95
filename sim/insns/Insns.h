// The arithmetic of every engine instruction: pure functions from operands in local memory to results, without time.
// docs/hardware/numbers.md is what they compute; docs/hardware/functions.md bounds the errors of the functions.
//
// Sources are read when an instruction is executed; the results go to memory by Result::commit, which the machine calls
// when the instruction completes. Counts of zero leave the result empty. What the ISA leaves open (addresses outside of
// memory, misaligned or negative, types that do not go together, chains that are none) throws rt::Error (Undefined) and
// leaves memory as it was.
#pragma once

#include "runtime/isa/Isa.h"
#include "sim/insns/Memory.h"

namespace garam::rt {
struct Chain;
}

namespace garam::sim::insns {

/// Plain is the scalar definition, Fast uses the host's vectors; both give the same bits. Check looks at the operands
/// only and leaves the contents of the results open. Shadow computes marks (Shadow.h): memory is that of marks.
enum class Path : uint8_t { Fast, Plain, Check, Shadow };

/// Everything an instruction's body reads.
struct Call {
  const Memory &memory;
  const rt::SlotValues &values;     ///< fields of the instruction, registers replaced by their contents
  const rt::Chain *chain = nullptr; ///< vec.map only
  int64_t arrayRows = 0;            ///< mma only: rows of the chip's array
  Path path = Path::Fast;
  const Memory *contents = nullptr; ///< Path::Shadow only: the memory whose marks `memory` holds
};

/// To be called before the first instruction of a process. Throws rt::Error: Unimplemented on a host without fused
/// multiply-add, Internal if an engine instruction of the record has no body or two.
void start();

/// Throws rt::Error (Unimplemented) if the host has no fused multiply-add in vectors.
void requireFma();

/// Executes any instruction of the matrix or vector engine; `*.sync` does nothing. Clears `result` first.
void execute(rt::Opcode opcode, const Call &call, Result &result);

/// While it lives, this thread rounds to nearest even and keeps subnormals: libraries that are loaded into the process
/// may have switched them off.
class FloatEnvironment {
public:
  FloatEnvironment();
  ~FloatEnvironment();
  FloatEnvironment(const FloatEnvironment &) = delete;
  FloatEnvironment &operator=(const FloatEnvironment &) = delete;

private:
  alignas(16) unsigned char saved[64];
};

} // namespace garam::sim::insns
