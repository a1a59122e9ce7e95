// RUN: garam-opt %s --task-insert-sync | FileCheck %s

// CHECK-LABEL: func.func @stages
func.func @stages(%x: !task.buffer {task.arg = "input", task.type = memref<64xf32>}) attributes {task.kernel} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  task.phase {
    // The waiting engine of each ring fills it at the start, and drains it at the end.
    // CHECK: task.sync dma_in signal <[[FREE:[0-9]+]]:2>
    // CHECK: task.sync vector signal <[[OUT:[0-9]+]]:3>
    scf.for %i = %c0 to %c4 step %c1 {
      %a = task.alloc <l1> 64 * 2
      %b = task.alloc <l1> 64 * 3
      // Two loads, one token: they complete in order.
      // CHECK: task.load {{.*}} wait <[[FREE]]>
      // CHECK-NEXT: task.load {{.*}}signal <[[FULL:[0-9]+]]>
      task.load %x[%c0] to %a[%c0] counts [64, 1, 1, 1, 1] strides [1, 0, 0, 0, 0] to [1, 0, 0, 0, 0]
      task.load %x[%c0] to %a[%c0] counts [64, 1, 1, 1, 1] strides [1, 0, 0, 0, 0] to [1, 0, 0, 0, 0]
      // CHECK: task.transpose {{.*}} wait <[[FULL]], [[OUT]]> signal <[[FREE]], [[DONE:[0-9]+]]>
      task.transpose %a[%c0] : f32 to %b[%c0] : f32 sizes [4, 4] strides [16, 16]
      // CHECK: task.store {{.*}} wait <[[DONE]]> signal <[[OUT]]>
      task.store %b[%c0] to %x[%c0] counts [64, 1, 1, 1, 1] strides [1, 0, 0, 0, 0] to [1, 0, 0, 0, 0]
    }
    // CHECK: task.sync dma_in wait <[[FREE]]:2>
    // CHECK: task.sync vector wait <[[OUT]]:3>
  }
  return
}

// A buffer that outlives the loop in which matrix and vector alternate on it: the loop belongs to the engine that begins.
// CHECK-LABEL: func.func @alternate
func.func @alternate(%x: !task.buffer {task.arg = "output", task.type = memref<64xf32>}, %n: index) attributes {task.kernel} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  task.phase {
    %a = task.alloc <acc> 64 * 1
    %l = task.alloc <l1> 64 * 1
    // CHECK: task.map {{.*}} sizes [1, 16]
    task.map from () [] strides [] columns [] to %a[%c0] : f32 sizes [1, 16] chain <set 0.0>
    // CHECK: task.sync vector signal <[[BACK:[0-9]+]]>
    // CHECK: scf.for
    scf.for %i = %c0 to %n step %c1 {
      // CHECK: task.map {{.*}} wait <[[BACK]]> signal <[[SCALED:[0-9]+]]>
      task.map from (%a at %c0) [f32] strides [0] columns [false] to %a[%c0] : f32 sizes [1, 16] chain <mul 0.5>
      // CHECK: task.mma {{.*}} wait <[[SCALED]]> signal <[[BACK]]>
      task.mma %l[%c0] : f32, %l[%c0] : f32 to %a[%c0] sizes [1, 1, 16] strides [4, 64, 64] accumulate %c1
    }
    // CHECK: task.sync vector wait <[[BACK]]>
    // CHECK: task.map
    // CHECK-SAME: signal <[[READY:[0-9]+]]>
    task.map from (%a at %c0) [f32] strides [0] columns [false] to %a[%c0] : f32 sizes [1, 16] chain <neg>
    // CHECK: task.store {{.*}} wait <[[READY]]>
    task.store %a[%c0] to %x[%c0] counts [64, 1, 1, 1, 1] strides [1, 0, 0, 0, 0] to [1, 0, 0, 0, 0]
  }
  return
}

// Phases meet at the barrier.
// CHECK-LABEL: func.func @phases
func.func @phases(%x: !task.buffer {task.arg = "output", task.type = memref<64xf32>}) attributes {task.kernel} {
  %c0 = arith.constant 0 : index
  task.phase {
  }
  // CHECK: task.sync dma_in signal <[[A:[0-9]+]]>
  // CHECK: task.sync matrix signal <[[B:[0-9]+]]>
  // CHECK: task.sync vector signal <[[C:[0-9]+]]>
  // CHECK: task.barrier die wait <[[A]], [[B]], [[C]]> signal <[[D:[0-9]+]], [[E:[0-9]+]], [[F:[0-9]+]]>
  task.barrier die
  // CHECK: task.sync dma_in wait <[[D]]>
  // CHECK: task.sync matrix wait <[[E]]>
  // CHECK: task.sync vector wait <[[F]]>
  task.phase {
  }
  return
}
