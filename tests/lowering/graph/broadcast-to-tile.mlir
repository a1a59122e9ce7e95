// RUN: garam-opt --graph-outline-kernels --graph-form-groups --graph-assign-mapping --graph-verify-mapped --convert-graph-to-tile --tile-verify %s | FileCheck %s

module attributes {graph.chip = #graph.chip<name = "unit", path = "">} {
  // What a broadcast repeats is loaded once and stored everywhere: as a piece, along the columns and along the rows.
  // CHECK-LABEL: func.func private @main_0
  // CHECK: tile.map ins(%{{.*}} : memref<1x1xf32, {{.*}}>) outs(%{{.*}} : memref<1x3xf32, {{.*}}>)
  // CHECK: tile.store %{{.*}} : memref<1x3xf32, {{.*}}>, memref<1x3xf32
  // CHECK: tile.map ins(%{{.*}} : memref<1x1xf32, {{.*}}>) outs(%{{.*}} : memref<1x8xf32, {{.*}}>)
  // CHECK: tile.store %{{.*}} : memref<1x8xf32, {{.*}}>, memref<1x8xf32
  // CHECK: sizes: [1, 8], strides: [1, 1] : memref<1x8xf32
  // CHECK: tile.store %{{.*}} : memref<1x8xf32, {{.*}}>, memref<1x8xf32
  func.func @main(%a: tensor<4x1xf32> {graph.kind = "input", graph.name = "a"},
                  %b: tensor<1x8xf32> {graph.kind = "input", graph.name = "b"})
      -> (tensor<4x8xf32> {graph.name = "y"}, tensor<3x8xf32> {graph.name = "z"}, tensor<4x4xf32> {graph.name = "c"}) {
    %0 = graph.broadcast %a : tensor<4x1xf32> to tensor<4x8xf32>
    %1 = graph.broadcast %b : tensor<1x8xf32> to tensor<3x8xf32>
    %2 = graph.broadcast %a : tensor<4x1xf32> to tensor<4x3xf32>
    %3 = graph.concat %2, %a {dim = 1 : i64} : (tensor<4x3xf32>, tensor<4x1xf32>) -> tensor<4x4xf32>
    return %0, %1, %3 : tensor<4x8xf32>, tensor<3x8xf32>, tensor<4x4xf32>
  }
}
