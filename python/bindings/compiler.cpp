// garam._compiler: text of any level to a program. The interpreter's lock is released meanwhile.
#include "lowering/Faults.h"
#include "lowering/Pipeline.h"
#include "lowering/graph/golden/Jit.h"
#include "python/bindings/Errors.h"

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <map>
#include <optional>

namespace py = pybind11;
using namespace garam;

namespace {

/// Takes `key` out of `options` if it is there.
template <class T> void take(py::dict &options, const char *key, T &into) {
  if (!options.contains(key))
    return;
  into = options[key].cast<T>();
  options.attr("pop")(key);
}

Level levelOf(const std::string &name) {
  const std::optional<Level> level = levelFromName(name);
  if (!level)
    throw rt::inputError("--emit", "unknown level '" + name + "'", "graph, mapping, tile, task, isa");
  return *level;
}

CompileOptions optionsOf(py::dict options) {
  options = options.attr("copy")();
  std::string emit;
  CompileOptions out;
  take(options, "chip", out.chip), take(options, "overrides", out.overrides), take(options, "dies", out.dies);
  take(options, "emit", emit);
  if (!emit.empty())
    out.emit = levelOf(emit);
  take(options, "mapping_file", out.mappingFile), take(options, "disabled", out.disabled);
  take(options, "model", out.model), take(options, "dtype", out.dtype);
  take(options, "phase", out.phase), take(options, "weight_files", out.weightFiles), take(options, "batch", out.batch);
  take(options, "sequence_length", out.sequenceLength), take(options, "kv_capacity", out.kvCapacity);
  take(options, "flops", out.flops), take(options, "compulsory_bytes", out.compulsoryBytes);
  take(options, "timing", out.timing), take(options, "print_after_all", out.printAfterAll);
  take(options, "reproducer", out.reproducer);
  if (!options.empty())
    throw py::key_error("no option of the compiler: " + py::str(options).cast<std::string>());
  return out;
}

py::dict compileText(const std::string &text, const std::string &where, const py::dict &options) {
  const CompileOptions chosen = optionsOf(options);
  CompileResult result;
  {
    const py::gil_scoped_release unlocked;
    result = compile(text, where, chosen);
  }
  return py::dict(py::arg("program") =
                      py::bytes(reinterpret_cast<const char *>(result.program.data()), result.program.size()),
                  py::arg("emitted") = result.emitted, py::arg("mapping") = result.mapping);
}

py::dict runGolden(const std::string &text, const std::map<std::string, std::string> &inputs) {
  golden::Tensors tensors, results;
  for (const auto &[name, bytes] : inputs)
    tensors[name].assign(bytes.begin(), bytes.end());
  {
    const py::gil_scoped_release unlocked;
    results = golden::runGolden(text, tensors);
  }
  py::dict out;
  for (const auto &[name, bytes] : results)
    out[py::str(name)] = py::bytes(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  return out;
}

/// The compiler's own mistakes as garam.InternalError, with the path of the reproducer.
void translateFaults() {
  py::register_local_exception_translator([](std::exception_ptr pending) {
    try {
      if (pending)
        std::rethrow_exception(pending);
    } catch (const Fault &fault) {
      const py::object type = py::module_::import("garam.errors").attr("InternalError");
      const py::object path =
          fault.reproducer ? py::module_::import("pathlib").attr("Path")(*fault.reproducer) : py::object(py::none());
      PyErr_SetObject(type.ptr(), type(fault.what(), path).ptr());
    }
  });
}

} // namespace

PYBIND11_MODULE(_compiler, m) {
  python::translateErrors();
  translateFaults();
  m.doc() = "The compiler.";
  m.def("compile", &compileText, py::arg("text"), py::arg("where"), py::arg("options"),
        "Program bytes, emitted text and mapping. `options` has the keys of CompileOptions in snake case.");
  m.def(
      "run_golden", &runGolden, py::arg("text"), py::arg("inputs"),
      "Runs `@main` of a graph module through its references on the CPU: bytes of dense tensors by name, in and out.");
  m.def("optimisations", &optimisations, "Names that can be switched off.");
}
