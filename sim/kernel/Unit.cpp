#include "sim/kernel/Unit.h"

namespace garam::sim {

const InPort &Unit::input(std::string_view name) const {
  for (const InPort &port : inputs)
    if (port.name == name)
      return port;
  throw rt::Error(rt::ErrorKind::Internal, this->name(), fmt::format("no input `{}`", name));
}

OutPort &Unit::output(std::string_view name) {
  for (OutPort &port : outputs)
    if (port.name == name)
      return port;
  throw rt::Error(rt::ErrorKind::Internal, this->name(), fmt::format("no output `{}`", name));
}

void Unit::end_of_elaboration() {
  for (const OutPort &port : outputs)
    if (!port.bound())
      throw rt::Error(rt::ErrorKind::Internal, name(), fmt::format("output `{}` is not bound", port.name));
}

void connect(Unit &from, std::string_view out, Unit &to, std::string_view in, int lane) {
  OutPort &port = from.output(out);
  if (port.bound())
    throw rt::Error(rt::ErrorKind::Internal, from.name(), fmt::format("output `{}` is bound twice", out));
  port.bind(from.kernel, to.number(), to.input(in), uint16_t(lane));
}

} // namespace garam::sim
