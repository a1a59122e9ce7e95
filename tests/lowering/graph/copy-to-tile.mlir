// RUN: garam-opt --graph-outline-kernels --graph-form-groups --graph-assign-mapping --graph-verify-mapped --convert-graph-to-tile --tile-verify %s | FileCheck %s

module attributes {graph.chip = #graph.chip<name = "unit", path = "">} {
  // Parts of a concat are copied one after another; a reduction over rows takes tiles of columns.
  // CHECK-LABEL: func.func private @main_0
  // CHECK: memref.alloc() {{.*}}#tile.mem<shared>
  // CHECK: scf.forall
  // CHECK: tile.load
  // CHECK: tile.store
  // CHECK: scf.forall
  // CHECK: tile.store
  // CHECK: tile.barrier
  // CHECK: scf.forall
  // CHECK: tile.map {{.*}} reduce({{.*}}) chain = <reduce sum rows>
  // CHECK: tile.map {{.*}} chain = <mul 0.2{{.*}}>
  func.func @main(%a: tensor<2x3x8xf32> {graph.kind = "input", graph.name = "a"},
                  %b: tensor<2x2x8xf32> {graph.kind = "input", graph.name = "b"}) -> (tensor<2x8xf32> {graph.name = "y"}) {
    %0 = graph.concat %a, %b {dim = 1 : i64} : (tensor<2x3x8xf32>, tensor<2x2x8xf32>) -> tensor<2x5x8xf32>
    %1 = graph.reduce #graph.reduce_kind<mean> %0 {dim = 1 : i64} : tensor<2x5x8xf32> to tensor<2x8xf32>
    return %1 : tensor<2x8xf32>
  }
}
