#include "tests/twin/compare/Listing.h"

#include <fmt/format.h>

#include <iterator>

namespace garam::twin {
namespace {

std::string chainText(const rt::Chain &chain) {
  std::string out;
  auto operand = [](std::string_view name, const rt::ChainOperand &own) {
    return own.present ? fmt::format(" {} {}{}", name, rt::name(own.type), own.perRow ? " per row" : "")
                       : std::string();
  };
  for (size_t i = 0; i < chain.sources.size(); ++i)
    out += operand(fmt::format("s{}", i), chain.sources[i]);
  out += operand("dst", chain.dst);
  if (chain.reduction != rt::Reduction::None)
    out += fmt::format(" reduction {}{}", int(chain.reduction), chain.reduceRows ? " over rows" : "");
  for (const rt::Step &step : chain.steps)
    out += fmt::format(" {}({})", int(step.op), int(step.arg));
  return out + (chain.integer ? " integer" : "");
}

} // namespace

std::string listing(const rt::Program &program) {
  std::string out;
  auto add = std::back_inserter(out);
  for (const auto &segment : program.segments)
    fmt::format_to(add, "segment {} {:#x} {}\n", segment->name, uint64_t(segment->address), segment->bytes);
  for (const auto &launch : program.launches)
    fmt::format_to(add, "launch of kernel {} with segment {}\n", launch->kernel,
                   launch->parameters.empty() ? -1 : launch->parameters[0]->segment);
  for (size_t k = 0; k < program.kernels.size(); ++k) {
    const rt::Kernel &kernel = *program.kernels[k];
    fmt::format_to(add, "kernel {}\n", k);
    int at = 0;
    for (const rt::Insn &insn : rt::decodeKernel(kernel))
      fmt::format_to(add, "{:4} {}\n", at++, rt::print(insn));
    for (size_t i = 0; i < kernel.descriptors.size(); ++i) {
      const rt::Descriptor descriptor = rt::fromTable(*kernel.descriptors[i]);
      if (const auto *shape = std::get_if<rt::DmaShape>(&descriptor))
        fmt::format_to(add, "descriptor {}: counts {}, source strides {}, destination strides {}\n", i,
                       fmt::join(shape->counts, " "), fmt::join(shape->srcStrides, " "),
                       fmt::join(shape->dstStrides, " "));
      else
        fmt::format_to(add, "descriptor {}:{}\n", i, chainText(std::get<rt::Chain>(descriptor)));
    }
    for (size_t s = 0; s < kernel.initial_tokens.size(); ++s)
      if (kernel.initial_tokens[s])
        fmt::format_to(add, "semaphore {} begins with {}\n", s, kernel.initial_tokens[s]);
  }
  return out;
}

std::string quoted(const std::string &text) {
  std::string out = "\"";
  for (char c : text)
    out += c == '\n' ? "\\n" : c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return out + "\"";
}

} // namespace garam::twin
