#include "sim/insns/Insns.h"

#include "runtime/Error.h"
#include "sim/insns/Registry.h"

#include <hwy/targets.h>

#include <algorithm>
#include <array>
#include <cfenv>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace garam::sim::insns {

namespace {

std::vector<std::pair<std::string, Body>> &bodies() {
  static std::vector<std::pair<std::string, Body>> all;
  return all;
}

void nothing(const Call &, Result &) {}

using Table = std::array<Body, 256>;

Table buildTable() {
  Table table{};
  for (const auto &[mnemonic, body] : bodies()) {
    const rt::InsnInfo *info = rt::find(std::string_view(mnemonic));
    if (!info)
      throw rt::Error(rt::ErrorKind::Internal, mnemonic, "a body without an instruction");
    if (std::exchange(table[size_t(info->opcode)], body))
      throw rt::Error(rt::ErrorKind::Internal, mnemonic, "two bodies");
  }
  for (const rt::InsnInfo &info : rt::instructions()) {
    if (info.engine != rt::Engine::Matrix && info.engine != rt::Engine::Vector)
      continue;
    Body &body = table[size_t(info.opcode)];
    if (info.fields.empty() && !body)
      body = nothing;
    if (!body)
      throw rt::Error(rt::ErrorKind::Internal, info.mnemonic, "no body");
  }
  return table;
}

const Table &table() {
  static const Table all = buildTable();
  return all;
}

} // namespace

bool registerInsn(const char *name, Body body) {
  std::string mnemonic(name);
  std::replace(mnemonic.begin(), mnemonic.end(), '_', '.');
  bodies().emplace_back(std::move(mnemonic), body);
  return true;
}

void requireFma() {
#if HWY_ARCH_X86
  // Every vector target below AVX2 multiplies and adds in two roundings.
  if (!(hwy::SupportedTargets() & (HWY_AVX2 | HWY_AVX3 | HWY_AVX3_DL)))
    throw rt::Error(rt::ErrorKind::Unimplemented, "host", "no fused multiply-add",
                    "x86-64-v3 (AVX2, FMA, F16C) or later");
#endif
}

void start() {
  requireFma();
  table();
}

void execute(rt::Opcode opcode, const Call &call, Result &result) {
  result.clear();
  const Body body = table()[size_t(opcode)];
  if (!body)
    throw rt::Error(rt::ErrorKind::Internal, fmt::format("opcode {:#x}", int(opcode)),
                    "not of the matrix or vector engine");
  body(call, result);
}

static_assert(sizeof(std::fenv_t) <= 64);

FloatEnvironment::FloatEnvironment() {
  std::fenv_t now;
  std::fegetenv(&now);
  std::memcpy(saved, &now, sizeof now);
  std::fesetenv(FE_DFL_ENV);
}

FloatEnvironment::~FloatEnvironment() {
  std::fenv_t before;
  std::memcpy(&before, saved, sizeof before);
  std::fesetenv(&before);
}

} // namespace garam::sim::insns
