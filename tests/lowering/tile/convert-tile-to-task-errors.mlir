// RUN: garam-opt %s --convert-tile-to-task --split-input-file --verify-diagnostics
// Views that the engines cannot take.

module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  func.func @k(%x: memref<64x64xf32, #tile.mem<hbm>> {tile.arg = "input"}, %n: index {tile.arg = "value"}) attributes {tile.kernel} {
    scf.forall (%i) in (2) {
      %a = tile.alloc : memref<8x4xf32, #tile.mem<l1>>
      %b = tile.alloc : memref<8x64xf32, #tile.mem<l1>>
      %v = memref.subview %a[0, 0] [8, 1] [1, 1] : memref<8x4xf32, #tile.mem<l1>> to memref<8x1xf32, strided<[4, 1]>, #tile.mem<l1>>
      // expected-error @+1 {{needs a contiguous reduction result}}
      tile.map ins(%b : memref<8x64xf32, #tile.mem<l1>>) reduce(%v : memref<8x1xf32, strided<[4, 1]>, #tile.mem<l1>>) chain = <reduce sum columns>
    }
    return
  }
}
