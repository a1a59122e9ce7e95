// RUN: garam-opt %s --pass-pipeline='builtin.module(func.func(task-expand-division))' --split-input-file --verify-diagnostics

func.func @k(%x: !task.buffer {task.arg = "input", task.type = memref<8xf32, #tile.mem<hbm>>}, %n: index {task.arg = "value"}) attributes {task.kernel} {
  %c0 = arith.constant 0 : index
  task.phase {
    %a = task.alloc <l1> 64 * 1
    // expected-error @+1 {{divides by what is not a constant above zero; the sequencer cannot divide}}
    %v = arith.divui %c0, %n : index
  }
  return
}
