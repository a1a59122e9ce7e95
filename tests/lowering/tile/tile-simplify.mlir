// RUN: garam-opt %s --tile-simplify | FileCheck %s

// Constants fold into views; a phase over one core stays a phase.
func.func @one(%x: memref<8x8xf32, #tile.mem<hbm>> {tile.arg = "output"}) attributes {tile.kernel} {
  %c2 = arith.constant 2 : index
  %c6 = arith.constant 6 : index
  // CHECK: scf.forall (%{{.*}}) in (1)
  scf.forall (%i) in (1) {
    %a = tile.alloc : memref<2x8xf32, #tile.mem<l1>>
    %size = arith.subi %c6, %c2 : index
    %rows = arith.minsi %size, %c2 : index
    // CHECK: memref.subview %{{.*}}[4, 0] [2, 8] [1, 1]
    %at = arith.addi %c2, %c2 : index
    %v = memref.subview %x[%at, 0] [%rows, 8] [1, 1] : memref<8x8xf32, #tile.mem<hbm>> to memref<?x8xf32, strided<[8, 1], offset: ?>, #tile.mem<hbm>>
    %c = memref.subview %a[0, 0] [%rows, 8] [1, 1] : memref<2x8xf32, #tile.mem<l1>> to memref<?x8xf32, strided<[8, 1]>, #tile.mem<l1>>
    tile.store %c, %v : memref<?x8xf32, strided<[8, 1]>, #tile.mem<l1>>, memref<?x8xf32, strided<[8, 1], offset: ?>, #tile.mem<hbm>>
  }
  return
}
