// RUN: garam-opt --graph-outline-kernels %s | FileCheck %s

// A table is an argument of its kernel, a number stays inside its stretch, and the order of calls is that of the model.
// CHECK-LABEL: func.func private @layer
// CHECK-SAME: %[[X:.*]]: tensor<2x4xf32>, %[[TABLE:.*]]: tensor<4xf32>
// CHECK: graph.add %[[X]], %[[TABLE]]
// CHECK-LABEL: func.func private @main_0
// CHECK: graph.relu
// CHECK-LABEL: func.func private @main_1
// CHECK: graph.constant
// CHECK: graph.mul
// CHECK-LABEL: func.func @main
// CHECK: %[[A:.*]] = call @main_0
// CHECK: %[[B:.*]] = call @layer(%[[A]], %{{.*}})
// CHECK: %[[C:.*]] = call @main_1(%[[B]])
// CHECK: return %[[C]]
func.func private @layer(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %table = graph.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %0 = graph.add %x, %table : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

func.func @main(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %0 = graph.relu %x : tensor<2x4xf32>
  %1 = call @layer(%0) : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %two = graph.constant dense<2.0> : tensor<f32>
  %2 = graph.mul %1, %two : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xf32>
  return %2 : tensor<2x4xf32>
}
