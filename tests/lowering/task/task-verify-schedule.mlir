// RUN: garam-opt %s --task-verify-schedule --split-input-file | FileCheck %s

// A load, a transposition and a store in a ring of two slots, on all cores, with a run-time number of rows.
module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  // CHECK-LABEL: func.func @ring
  func.func @ring(%x: !task.buffer {task.arg = "input", task.type = memref<8x8x16xf32>},
                  %y: !task.buffer {task.arg = "output", task.type = memref<8x16x16xf32>},
                  %n: index {task.arg = "value", task.range = array<i64: 0, 8>}) attributes {task.kernel} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c64 = arith.constant 64 : index
    %c512 = arith.constant 512 : index
    %c1024 = arith.constant 1024 : index
    %core = task.core
    %in = arith.muli %core, %c512 : index
    %out = arith.muli %core, %c1024 : index
    task.phase {
      task.sync dma_in signal <0:2>
      task.sync vector signal <1:2>
      scf.for %i = %c0 to %n step %c1 {
        %a = task.alloc <l1> 64 * 2 at 0
        %b = task.alloc <l1> 64 * 2 at 128
        %row = arith.muli %i, %c64 : index
        %from = arith.addi %in, %row : index
        %to = arith.addi %out, %row : index
        task.load %x[%from] to %a[%c0] counts [64, 1, 1, 1, 1] strides [1, 0, 0, 0, 0] to [1, 0, 0, 0, 0] wait <0> signal <2>
        task.transpose %a[%c0] : f32 to %b[%c0] : f32 sizes [4, 4] strides [16, 16] wait <1, 2> signal <0, 3>
        task.store %b[%c0] to %y[%to] counts [64, 1, 1, 1, 1] strides [1, 0, 0, 0, 0] to [1, 0, 0, 0, 0] wait <3> signal <1>
      }
      task.sync dma_in wait <0:2>
      task.sync vector wait <1:2>
    }
    return
  }
}

// -----
// Cores write rows that the others read after the barrier.
module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  // CHECK-LABEL: func.func @exchange
  func.func @exchange(%x: !task.buffer {task.arg = "state", task.type = memref<8x16xf32>}) attributes {task.kernel} {
    %c0 = arith.constant 0 : index
    %c64 = arith.constant 64 : index
    %core = task.core
    %mine = arith.muli %core, %c64 : index
    task.phase {
      %a = task.alloc <l1> 64 * 1 at 0
      task.store %a[%c0] to %x[%mine] counts [64, 1, 1, 1, 1] strides [1, 0, 0, 0, 0] to [1, 0, 0, 0, 0]
    }
    task.barrier chip signal <0>
    task.phase {
      %b = task.alloc <l1> 512 * 1 at 0
      task.load %x[%c0] to %b[%c0] counts [512, 1, 1, 1, 1] strides [1, 0, 0, 0, 0] to [1, 0, 0, 0, 0] wait <0>
    }
    return
  }
}
