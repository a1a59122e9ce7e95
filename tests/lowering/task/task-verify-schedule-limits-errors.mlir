// RUN: garam-opt %s --task-verify-schedule --split-input-file --verify-diagnostics
// What cannot be proved is refused.

module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  // expected-error @+1 {{has run-time values of too wide a range to be proved; narrow 'task.range'}}
  func.func @k(%n: index {task.arg = "value", task.range = array<i64: 0, 9000000>}) attributes {task.kernel} {
    return
  }
}

// -----
module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  func.func @k() attributes {task.kernel} {
    %c0 = arith.constant 0 : index
    task.phase {
      %a = task.alloc <l1> 64 * 1 at 0
      // expected-error @+1 {{a value that only the run knows decides what follows; the schedule cannot be proved}}
      %v = task.read %a[%c0] : i64
    }
    return
  }
}

// -----
module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  func.func @k(%n: index {task.arg = "value", task.range = array<i64: 0, 9>}) attributes {task.kernel} {
    %c3 = arith.constant 3 : index
    // expected-error @+1 {{cannot run on the sequencer}}
    %v = arith.divui %n, %c3 : index
    return
  }
}

// -----
module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  func.func @k() attributes {task.kernel} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    task.phase {
      // expected-error @+1 {{has a step of 0}}
      scf.for %i = %c0 to %c1 step %c0 {
        task.sync vector
      }
    }
    return
  }
}

// -----
module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  func.func @k() attributes {task.kernel, task.workspace_bytes = 512 : i64} {
    %a = task.workspace <hbm> memref<64xf32> at 0
    // expected-error @+1 {{has no place of its own in the workspace; run task-allocate}}
    %b = task.workspace <hbm> memref<64xf32> at 64
    return
  }
}
