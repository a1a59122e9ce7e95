// RUN: garam-opt %s --split-input-file --verify-diagnostics

func.func @strides(%x: !task.buffer) {
  %c0 = arith.constant 0 : index
  %a = task.alloc <l1> 4096 * 2
  // expected-error @+1 {{dimension 0 is bytes: its strides are 1}}
  task.load %x[%c0] to %a[%c0] counts [128, 1, 1, 1, 1] strides [2, 0, 0, 0, 0] to [1, 0, 0, 0, 0]
  return
}

// -----
func.func @sizes() {
  %c0 = arith.constant 0 : index
  %a = task.alloc <l1> 4096 * 2
  // expected-error @+1 {{has 2 sizes and 3 strides; needs 3 and 3}}
  task.mma %a[%c0] : bf16, %a[%c0] : bf16 to %a[%c0] sizes [32, 32] strides [128, 128, 128]
  return
}

// -----
func.func @five(%x: !task.buffer) {
  %c0 = arith.constant 0 : index
  %a = task.alloc <l1> 4096 * 2
  // expected-error @+1 {{needs five counts, source strides and target strides}}
  task.store %a[%c0] to %x[%c0] counts [128, 1] strides [1, 0, 0, 0, 0] to [1, 0, 0, 0, 0]
  return
}
