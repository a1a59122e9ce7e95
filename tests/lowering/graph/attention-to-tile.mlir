// RUN: garam-opt --graph-outline-kernels --graph-form-groups --graph-assign-mapping --graph-verify-mapped --convert-graph-to-tile --tile-verify %s | FileCheck %s

module attributes {graph.chip = #graph.chip<name = "unit", path = "">} {
  // All keys in one tile: one pass, and the store lays the heads side by side.
  // CHECK-LABEL: func.func private @layer
  // CHECK: tile.matmul {{.*}} {transposed}
  // CHECK: tile.map {{.*}} reduce({{.*}}) chain = <{{.*}}select {{.*}}, reduce max columns>
  // CHECK: tile.map {{.*}} chain = <{{.*}}exp, reduce sum columns>
  // CHECK: tile.matmul
  // CHECK: tile.store
  func.func private @layer(%x: tensor<2x9x64xbf16>, %m: tensor<2x9xi64>) -> tensor<2x9x64xbf16> {
    %0 = graph.reshape %x : tensor<2x9x64xbf16> to tensor<2x9x2x32xbf16>
    %1 = graph.transpose %0 [0, 2, 1, 3] : tensor<2x9x2x32xbf16> to tensor<2x2x9x32xbf16>
    %2 = graph.attention %1, %1, %1 mask %m {scale = 0.125 : f32} : (tensor<2x2x9x32xbf16>, tensor<2x2x9x32xbf16>, tensor<2x2x9x32xbf16>, tensor<2x9xi64>) -> tensor<2x2x9x32xbf16>
    %3 = graph.transpose %2 [0, 2, 1, 3] : tensor<2x2x9x32xbf16> to tensor<2x9x2x32xbf16>
    %4 = graph.reshape %3 : tensor<2x9x2x32xbf16> to tensor<2x9x64xbf16>
    return %4 : tensor<2x9x64xbf16>
  }
  // With a position the loop over keys ends where the cache does, and the cache is updated in place: no result is returned.
  // CHECK-LABEL: func.func private @decode
  // CHECK-SAME: %[[CACHE:[a-z0-9]*]]: memref<1x2x40x32xbf16, #tile.mem<hbm>> {tile.arg = "state"}
  // CHECK-SAME: %[[POS:[a-z0-9]*]]: index
  // CHECK: memref.reinterpret_cast %[[CACHE]]
  // CHECK: tile.store
  // CHECK: tile.barrier
  // CHECK: arith.addi %[[POS]]
  // CHECK: scf.for
  // CHECK: tile.matmul
  func.func private @decode(%q: tensor<1x4x1x32xbf16>, %cache: tensor<1x2x40x32xbf16>, %k: tensor<1x2x1x32xbf16>, %pos: index)
      -> (tensor<1x2x40x32xbf16>, tensor<1x4x1x32xbf16>) {
    %0 = graph.kv_update %cache, %k pos %pos : tensor<1x2x40x32xbf16>, tensor<1x2x1x32xbf16>
    %1 = graph.attention %q, %0, %0 pos %pos {scale = 0.125 : f32} : (tensor<1x4x1x32xbf16>, tensor<1x2x40x32xbf16>, tensor<1x2x40x32xbf16>, index) -> tensor<1x4x1x32xbf16>
    return %0, %1 : tensor<1x2x40x32xbf16>, tensor<1x4x1x32xbf16>
  }
  // CHECK-LABEL: func.func @main
  // CHECK: tile.launch @layer
  // CHECK: tile.launch @decode
  // CHECK-COUNT-2: tile.output
  // CHECK-NOT: tile.output
  func.func @main(%x: tensor<2x9x64xbf16> {graph.kind = "input", graph.name = "x"},
                  %m: tensor<2x9xi64> {graph.kind = "input", graph.name = "m"},
                  %q: tensor<1x4x1x32xbf16> {graph.kind = "input", graph.name = "q"},
                  %cache: tensor<1x2x40x32xbf16> {graph.kind = "state", graph.name = "cache"},
                  %k: tensor<1x2x1x32xbf16> {graph.kind = "input", graph.name = "k"},
                  %pos: index {graph.kind = "value", graph.name = "pos", graph.range = array<i64: 0, 39>})
      -> (tensor<2x9x64xbf16> {graph.name = "a"}, tensor<1x2x40x32xbf16> {graph.alias = 3 : i64}, tensor<1x4x1x32xbf16> {graph.name = "b"}) {
    %0 = call @layer(%x, %m) : (tensor<2x9x64xbf16>, tensor<2x9xi64>) -> tensor<2x9x64xbf16>
    %1:2 = call @decode(%q, %cache, %k, %pos) : (tensor<1x4x1x32xbf16>, tensor<1x2x40x32xbf16>, tensor<1x2x1x32xbf16>, index) -> (tensor<1x2x40x32xbf16>, tensor<1x4x1x32xbf16>)
    return %0, %1#0, %1#1 : tensor<2x9x64xbf16>, tensor<1x2x40x32xbf16>, tensor<1x4x1x32xbf16>
  }
}
