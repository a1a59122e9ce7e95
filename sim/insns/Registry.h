// How an instruction's body registers itself: one GARAM_INSN in its file.
#pragma once

#include "sim/insns/Insns.h"

namespace garam::sim::insns {

using Body = void (*)(const Call &call, Result &result);

bool registerInsn(const char *name, Body body);

/// Defines and registers the body of an instruction; the dot of its mnemonic is written as an underscore.
#define GARAM_INSN(insn)                                                                                               \
  static void insn##Body(const Call &call, Result &result);                                                            \
  [[maybe_unused]] static const bool insn##Registered = registerInsn(#insn, insn##Body);                               \
  static void insn##Body(const Call &call, Result &result)

} // namespace garam::sim::insns
