// RUN: garam-opt %s --graph-outline-kernels --split-input-file --verify-diagnostics

// expected-error @+1 {{module has no function @main; supported is a module that the importer wrote, with @main and one function per layer}}
module {
}
