// RUN: garam-opt --graph-outline-kernels --graph-form-groups --graph-assign-mapping --convert-graph-to-tile --tile-verify %s | FileCheck %s
// RUN: sed s/2048x/2080x/g\;s/x2048/x2080/g %s | garam-opt --graph-outline-kernels --graph-form-groups --graph-assign-mapping --convert-graph-to-tile | FileCheck %s --check-prefix=ODD

// Rows of 4096 bytes would all begin in the same of 16 banks of 64 bytes: one beat more, and they take turns. Rows of 4160 do.
module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  // CHECK: tile.alloc {{.*}}: memref<{{[0-9]+}}x2080xbf16, #tile.mem<l1>>
  // CHECK: tile.matmul {{.*}}strided<[2080, 1]>
  // ODD: tile.alloc {{.*}}: memref<{{[0-9]+}}x2080xbf16, #tile.mem<l1>>
  // ODD-NOT: strided<[2112, 1]>
  func.func @main(%a: tensor<256x2048xbf16> {graph.kind = "input", graph.name = "a"},
                  %b: tensor<2048x512xbf16> {graph.kind = "input", graph.name = "b"}) -> (tensor<256x512xbf16> {graph.name = "c"}) {
    %0 = graph.matmul %a, %b : (tensor<256x2048xbf16>, tensor<2048x512xbf16>) -> tensor<256x512xbf16>
    return %0 : tensor<256x512xbf16>
  }
}
