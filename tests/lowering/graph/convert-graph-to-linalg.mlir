// The reference of an op: operands widened, computed in f32, rounded once. No graph op is left, groups are opened.
// RUN: garam-opt %s --convert-graph-to-linalg | FileCheck %s --implicit-check-not=graph.

// CHECK: func.func private @garam_narrow_bf16(f32) -> i16
// CHECK-LABEL: func.func @add
func.func @add(%x: tensor<2x3xbf16>, %y: tensor<3xbf16>) -> tensor<2x3xbf16> {
  // CHECK: linalg.generic
  // CHECK: ^bb0(%[[X:.*]]: bf16, %[[Y:.*]]: bf16, %{{.*}}: bf16):
  // CHECK: %[[XB:.*]] = arith.bitcast %[[X]] : bf16 to i16
  // CHECK: %[[XW:.*]] = func.call @garam_widen_bf16(%[[XB]])
  // CHECK: %[[YW:.*]] = func.call @garam_widen_bf16
  // CHECK: %[[S:.*]] = arith.addf %[[XW]], %[[YW]] : f32
  // CHECK: func.call @garam_narrow_bf16(%[[S]])
  %0 = graph.group "sum" (%a = %x, %b = %y) : (tensor<2x3xbf16>, tensor<3xbf16>) -> tensor<2x3xbf16> {
    %1 = graph.add %a, %b : (tensor<2x3xbf16>, tensor<3xbf16>) -> tensor<2x3xbf16>
    graph.yield %1 : tensor<2x3xbf16>
  }
  return %0 : tensor<2x3xbf16>
}

// CHECK-LABEL: func.func @matmul
func.func @matmul(%a: tensor<2x3xf32>, %b: tensor<4x3xf32>) -> tensor<2x4xf32> {
  // The sum runs over the middle loop, so k ascends for each element.
  // CHECK: linalg.generic
  // CHECK: iterator_types = ["parallel", "reduction", "parallel"]
  // CHECK: arith.mulf
  // CHECK: arith.addf
  %0 = graph.matmul %a, %b {transpose_b = true} : (tensor<2x3xf32>, tensor<4x3xf32>) -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}
