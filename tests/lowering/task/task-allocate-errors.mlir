// RUN: garam-opt %s --task-allocate --split-input-file --verify-diagnostics

module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  func.func @k() attributes {task.kernel} {
    // expected-error @+1 {{shared memory overflows by 1103101952 bytes; a die has 33554432}}
    %a = task.workspace <shared> memref<284164096xf32>
    return
  }
}

// -----
module attributes {graph.chip = #graph.chip<name = "rebel100", path = "">} {
  // expected-error @+1 {{workspace in shared memory is not supported on more than one die; use hbm}}
  func.func @k() attributes {task.kernel} {
    %a = task.workspace <shared> memref<64xf32>
    return
  }
}
