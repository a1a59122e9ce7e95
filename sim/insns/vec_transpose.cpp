// vec.transpose: dst[c][r] = src[r][c]. One type: bits are copied. Two types: converted as by the store of a chain.
#include "sim/insns/PlainRows.h"

namespace garam::sim::insns {

GARAM_INSN(vec_transpose) {
  const auto args = rt::VecTransposeArgs::from(call.values);
  PlainRows rows{};
  if (plainRows("vec.transpose", call, args, args.cols, args.rows, result, rows))
    call.path == Path::Plain ? plain::transpose(rows) : fast::transpose(rows);
}

} // namespace garam::sim::insns
