// vec.scan: inclusive prefix sum of each row in f32, columns ascending.
#include "sim/insns/PlainRows.h"

namespace garam::sim::insns {

GARAM_INSN(vec_scan) {
  const auto args = rt::VecScanArgs::from(call.values);
  PlainRows rows{};
  if (plainRows("vec.scan", call, args, args.rows, args.cols, result, rows))
    call.path == Path::Plain ? plain::scan(rows) : fast::scan(rows);
}

} // namespace garam::sim::insns
