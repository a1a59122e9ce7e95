// RUN: garam-opt %s --task-allocate --split-input-file --verify-diagnostics | FileCheck %s

module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  // CHECK-LABEL: func.func @places
  // CHECK-SAME: task.offset = 0 : i64, task.param = 0
  // CHECK-SAME: task.offset = 256 : i64, task.param = 0
  // CHECK-SAME: task.weight_bytes = 512
  // CHECK-SAME: task.workspace_bytes = 256
  func.func @places(%v: !task.buffer {task.arg = "weight", task.type = memref<3xf32>}, %w: !task.buffer {task.arg = "weight", task.type = memref<5xf32>}) attributes {task.kernel} {
    // CHECK: task.workspace <hbm> memref<8xf32> at 0
    %t = task.workspace <hbm> memref<8xf32>
    task.phase {
      // CHECK: task.alloc <l1> 100 * 2 at 0
      // CHECK: task.alloc <l1> 64 * 1 at 256
      // CHECK: task.alloc <acc> 64 * 1 at 1073741824
      %a = task.alloc <l1> 100 * 2
      %b = task.alloc <l1> 64 * 1
      %c = task.alloc <acc> 64 * 1
      %c0 = arith.constant 0 : index
      task.transpose %a[%c0] : f32 to %b[%c0] : f32 sizes [1, 1] strides [16, 16]
      task.transpose %c[%c0] : f32 to %b[%c0] : f32 sizes [1, 1] strides [16, 16]
    }
    return
  }
}

// -----
module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  func.func @overflow() attributes {task.kernel} {
    task.phase {
      // expected-error @+1 {{L1 overflows: 3000000 bytes × depth 2 are 1805696 bytes too many; a core has 4194304}}
      %a = task.alloc <l1> 3000000 * 2
    }
    return
  }
}
