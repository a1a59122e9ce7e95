// rt::Error as Python exceptions: input errors become garam.InputError with the one-line message, the others
// RuntimeError.
#pragma once

#include "runtime/Error.h"

#include <pybind11/pybind11.h>

#include <exception>

namespace garam::python {

inline void translateErrors() {
  pybind11::register_local_exception_translator([](std::exception_ptr pending) {
    try {
      if (pending)
        std::rethrow_exception(pending);
    } catch (const rt::Error &error) {
      const bool reader = error.kind == rt::ErrorKind::Input || error.kind == rt::ErrorKind::Unimplemented;
      const pybind11::object type =
          pybind11::module_::import("garam.errors").attr(reader ? "InputError" : "MachineError");
      PyErr_SetString(type.ptr(), error.what());
    }
  });
}

} // namespace garam::python
