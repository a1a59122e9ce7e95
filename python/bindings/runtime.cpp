// garam._runtime: chips and programs. Everything is plain Python data; bytes are the currency between the modules.
#include "python/bindings/Chips.h"
#include "python/bindings/Errors.h"
#include "runtime/isa/Isa.h"
#include "runtime/program/ChipKeys.h"
#include "runtime/program/WeightDigests.h"

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <span>

namespace py = pybind11;
using namespace garam;

namespace {

std::span<const uint8_t> bytesOf(const py::bytes &data) {
  const std::string_view view = data;
  return {reinterpret_cast<const uint8_t *>(view.data()), view.size()};
}

std::string typeName(uint8_t type) { return std::string(rt::name(rt::DType(type))); }

const char *kindName(rt::fb::SegmentKind kind) {
  switch (kind) {
  case rt::fb::SegmentKind::Input:
    return "input";
  case rt::fb::SegmentKind::Output:
    return "output";
  case rt::fb::SegmentKind::Weight:
    return "weight";
  case rt::fb::SegmentKind::Constant:
    return "constant";
  case rt::fb::SegmentKind::State:
    return "state";
  case rt::fb::SegmentKind::Workspace:
    return "workspace";
  }
  return "unknown";
}

/// Instructions as mnemonic and engine, and the location of each: what attribution and traces need, without operands.
py::dict kernelTable(const rt::Kernel &kernel) {
  py::list mnemonics, engines, locations;
  size_t entry = 0;
  const std::vector<rt::Insn> insns = rt::decodeKernel(kernel);
  for (size_t i = 0; i < insns.size(); ++i) {
    const rt::InsnInfo &info = rt::info(insns[i]);
    mnemonics.append(std::string(info.mnemonic));
    engines.append(std::string(rt::name(info.engine)));
    while (entry < kernel.debug.size() && i >= size_t(kernel.debug[entry]->first) + kernel.debug[entry]->count)
      ++entry;
    const bool covered = entry < kernel.debug.size() && i >= kernel.debug[entry]->first;
    locations.append(covered ? py::object(py::int_(kernel.debug[entry]->location)) : py::object(py::none()));
  }
  return py::dict(py::arg("name") = kernel.name, py::arg("code_bytes") = kernel.code.size(),
                  py::arg("descriptors") = kernel.descriptors.size(), py::arg("mnemonics") = mnemonics,
                  py::arg("engines") = engines, py::arg("locations") = locations);
}

py::dict segmentTable(size_t number, const rt::Segment &segment) {
  py::list weights;
  for (const auto &weight : segment.weights)
    weights.append(py::dict(py::arg("tensor") = weight->tensor, py::arg("dtype") = typeName(weight->dtype),
                            py::arg("shape") = weight->shape, py::arg("sha256") = weight->sha256,
                            py::arg("offset") = weight->offset, py::arg("to_dtype") = typeName(weight->to_dtype)));
  const py::object range =
      segment.range ? py::object(py::make_tuple(segment.range->low, segment.range->high)) : py::object(py::none());
  return py::dict(py::arg("number") = number, py::arg("name") = segment.name, py::arg("kind") = kindName(segment.kind),
                  py::arg("address") = segment.address, py::arg("bytes") = segment.bytes,
                  py::arg("dtype") = typeName(segment.dtype), py::arg("shape") = segment.shape,
                  py::arg("weights") = weights, py::arg("dies") = segment.dies, py::arg("split") = segment.split,
                  py::arg("range") = range);
}

py::dict inspect(const py::bytes &data, const std::string &where) {
  const rt::Program program = rt::deserialize(bytesOf(data), where);
  py::list kernels, segments, outputs, launches, values, boundaries, locations;
  for (const auto &kernel : program.kernels)
    kernels.append(kernelTable(*kernel));
  for (size_t number = 0; number < program.segments.size(); ++number)
    segments.append(segmentTable(number, *program.segments[number]));
  for (const auto &output : program.outputs)
    outputs.append(py::dict(py::arg("name") = output->name, py::arg("segment") = output->segment));
  for (const auto &launch : program.launches)
    launches.append(py::dict(py::arg("kernel") = launch->kernel, py::arg("name") = launch->name));
  for (const auto &value : program.values)
    values.append(py::dict(py::arg("name") = value->name, py::arg("low") = value->low, py::arg("high") = value->high));
  for (const auto &boundary : program.boundaries)
    boundaries.append(py::dict(py::arg("node") = boundary->node, py::arg("segment") = boundary->segment,
                               py::arg("offset") = boundary->offset, py::arg("dtype") = typeName(boundary->dtype),
                               py::arg("shape") = boundary->shape, py::arg("launch") = boundary->launch,
                               py::arg("split") = boundary->split));
  for (const auto &location : program.locations)
    locations.append(py::dict(py::arg("op") = location->op, py::arg("tile_op") = location->tile_op,
                              py::arg("node") = location->node, py::arg("source") = location->source));
  py::dict out, chipKeys;
  for (const auto &entry : program.chip_keys)
    chipKeys[py::str(entry->key)] = entry->value;
  out["chip_keys"] = chipKeys;
  out["model"] = program.model, out["chip"] = program.chip, out["dies"] = program.dies, out["dtype"] = program.dtype;
  out["phase"] = program.phase, out["batch"] = program.batch, out["sequence_length"] = program.sequence_length;
  out["kv_capacity"] = program.kv_capacity, out["weight_files"] = program.weight_files;
  out["flops"] = program.flops, out["compulsory_bytes"] = program.compulsory_bytes, out["mapping"] = program.mapping;
  out["kernels"] = kernels, out["segments"] = segments, out["launches"] = launches, out["values"] = values;
  out["outputs"] = outputs, out["boundaries"] = boundaries, out["locations"] = locations;
  return out;
}

void checkChip(const py::bytes &data, const std::string &where, const std::string &nameOrPath,
               const std::vector<std::string> &overrides) {
  rt::checkChip(rt::deserialize(bytesOf(data), where), python::openChip(nameOrPath, overrides, 0), where);
}

py::bytes withDigests(const py::bytes &data, const std::string &where) {
  rt::Program program = rt::deserialize(bytesOf(data), where);
  rt::recordDigests(program);
  const std::vector<uint8_t> bytes = rt::serialize(program);
  return py::bytes(reinterpret_cast<const char *>(bytes.data()), bytes.size());
}

py::dict chip(const std::string &nameOrPath, const std::vector<std::string> &overrides, int64_t dies) {
  return python::chipTable(python::openChip(nameOrPath, overrides, dies));
}

double peakFlops(const std::string &nameOrPath, const std::vector<std::string> &overrides, int64_t dies,
                 const std::string &dtype) {
  const auto type = rt::dtypeFromName(dtype);
  if (!type)
    throw rt::inputError("dtype", "unknown type '" + dtype + "'", "f32, f16, bf16, f8E4M3FN, f8E5M2, i8");
  return python::openChip(nameOrPath, overrides, dies).peakFlops(*type);
}

} // namespace

PYBIND11_MODULE(_runtime, m) {
  python::translateErrors();
  m.doc() = "Chips and programs.";
  m.def("chip_names", &rt::chipNames, "Names of the shipped chips.");
  m.def("chip_folder", &rt::chipFolder, "Folder of the shipped chips.");
  m.def("chip", &chip, py::arg("name"), py::arg("overrides") = std::vector<std::string>{}, py::arg("dies") = 0,
        "A chip as nested dicts, with its derived peaks. `dies` 0: all.");
  m.def("chip_keys", &python::chipKeys, "Every key of a chip file: table, key, range and sentence.");
  m.def("peak_flops", &peakFlops, py::arg("name"), py::arg("overrides"), py::arg("dies"), py::arg("dtype"),
        "Operations per second for one type; 0 where the arrays cannot multiply it.");
  m.def("with_digests", &withDigests, py::arg("data"), py::arg("where"),
        "The program with the SHA-256 of each weight whose file is there, which reads them all.");
  m.def("check_chip", &checkChip, py::arg("data"), py::arg("where"), py::arg("name"), py::arg("overrides"),
        "Throws if a program was compiled for another chip, or one with other parameters.");
  m.def("inspect", &inspect, py::arg("data"), py::arg("where"), "A verified program as nested dicts.");
}
