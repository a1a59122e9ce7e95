// RUN: garam-opt %s --pass-pipeline='builtin.module(func.func(task-split-sync))' --split-input-file --verify-diagnostics

func.func @k(%x: !task.buffer {task.arg = "input", task.type = memref<8xf32, #tile.mem<hbm>>}, %n: index {task.arg = "value"}) attributes {task.kernel} {
  %c0 = arith.constant 0 : index
  task.phase {
    %a = task.alloc <l1> 64 * 1
    // expected-error @+1 {{makes the sequencer synchronise apart from a read; read the value where the buffer is written}}
    %v = task.read %a[%c0] : i64 wait <1, 2, 3>
  }
  return
}
