// RUN: garam-opt --graph-outline-kernels --graph-form-groups --graph-assign-mapping --graph-verify-mapped --convert-graph-to-tile --tile-verify %s | FileCheck %s

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
