// RUN: garam-opt --graph-split-batch=parts=2 %s | FileCheck %s
// RUN: garam-opt --graph-split-batch=parts=1 %s | FileCheck %s --check-prefix=ONE
// RUN: sed s/rebel100/atom/ %s | garam-opt --graph-split-batch | FileCheck %s --check-prefix=DIE

// Every tensor that depends on the batch is a part of what it was; views carry its dimension along. What is the same for all
// sequences stays whole, also beside a broadcast that is shrunk for one user and kept for another.
// CHECK: garam.parts = 2 : i64
// ONE: garam.parts = 1 : i64
// DIE-NOT: garam.parts
module attributes {graph.chip = #graph.chip<name = "rebel100", path = "">} {
  // CHECK: func.func private @layer(%{{.*}}: tensor<3x4x16xbf16>, %{{.*}}: tensor<16x16xbf16>, %{{.*}}: tensor<4x6xi64>) -> tensor<3x4x16xbf16>
  // ONE: func.func private @layer(%{{.*}}: tensor<3x8x16xbf16>
  func.func private @layer(%x: tensor<3x8x16xbf16>, %w: tensor<16x16xbf16>, %ids: tensor<8x6xi64>) -> tensor<3x8x16xbf16> {
    // CHECK: graph.matmul {{.*}} {graph.split = 1 : i64} : {{.*}} -> tensor<3x4x16xbf16>
    %0 = graph.matmul %x, %w : (tensor<3x8x16xbf16>, tensor<16x16xbf16>) -> tensor<3x8x16xbf16>
    return %0 : tensor<3x8x16xbf16>
  }
  // CHECK-LABEL: func.func @main
  // CHECK-SAME: tensor<4x6xi64> {graph.kind = "input", graph.name = "ids", graph.split = 0 : i64}
  // CHECK-SAME: tensor<6x2xf32> {graph.kind = "input", graph.name = "other"}
  // CHECK-SAME: -> (tensor<4x48xbf16> {graph.name = "y", graph.split = 0 : i64}, tensor<6x2xf32> {graph.name = "z"}, tensor<8x16xbf16>
  func.func @main(%ids: tensor<8x6xi64> {graph.kind = "input", graph.name = "ids"},
                  %other: tensor<6x2xf32> {graph.kind = "input", graph.name = "other"},
                  %table: tensor<8x8xbf16> {graph.kind = "weight", graph.name = "table"},
                  %w: tensor<16x16xbf16> {graph.kind = "weight", graph.name = "w"},
                  %bias: tensor<1x16xbf16> {graph.kind = "weight", graph.name = "bias"})
      -> (tensor<8x48xbf16> {graph.name = "y"}, tensor<6x2xf32> {graph.name = "z"}, tensor<8x16xbf16>) {
    // CHECK: graph.embedding {{.*}} -> tensor<4x6x8xbf16>
    %0 = graph.embedding %table, %ids : (tensor<8x8xbf16>, tensor<8x6xi64>) -> tensor<8x6x8xbf16>
    // CHECK: graph.reshape {{.*}} {graph.split = 0 : i64} : tensor<4x6x8xbf16> to tensor<12x16xbf16>
    %1 = graph.reshape %0 : tensor<8x6x8xbf16> to tensor<24x16xbf16>
    // CHECK: graph.reshape {{.*}} : tensor<12x16xbf16> to tensor<4x3x16xbf16>
    %2 = graph.reshape %1 : tensor<24x16xbf16> to tensor<8x3x16xbf16>
    // CHECK: graph.transpose {{.*}} [1, 0, 2] {graph.split = 1 : i64} : tensor<4x3x16xbf16> to tensor<3x4x16xbf16>
    %3 = graph.transpose %2 [1, 0, 2] : tensor<8x3x16xbf16> to tensor<3x8x16xbf16>
    %4 = func.call @layer(%3, %w, %ids) : (tensor<3x8x16xbf16>, tensor<16x16xbf16>, tensor<8x6xi64>) -> tensor<3x8x16xbf16>
    // CHECK: graph.broadcast %{{.*}} : tensor<1x16xbf16> to tensor<8x16xbf16>
    %5 = graph.broadcast %bias : tensor<1x16xbf16> to tensor<8x16xbf16>
    %c = graph.constant dense<2.0> : tensor<3x8x1xbf16>
    // CHECK: graph.broadcast %{{.*}} {graph.split = 0 : i64} : tensor<1x16xbf16> to tensor<4x16xbf16>
    // CHECK: graph.add {{.*}} -> tensor<3x4x16xbf16>
    // CHECK: graph.constant {graph.split = 1 : i64} dense<2.000000e+00> : tensor<3x4x1xbf16>
    %6 = graph.add %4, %5 : (tensor<3x8x16xbf16>, tensor<8x16xbf16>) -> tensor<3x8x16xbf16>
    %7 = graph.mul %6, %c : (tensor<3x8x16xbf16>, tensor<3x8x1xbf16>) -> tensor<3x8x16xbf16>
    // CHECK: graph.slice {{.*}} [0, 0, 0] to [3, 4, 16]
    %8 = graph.slice %7 [0, 0, 0] to [3, 8, 16] step [1, 1, 1] : tensor<3x8x16xbf16> to tensor<3x8x16xbf16>
    %9 = graph.transpose %8 [1, 0, 2] : tensor<3x8x16xbf16> to tensor<8x3x16xbf16>
    %10 = graph.reshape %9 : tensor<8x3x16xbf16> to tensor<8x48xbf16>
    // CHECK: graph.softmax %{{.*}} {graph.split = 0 : i64} : tensor<4x48xbf16>
    %11 = graph.softmax %10 : tensor<8x48xbf16>
    return %11, %other, %5 : tensor<8x48xbf16>, tensor<6x2xf32>, tensor<8x16xbf16>
  }
}
