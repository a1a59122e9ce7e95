// RUN: garam-opt %s --split-input-file --verify-diagnostics
// Lists of a task that do not go together.

func.func @f(%x: !task.buffer, %c: index) {
  // expected-error @+1 {{needs indices of i32 or i64}}
  task.load %x[%c] to %x[%c] indices %x[%c] : f32 counts [128, 1, 1, 1, 4] strides [1, 0, 0, 0, 128] to [1, 0, 0, 0, 128]
  return
}

// -----
func.func @f(%x: !task.buffer, %c: index) {
  // expected-error @+1 {{needs an offset, type, stride and 'columns' entry for each of at most 3 sources}}
  task.map from (%x at %c) [f32, f32] strides [128] columns [false] to %x[%c] : f32 sizes [32, 32] chain <neg> {targetStride = 64 : i64}
  return
}

// -----
func.func @f(%x: !task.buffer, %c: index) {
  // expected-error @+1 {{needs a type with a target, and none without}}
  "task.map"(%x, %c, %x, %c) <{operandSegmentSizes = array<i32: 1, 1, 1, 1, 0, 0, 0, 0>, sourceTypes = [f32], sourceStrides = array<i64: 128>, perRow = array<i1: false>, targetStride = 128 : i64, chain = #tile.chain<neg>, staticSizes = array<i64: 8, 8>}> : (!task.buffer, index, !task.buffer, index) -> ()
  return
}
