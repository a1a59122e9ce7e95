// vec.argmax: the first column with the largest value of each row.
#include "sim/insns/PlainRows.h"

namespace garam::sim::insns {

GARAM_INSN(vec_argmax) {
  const auto args = rt::VecArgmaxArgs::from(call.values);
  const rt::DType outType = typeAt("vec.argmax", args.types, 4);
  if (outType != rt::DType::I32 && outType != rt::DType::I64)
    throw rt::Error(rt::ErrorKind::Undefined, "vec.argmax.types", fmt::format("result of type {}", int(outType)),
                    "i32 (8) or i64 (9)");
  checkElements("vec.argmax", call.memory, args.rows, args.cols);
  PlainRows rows{};
  if (plainRows("vec.argmax", call, args, args.rows, 1, result, rows))
    call.path == Path::Plain ? plain::argmax(rows) : fast::argmax(rows);
}

} // namespace garam::sim::insns
