// RUN: garam-opt %s --convert-task-to-isa --split-input-file --verify-diagnostics
// What a program cannot hold.

module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  func.func @k() attributes {task.kernel, task.workspace_bytes = 0 : i64, task.shared_bytes = 0 : i64, task.weight_bytes = 0 : i64} {
    %c0 = arith.constant 0 : index
    task.phase {
      %a = task.alloc <l1> 64 * 1 at 0
      // expected-error @+1 {{is for an engine with a queue; the sequencer waits in its reads only}}
      task.sync seq wait <1>
    }
    return
  }
  func.func @main() {
    tile.launch @k()
    return
  }
}

// -----
module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  func.func @k() attributes {task.kernel, task.workspace_bytes = 0 : i64, task.shared_bytes = 0 : i64, task.weight_bytes = 0 : i64} {
    %c0 = arith.constant 0 : index
    task.phase {
      %a = task.alloc <l1> 64 * 1 at 0
      // expected-error @+1 {{has more than two waits or signals; run task-split-sync}}
      task.sync vector wait <1, 2, 3>
    }
    return
  }
  func.func @main() {
    tile.launch @k()
    return
  }
}

// -----
module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  func.func @k() attributes {task.kernel, task.workspace_bytes = 0 : i64, task.shared_bytes = 0 : i64, task.weight_bytes = 0 : i64} {
    %c0 = arith.constant 0 : index
    task.phase {
      %a = task.alloc <l1> 64 * 1 at 0
      // expected-error @+1 {{names semaphore 64; run task-assign-semaphores}}
      task.sync vector wait <64>
    }
    return
  }
  func.func @main() {
    tile.launch @k()
    return
  }
}

// -----
module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  // expected-error @+1 {{value 'n' needs its range: 'garam.range = array<i64: low, high>'}}
  func.func @main(%n: index {garam.kind = "value", garam.name = "n"}) {
    return
  }
}

// -----
module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  // expected-error @+1 {{argument 0 of @main needs 'garam.kind' and 'garam.name'}}
  func.func @main(%n: index) {
    return
  }
}

// -----
module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  memref.global @c : memref<4xf32, #tile.mem<hbm>> = uninitialized
  func.func @main() {
    // expected-error @+1 {{needs a memref.global with a dense value}}
    %c = memref.get_global @c : memref<4xf32, #tile.mem<hbm>>
    return
  }
}

// -----
module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  // expected-error @+1 {{the program needs 17592186044416 bytes of memory, 17575006175232 too many; the chip has 17179869184}}
  func.func @main(%x: memref<4398046511104xf32, #tile.mem<hbm>> {garam.kind = "input", garam.name = "x"}) {
    return
  }
}

// -----
module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  func.func @k(%x: !task.buffer {task.arg = "output", task.param = 0 : i64, task.offset = 0 : i64, task.node = "y"}, %y: !task.buffer {task.arg = "input", task.param = 1 : i64, task.offset = 0 : i64}) attributes {task.kernel, task.workspace_bytes = 0 : i64, task.shared_bytes = 0 : i64, task.weight_bytes = 0 : i64} {
    return
  }
  func.func @main(%x: memref<4xf32, #tile.mem<hbm>> {garam.kind = "state", garam.name = "x"}) {
    // expected-error @+1 {{gives one tensor as arguments 0 and 1, of which one is written}}
    tile.launch @k(%x, %x) : memref<4xf32, #tile.mem<hbm>>, memref<4xf32, #tile.mem<hbm>>
    return
  }
}

// -----
module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  func.func @k(%x: !task.buffer {task.arg = "output", task.param = 1 : i64, task.offset = 0 : i64, task.node = "y"}) attributes {task.kernel, task.workspace_bytes = 0 : i64, task.shared_bytes = 0 : i64, task.weight_bytes = 0 : i64} {
    return
  }
  func.func @main(%x: memref<4xf32, #tile.mem<hbm>> {garam.kind = "state", garam.name = "x"}) {
    // expected-error @+1 {{leaves a launch parameter without a value}}
    tile.launch @k(%x) : memref<4xf32, #tile.mem<hbm>>
    return
  }
}

// -----
module attributes {graph.chip = #graph.chip<name = "atom", path = "">, garam.weight_files = ["/nowhere/v.safetensors"]} {
  func.func @k(%w: !task.buffer {task.arg = "weight", task.param = 0 : i64, task.offset = 0 : i64}) attributes {task.kernel, task.workspace_bytes = 0 : i64, task.shared_bytes = 0 : i64, task.weight_bytes = 0 : i64, task.weights_param = 0 : i64} {
    return
  }
  func.func @main(%w: memref<4xf32, #tile.mem<hbm>> {garam.kind = "weight", garam.name = "w", garam.file = 1 : i64}) {
    // expected-error @+1 {{weight 'w' is in weight file 1; the module names 1}}
    tile.launch @k(%w) : memref<4xf32, #tile.mem<hbm>>
    return
  }
}

// -----
module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  func.func @k(%w: !task.buffer {task.arg = "weight", task.param = 0 : i64, task.offset = 0 : i64}) attributes {task.kernel, task.workspace_bytes = 0 : i64, task.shared_bytes = 0 : i64, task.weight_bytes = 0 : i64, task.weights_param = 0 : i64} {
    return
  }
  func.func @main(%w: memref<4xf32, #tile.mem<hbm>> {garam.kind = "weight", garam.name = "w", garam.file = 1 : i64}) {
    // expected-error @+1 {{weight 'w' is in weight file 1; the module names 0}}
    tile.launch @k(%w) : memref<4xf32, #tile.mem<hbm>>
    return
  }
}
