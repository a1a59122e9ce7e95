// RUN: garam-opt --graph-outline-kernels %s --split-input-file | FileCheck %s

// A launch names sixteen tensors, two of them weights and workspace. A concat of more is a concat of concats, each a kernel.
// CHECK-LABEL: func.func private @main_0
// CHECK-SAME: %arg12: tensor<1xf32>) -> tensor<13xf32>
// CHECK-LABEL: func.func private @main_1
// CHECK-SAME: (%arg0: tensor<1xf32>, %arg1: tensor<1xf32>, %arg2: tensor<13xf32>) -> tensor<15xf32>
// CHECK: %[[LAST:.*]] = graph.concat %arg0, %arg1
// CHECK: graph.concat %arg2, %[[LAST]]
func.func @main(%0: tensor<1xf32>, %1: tensor<1xf32>, %2: tensor<1xf32>, %3: tensor<1xf32>, %4: tensor<1xf32>, %5: tensor<1xf32>,
                %6: tensor<1xf32>, %7: tensor<1xf32>, %8: tensor<1xf32>, %9: tensor<1xf32>, %10: tensor<1xf32>, %11: tensor<1xf32>,
                %12: tensor<1xf32>, %13: tensor<1xf32>, %14: tensor<1xf32>) -> tensor<15xf32> {
  %all = graph.concat %0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14 {dim = 0 : i64} :
    (tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>,
     tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<15xf32>
  return %all : tensor<15xf32>
}

// -----

// A layer of more is no kernel: its ops are stretches of @main, cut where the tensors run out, and say of which call they are. Weights
// are one parameter, and what lives inside a stretch is none.
// CHECK-NOT: @layer
// CHECK-LABEL: func.func private @main_0
// CHECK-SAME: -> tensor<1xf32>
// CHECK-COUNT-13: graph.add {{.*}}graph.node = "layers.0/n
// CHECK-NOT: graph.add
// CHECK-LABEL: func.func private @main_1
// CHECK-SAME: -> tensor<1xf32>
// CHECK: graph.add {{.*}}graph.node = "layers.0/n
// CHECK-LABEL: func.func @main
func.func private @layer(%w: tensor<1xf32>, %0: tensor<1xf32>, %1: tensor<1xf32>, %2: tensor<1xf32>, %3: tensor<1xf32>, %4: tensor<1xf32>,
                         %5: tensor<1xf32>, %6: tensor<1xf32>, %7: tensor<1xf32>, %8: tensor<1xf32>, %9: tensor<1xf32>,
                         %10: tensor<1xf32>, %11: tensor<1xf32>, %12: tensor<1xf32>, %13: tensor<1xf32>) -> tensor<1xf32> {
  %s0 = graph.add %w, %0 {graph.node = "n0"} : (tensor<1xf32>, tensor<1xf32>) -> tensor<1xf32>
  %s1 = graph.add %s0, %1 {graph.node = "n1"} : (tensor<1xf32>, tensor<1xf32>) -> tensor<1xf32>
  %s2 = graph.add %s1, %2 {graph.node = "n2"} : (tensor<1xf32>, tensor<1xf32>) -> tensor<1xf32>
  %s3 = graph.add %s2, %3 {graph.node = "n3"} : (tensor<1xf32>, tensor<1xf32>) -> tensor<1xf32>
  %s4 = graph.add %s3, %4 {graph.node = "n4"} : (tensor<1xf32>, tensor<1xf32>) -> tensor<1xf32>
  %s5 = graph.add %s4, %5 {graph.node = "n5"} : (tensor<1xf32>, tensor<1xf32>) -> tensor<1xf32>
  %s6 = graph.add %s5, %6 {graph.node = "n6"} : (tensor<1xf32>, tensor<1xf32>) -> tensor<1xf32>
  %s7 = graph.add %s6, %7 {graph.node = "n7"} : (tensor<1xf32>, tensor<1xf32>) -> tensor<1xf32>
  %s8 = graph.add %s7, %8 {graph.node = "n8"} : (tensor<1xf32>, tensor<1xf32>) -> tensor<1xf32>
  %s9 = graph.add %s8, %9 {graph.node = "n9"} : (tensor<1xf32>, tensor<1xf32>) -> tensor<1xf32>
  %s10 = graph.add %s9, %10 {graph.node = "n10"} : (tensor<1xf32>, tensor<1xf32>) -> tensor<1xf32>
  %s11 = graph.add %s10, %11 {graph.node = "n11"} : (tensor<1xf32>, tensor<1xf32>) -> tensor<1xf32>
  %s12 = graph.add %s11, %12 {graph.node = "n12"} : (tensor<1xf32>, tensor<1xf32>) -> tensor<1xf32>
  %s13 = graph.add %s12, %13 {graph.node = "n13"} : (tensor<1xf32>, tensor<1xf32>) -> tensor<1xf32>
  return %s13 : tensor<1xf32>
}
func.func @main(%w: tensor<1xf32> {graph.kind = "weight", graph.name = "w"}, %0: tensor<1xf32>, %1: tensor<1xf32>, %2: tensor<1xf32>,
                %3: tensor<1xf32>, %4: tensor<1xf32>, %5: tensor<1xf32>, %6: tensor<1xf32>, %7: tensor<1xf32>, %8: tensor<1xf32>,
                %9: tensor<1xf32>, %10: tensor<1xf32>, %11: tensor<1xf32>, %12: tensor<1xf32>, %13: tensor<1xf32>) -> tensor<1xf32> {
  %y = call @layer(%w, %0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13) {graph.instance = "layers.0"} :
    (tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>,
     tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1xf32>
  return %y : tensor<1xf32>
}
