// RUN: garam-opt --graph-outline-kernels --graph-form-groups --graph-assign-mapping --graph-verify-mapped --convert-graph-to-tile --tile-verify %s | FileCheck %s

module attributes {graph.chip = #graph.chip<name = "unit", path = "">} {
  // A sum, its norm and two gathers are one phase over rows; mean and variance are f32 columns.
  // CHECK-LABEL: func.func private @main_0
  // CHECK: scf.forall
  // CHECK: tile.gather
  // CHECK: tile.map {{.*}} reduce({{.*}}) chain = <add s1{{.*}}reduce sum columns>
  // CHECK: tile.map {{.*}} chain = <{{.*}}rsqrt>
  // CHECK: tile.store
  // CHECK-NOT: scf.forall
  // CHECK-LABEL: func.func @main
  func.func @main(%table: tensor<100x48xbf16> {graph.kind = "weight", graph.name = "table"},
                  %ids: tensor<2x7xi64> {graph.kind = "input", graph.name = "ids"},
                  %p: tensor<7x48xbf16> {graph.kind = "weight", graph.name = "p"},
                  %w: tensor<48xbf16> {graph.kind = "weight", graph.name = "w"}) -> (tensor<2x7x48xbf16> {graph.name = "y"}) {
    %0 = graph.embedding %table, %ids : (tensor<100x48xbf16>, tensor<2x7xi64>) -> tensor<2x7x48xbf16>
    %1 = graph.add %0, %p : (tensor<2x7x48xbf16>, tensor<7x48xbf16>) -> tensor<2x7x48xbf16>
    %2 = graph.layer_norm %1, %w, %w {eps = 1.0e-5 : f32} : tensor<2x7x48xbf16>, tensor<48xbf16>, tensor<48xbf16>
    return %2 : tensor<2x7x48xbf16>
  }
}
