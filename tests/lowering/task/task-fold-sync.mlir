// RUN: garam-opt %s --task-fold-sync --task-split-sync | FileCheck %s

// CHECK-LABEL: func.func @fold
func.func @fold() attributes {task.kernel} {
  %c0 = arith.constant 0 : index
  %a = task.alloc <l1> 64 * 1
  // Waits go to the next op of the engine, signals to the one before; ops of other engines between do not matter.
  // CHECK: task.sync matrix signal <9>
  // CHECK-NEXT: task.transpose {{.*}} wait <1> signal <2>
  task.sync vector wait <1>
  task.sync matrix signal <9>
  task.transpose %a[%c0] : f32 to %a[%c0] : f32 sizes [4, 4] strides [16, 16]
  task.sync vector signal <2>
  // A sync that signals keeps the waits that come after it behind the signal.
  // CHECK-NEXT: task.sync dma_in wait <3> signal <4>
  // CHECK-NEXT: task.sync dma_in wait <5>
  task.sync dma_in wait <3>
  task.sync dma_in signal <4>
  task.sync dma_in wait <5>
  // CHECK-NEXT: task.sync dma_out wait <6, 7>
  // CHECK-NEXT: task.sync dma_out wait <8> signal <10>
  // CHECK-NEXT: task.sync dma_out signal <11, 12>
  task.sync dma_out wait <6, 7, 8> signal <10, 11, 12>
  return
}
