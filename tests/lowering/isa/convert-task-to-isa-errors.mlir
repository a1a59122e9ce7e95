// RUN: garam-opt %s --convert-task-to-isa --split-input-file --verify-diagnostics

module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  func.func @kernel() attributes {task.kernel} {
    return
  }
  func.func @main() {
    // expected-error @+1 {{runs 'kernel', which has no places for its arguments; run task-allocate first}}
    tile.launch @kernel()
    return
  }
}

// -----
// expected-error @+1 {{has no @main; a program is the launches of @main}}
module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
}

// -----
// expected-error @+1 {{needs the chip it is compiled for}}
module {
}
