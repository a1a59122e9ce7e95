// RUN: garam-opt --task-lower-addresses --task-expand-division %s | FileCheck %s
// RUN: sed 's/garam.parts = 3/garam.parts = 4/' %s | garam-opt --task-lower-addresses | FileCheck %s --check-prefix=ALL

// With parts a core counts from 0 on its die, and each address is that of the first die plus the home of its own. A die
// without a part does nothing.
module attributes {graph.chip = #graph.chip<name = "rebel100", path = "">, garam.parts = 3 : i64} {
  // CHECK: %[[CORE:.*]] = task.core
  // CHECK: %[[DIE:.*]] = arith.shrsi %[[CORE]]
  // CHECK: %[[LOCAL:.*]] = arith.andi %[[CORE]]
  // CHECK: %[[BUSY:.*]] = arith.cmpi slt, %[[DIE]]
  // CHECK: %[[HOME:.*]] = arith.shli %[[DIE]]
  // CHECK: task.workspace
  // CHECK: scf.if %[[BUSY]]
  // CHECK: %[[PARAM:.*]] = task.param 0
  // CHECK: %[[BASE:.*]] = arith.addi %[[PARAM]], %[[HOME]]
  // CHECK: task.phase
  // CHECK: arith.muli %[[LOCAL]]
  // ALL: arith.shli
  // ALL-NOT: scf.if
  func.func @k(%x: !task.buffer {task.arg = "input", task.type = memref<64x64xbf16, #tile.mem<hbm>>, task.param = 0 : i64, task.offset = 0 : i64})
      attributes {task.kernel, task.workspace_bytes = 8192 : i64, task.shared_bytes = 0 : i64, task.weight_bytes = 0 : i64, task.workspace_param = 1 : i64} {
    %core = task.core
    %c128 = arith.constant 128 : index
    %c0 = arith.constant 0 : index
    %y = task.workspace <hbm> memref<64x64xbf16, #tile.mem<hbm>> at 0
    task.phase {
      %b = task.alloc <l1> 128 * 1 at 0
      %o = arith.muli %core, %c128 : index
      task.load %x[%o] to %b[%c0] counts [128, 1, 1, 1, 1] strides [1, 0, 0, 0, 0] to [1, 0, 0, 0, 0]
    }
    return
  }
}
