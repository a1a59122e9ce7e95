// The three forms of an instruction's arithmetic, one of which a call asks for.
#pragma once

#include "sim/insns/Insns.h"

namespace garam::sim::insns {

template <class Operands> using Form = void (*)(const Operands &);

/// Calls the form that `path` names; none of them where operands are only checked.
template <class Operands>
void compute(Path path, const Operands &operands, Form<Operands> plain, Form<Operands> fast, Form<Operands> shadow) {
  switch (path) {
  case Path::Fast:
    return fast(operands);
  case Path::Plain:
    return plain(operands);
  case Path::Shadow:
    return shadow(operands);
  case Path::Check:
    return;
  }
}

} // namespace garam::sim::insns
