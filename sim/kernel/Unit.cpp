#include "sim/kernel/Unit.h"

namespace garam::sim {

template <class Ports> static std::string namesOf(const Ports &ports) {
  std::string names;
  for (const auto &port : ports)
    names += (names.empty() ? "" : ", ") + port.name;
  return names.empty() ? "none" : names;
}

const InPort &Unit::input(std::string_view name) const {
  for (const InPort &port : inputs)
    if (port.name == name)
      return port;
  throw rt::inputError(this->name(), fmt::format("no input `{}`", name), "its inputs: " + namesOf(inputs));
}

OutPort &Unit::output(std::string_view name) {
  for (OutPort &port : outputs)
    if (port.name == name)
      return port;
  throw rt::inputError(this->name(), fmt::format("no output `{}`", name), "its outputs: " + namesOf(outputs));
}

void OutPort::bind(Kernel &toKernel, Unit &to, const InPort &input, uint16_t toLane) {
  kernel = &toKernel, unit = to.number(), port = input.number, lane = toLane, falling = input.edge == Edge::Falling;
  ahead = input.delivery == Delivery::Ahead ? &to : nullptr;
}

void Unit::foresee(const Message &message, int64_t) {
  throw rt::Error(rt::ErrorKind::Internal, name(), fmt::format("input {} takes nothing ahead", message.port));
}

void Unit::end_of_elaboration() {
  for (const OutPort &port : outputs)
    if (!port.bound())
      throw rt::inputError(name(), fmt::format("output `{}` is not bound", port.name),
                           "needed: an input for every output");
}

void connect(Unit &from, std::string_view out, Unit &to, std::string_view in, int lane) {
  OutPort &port = from.output(out);
  if (port.bound())
    throw rt::Error(rt::ErrorKind::Internal, from.name(), fmt::format("output `{}` is bound twice", out));
  port.bind(from.kernel, to, to.input(in), uint16_t(lane));
}

} // namespace garam::sim
