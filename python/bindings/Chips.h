// A chip description as Python data, from the declarations of its parameters (runtime/chip/Chip.h).
#pragma once

#include "runtime/chip/Chip.h"
#include "runtime/energy/Actions.h"

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

namespace garam::python {

namespace py = pybind11;

inline rt::Chip openChip(const std::string &nameOrPath, const std::vector<std::string> &overrides, int64_t dies) {
  const rt::Chip chip = rt::loadChip(nameOrPath, overrides);
  return dies > 0 ? chip.withDies(dies) : chip;
}

/// Tables by name; `peaks` holds what is computed from them.
inline py::dict chipTable(rt::Chip chip) {
  py::dict out;
  out["name"] = chip.name, out["title"] = chip.title, out["path"] = chip.path, out["ideal"] = chip.ideal;
  chip.eachTable([&](const char *table, auto &params) {
    py::dict entries;
    params.each([&](const char *key, auto &member, auto &&...) { entries[key] = member; });
    out[table] = entries;
  });
  py::dict flops;
  for (rt::DType type : {rt::DType::F32, rt::DType::F16, rt::DType::BF16, rt::DType::F8E4M3, rt::DType::I8})
    flops[py::str(std::string(rt::name(type)))] = chip.peakFlops(type);
  py::dict joules;
  for (int i = 0; i < rt::kActions; ++i)
    joules[py::str(std::string(rt::name(rt::Action(i))))] = rt::energyOf(chip.energy, rt::Action(i)) * 1e-12;
  out["peaks"] = py::dict(py::arg("joules_per_action") = joules, py::arg("standing_watts") = rt::standingWatts(chip),
                          py::arg("flops") = flops, py::arg("hbm_bytes_per_second") = chip.peakHbmBytesPerSecond(),
                          py::arg("cores") = chip.cores(), py::arg("core_hz") = chip.clock.coreMhz * 1e6,
                          py::arg("hbm_channels_per_die") = chip.dram.channels());
  return out;
}

/// Text of a key's range and its sentence.
struct KeyText {
  py::object low = py::none(), high = py::none();
  std::string sentence;
  void add(const rt::Range &range) { low = py::float_(range.low), high = py::float_(range.high); }
  void add(const char *text) { sentence = text; }
};

inline py::list chipKeys() {
  py::list out;
  rt::Chip chip;
  chip.eachTable([&](const char *table, auto &params) {
    params.each([&](const char *key, auto &, auto &&...rest) {
      KeyText text;
      (text.add(rest), ...);
      out.append(py::dict(py::arg("table") = table, py::arg("key") = key, py::arg("low") = text.low,
                          py::arg("high") = text.high, py::arg("text") = text.sentence));
    });
  });
  return out;
}

} // namespace garam::python
