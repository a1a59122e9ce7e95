// RUN: garam-opt %s --task-prefetch | FileCheck %s
// RUN: garam-opt %s --pass-pipeline='builtin.module(task-prefetch,func.func(task-insert-sync),task-allocate,func.func(task-fold-sync,task-split-sync,task-assign-semaphores),task-verify-schedule)' | FileCheck %s --check-prefix=ALL

// What comes early is what no phase writes and a phase loads once; index arithmetic and the branch around it come with it.
module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  // CHECK-LABEL: func.func @kernel
  // ALL-LABEL: func.func @kernel
  func.func @kernel(%w: !task.buffer {task.arg = "weight", task.type = memref<64x64xf32>}, %x: !task.buffer {task.arg = "output", task.type = memref<64xf32>}) attributes {task.kernel} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c4 = arith.constant 4 : index
    %c256 = arith.constant 256 : index
    %core = task.core
    // CHECK: task.phase
    task.phase {
      %first = arith.cmpi slt, %core, %c1 : index
      scf.if %first {
        // ALL: task.alloc <l1> 256 * 1 at 0
        %o = task.alloc <l1> 256 * 1
        task.map from () [] strides [] columns [] to %o[%c0] : f32 sizes [1, 64] chain <set 1.0>
        task.store %o[%c0] to %x[%c0] counts [256, 1, 1, 1, 1] strides [1, 0, 0, 0, 0] to [1, 0, 0, 0, 0]
      }
    }
    // CHECK: task.barrier
    // ALL: task.barrier
    task.barrier die
    // CHECK-NEXT: %[[ROW:.*]] = task.alloc <l1> 256 * 1
    // CHECK-NEXT: %[[AT:.*]] = arith.muli %{{.*}}, %c256
    // CHECK-NEXT: %[[ON:.*]] = arith.cmpi slt
    // CHECK-NEXT: scf.if %[[ON]]
    // CHECK-NEXT: task.load %{{.*}}[%[[AT]]] to %[[ROW]][%c0]
    // CHECK: %[[TABLE:.*]] = task.alloc <l1> 16384 * 1
    // CHECK-NEXT: scf.if %[[ON]]
    // CHECK-NEXT: task.load %{{.*}}[%c0] to %[[TABLE]][%c0]
    // The loads do not wait for the barrier, and the phase after it waits for them.
    // ALL: %[[ROW:.*]] = task.alloc <l1> 256 * 1 at 4194048
    // ALL: task.load %{{.*}} to %[[ROW]]
    // ALL-NOT: task.sync dma_in wait
    // ALL: task.alloc <l1> 16384 * 1 at 4177664
    // ALL: task.load
    // ALL: task.sync dma_in wait
    // CHECK: task.phase
    task.phase {
      %at = arith.muli %core, %c256 : index
      %active = arith.cmpi slt, %core, %c4 : index
      scf.if %active {
        %row = task.alloc <l1> 256 * 1
        task.load %w[%at] to %row[%c0] counts [256, 1, 1, 1, 1] strides [1, 0, 0, 0, 0] to [1, 0, 0, 0, 0]
        %all = task.alloc <l1> 16384 * 1
        task.load %w[%c0] to %all[%c0] counts [16384, 1, 1, 1, 1] strides [1, 0, 0, 0, 0] to [1, 0, 0, 0, 0]
        // CHECK: %[[LATE:.*]] = task.alloc <l1> 256 * 1
        // CHECK: task.load %{{.*}} to %[[LATE]]
        %late = task.alloc <l1> 256 * 1
        task.load %x[%c0] to %late[%c0] counts [256, 1, 1, 1, 1] strides [1, 0, 0, 0, 0] to [1, 0, 0, 0, 0]
        // CHECK: scf.for
        // CHECK: task.load
        scf.for %i = %c0 to %c4 step %c1 {
          %again = task.alloc <l1> 256 * 2
          task.load %w[%c0] to %again[%c0] counts [256, 1, 1, 1, 1] strides [1, 0, 0, 0, 0] to [1, 0, 0, 0, 0]
          task.map from (%again, %row, %all at %c0, %c0, %c0) [f32, f32, f32] strides [0, 0, 0] columns [false, false, false] to %late[%c0] : f32 sizes [1, 64] chain <add s1, add s2>
        }
      }
    }
    return
  }

  // L1 holds a phase's own buffers and what is loaded for the next one: this one has no room for it.
  // CHECK-LABEL: func.func @full
  func.func @full(%w: !task.buffer {task.arg = "weight", task.type = memref<64xf32>}, %x: !task.buffer {task.arg = "output", task.type = memref<8x64xf32>}) attributes {task.kernel} {
    %c0 = arith.constant 0 : index
    %c256 = arith.constant 256 : index
    %core = task.core
    %at = arith.muli %core, %c256 : index
    task.phase {
      %big = task.alloc <l1> 4194300 * 1
      task.map from () [] strides [] columns [] to %big[%c0] : f32 sizes [1, 64] chain <set 1.0>
      task.store %big[%c0] to %x[%at] counts [256, 1, 1, 1, 1] strides [1, 0, 0, 0, 0] to [1, 0, 0, 0, 0]
    }
    // CHECK: task.barrier
    // CHECK-NEXT: task.phase
    task.barrier die
    task.phase {
      %row = task.alloc <l1> 256 * 1
      task.load %w[%c0] to %row[%c0] counts [256, 1, 1, 1, 1] strides [1, 0, 0, 0, 0] to [1, 0, 0, 0, 0]
      task.store %row[%c0] to %x[%at] counts [256, 1, 1, 1, 1] strides [1, 0, 0, 0, 0] to [1, 0, 0, 0, 0]
    }
    return
  }
}
