// RUN: garam-opt --split-input-file --graph-outline-kernels --graph-form-groups --graph-assign-mapping --graph-verify-mapped --convert-graph-to-tile --tile-verify %s | FileCheck %s

module attributes {graph.chip = #graph.chip<name = "unit", path = "">} {
  // CHECK-LABEL: func.func private @main_0
  // CHECK-SAME: tile.arg = "input"
  // CHECK-SAME: tile.arg = "weight"
  // CHECK-SAME: tile.arg = "output"
  // CHECK: scf.forall
  // CHECK: tile.load
  // CHECK: tile.matmul {{.*}} {transposed}
  // CHECK: tile.map {{.*}} chain = <{{.*}}erf
  // CHECK: tile.store
  // CHECK-LABEL: func.func @main
  // CHECK-SAME: garam.kind = "input", garam.name = "x"
  // CHECK: %[[Y:.*]] = memref.alloc
  // CHECK: tile.launch @main_0(%{{.*}}, %{{.*}}, %{{.*}}, %[[Y]])
  // CHECK: tile.output %[[Y]] {name = "y"}
  func.func @main(%x: tensor<33x70xbf16> {graph.kind = "input", graph.name = "x"},
                  %w: tensor<50x70xbf16> {graph.kind = "weight", graph.name = "w"},
                  %b: tensor<50xbf16> {graph.kind = "weight", graph.name = "b"}) -> (tensor<33x50xbf16> {graph.name = "y"}) {
    %0 = graph.matmul %x, %w {transpose_b = true, graph.node = "linear.matmul"} : (tensor<33x70xbf16>, tensor<50x70xbf16>) -> tensor<33x50xbf16>
    %1 = graph.add %0, %b {graph.node = "linear"} : (tensor<33x50xbf16>, tensor<50xbf16>) -> tensor<33x50xbf16>
    %2 = graph.gelu %1 {graph.node = "gelu"} : tensor<33x50xbf16>
    return %2 : tensor<33x50xbf16>
  }
}

// -----

module attributes {graph.chip = #graph.chip<name = "unit", path = "">} {
  // One row for each of six matrices: a tile takes one matrix, not the rows of several by the first.
  // CHECK-LABEL: func.func private @main_0
  // CHECK: scf.forall (%[[CORE:.*]], %{{.*}}, %{{.*}}) in (3, 1, 1)
  // CHECK: scf.for %[[MATRIX:.*]] = %[[CORE]] to
  // CHECK: memref.reinterpret_cast %{{.*}} to offset: [%{{.*}}], sizes: [17, 16], strides: [16, 1]
  // CHECK: tile.matmul {{.*}}memref<1x16xf32{{.*}}memref<17x16xf32{{.*}}memref<1x17xf32
  func.func @main(%x: tensor<6x1x16xf32> {graph.kind = "input", graph.name = "x"},
                  %cache: tensor<2x3x17x16xf32> {graph.kind = "input", graph.name = "cache"}) -> (tensor<6x1x17xf32> {graph.name = "y"}) {
    %0 = graph.reshape %cache : tensor<2x3x17x16xf32> to tensor<6x17x16xf32>
    %1 = graph.matmul %x, %0 {transpose_b = true} : (tensor<6x1x16xf32>, tensor<6x17x16xf32>) -> tensor<6x1x17xf32>
    return %1 : tensor<6x1x17xf32>
  }
}
