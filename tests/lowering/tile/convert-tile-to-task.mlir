// RUN: garam-opt %s --tile-verify --convert-tile-to-task --canonicalize --cse | FileCheck %s

// A tiled product with bias on two cores: each op goes to its engine, views become byte offsets and strides.
#l1 = #tile.mem<l1>
#hbm = #tile.mem<hbm>
#acc = #tile.mem<acc>
module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  // CHECK-LABEL: func.func @matmul
  // CHECK-SAME: %[[X:.*]]: !task.buffer {task.arg = "input", task.type = memref<200x384xbf16, #tile.mem<hbm>>}
  // CHECK-SAME: attributes {task.kernel}
  func.func @matmul(%x: memref<200x384xbf16, #hbm> {tile.arg = "input"}, %w: memref<384x256xbf16, #hbm> {tile.arg = "weight"},
                    %bias: memref<256xf32, #hbm> {tile.arg = "weight"},
                    %y: memref<200x256xbf16, #hbm> {tile.arg = "output", tile.node = "linear"}) attributes {tile.kernel} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c64 = arith.constant 64 : index
    %c128 = arith.constant 128 : index
    %c200 = arith.constant 200 : index
    %c256 = arith.constant 256 : index
    %c384 = arith.constant 384 : index
    // CHECK: %[[CORE:.*]] = task.core
    // CHECK: task.phase {
    // CHECK: arith.cmpi slt, %[[CORE]], %c2
    scf.forall (%core) in (2) {
      %begin = arith.muli %core, %c128 : index
      %left = arith.subi %c200, %begin : index
      %rows_here = arith.minsi %left, %c128 : index
      scf.for %m = %c0 to %rows_here step %c64 {
        %row = arith.addi %begin, %m : index
        %rest = arith.subi %rows_here, %m : index
        %rows = arith.minsi %rest, %c64 : index
        scf.for %n = %c0 to %c256 step %c64 {
          %b = tile.alloc {depth = 2 : i64} : memref<64xf32, #l1>
          %bsrc = memref.subview %bias[%n] [64] [1] : memref<256xf32, #hbm> to memref<64xf32, strided<[1], offset: ?>, #hbm>
          // CHECK: task.load %{{.*}}[%{{.*}}] to %{{.*}}[%c0] counts [256, 1, 1, 1, 1] strides [1, 0, 0, 0, 0] to [1, 0, 0, 0, 0]
          tile.load %bsrc, %b : memref<64xf32, strided<[1], offset: ?>, #hbm>, memref<64xf32, #l1>
          %a = tile.alloc {depth = 2 : i64} : memref<64x64xf32, #acc>
          %av = memref.subview %a[0, 0] [%rows, 64] [1, 1] : memref<64x64xf32, #acc> to memref<?x64xf32, strided<[64, 1]>, #acc>
          scf.for %k = %c0 to %c384 step %c128 {
            %xt = tile.alloc {depth = 2 : i64} : memref<64x128xbf16, #l1>
            %wt = tile.alloc {depth = 2 : i64} : memref<128x64xbf16, #l1>
            %xs = memref.subview %x[%row, %k] [%rows, 128] [1, 1] : memref<200x384xbf16, #hbm> to memref<?x128xbf16, strided<[384, 1], offset: ?>, #hbm>
            %xd = memref.subview %xt[0, 0] [%rows, 128] [1, 1] : memref<64x128xbf16, #l1> to memref<?x128xbf16, strided<[128, 1]>, #l1>
            // CHECK: task.load %[[X]][%{{.*}}] to %{{.*}}[%c0] counts [256, %{{.*}}, 1, 1, 1] strides [1, 768, 0, 0, 0] to [1, 256, 0, 0, 0]
            tile.load %xs, %xd : memref<?x128xbf16, strided<[384, 1], offset: ?>, #hbm>, memref<?x128xbf16, strided<[128, 1]>, #l1>
            %ws = memref.subview %w[%k, %n] [128, 64] [1, 1] : memref<384x256xbf16, #hbm> to memref<128x64xbf16, strided<[256, 1], offset: ?>, #hbm>
            // CHECK: task.load %{{.*}} counts [128, 128, 1, 1, 1] strides [1, 512, 0, 0, 0] to [1, 128, 0, 0, 0]
            tile.load %ws, %wt : memref<128x64xbf16, strided<[256, 1], offset: ?>, #hbm>, memref<128x64xbf16, #l1>
            %onto = arith.cmpi ne, %k, %c0 : index
            // CHECK: task.mma %{{.*}}[%c0] : bf16, %{{.*}}[%c0] : bf16 to %{{.*}}[%c0] sizes [%{{.*}}, 128, 64] strides {{.*}}256, 128, 256{{.*}} accumulate
            tile.matmul %xd, %wt, %av accumulate %onto : i1 : memref<?x128xbf16, strided<[128, 1]>, #l1>, memref<128x64xbf16, #l1>, memref<?x64xf32, strided<[64, 1]>, #acc>
          }
          %o = tile.alloc {depth = 2 : i64} : memref<64x64xbf16, #l1>
          %ov = memref.subview %o[0, 0] [%rows, 64] [1, 1] : memref<64x64xbf16, #l1> to memref<?x64xbf16, strided<[64, 1]>, #l1>
          // CHECK: task.map from(%{{.*}}, %{{.*}} at %c0, %c0) [f32, f32] strides {{.*}}256, 0{{.*}} to %{{.*}}[%c0] : bf16 sizes [%{{.*}}, 64] chain <add s1>
          tile.map ins(%av, %b : memref<?x64xf32, strided<[64, 1]>, #acc>, memref<64xf32, #l1>) outs(%ov : memref<?x64xbf16, strided<[64, 1]>, #l1>) chain = #tile.chain<add s1>
          %yt = memref.subview %y[%row, %n] [%rows, 64] [1, 1] : memref<200x256xbf16, #hbm> to memref<?x64xbf16, strided<[256, 1], offset: ?>, #hbm>
          // CHECK: task.store
          tile.store %ov, %yt : memref<?x64xbf16, strided<[64, 1]>, #l1>, memref<?x64xbf16, strided<[256, 1], offset: ?>, #hbm>
        }
      }
    }
    return
  }
  // CHECK: func.func @main
  func.func @main(%x: memref<200x384xbf16, #hbm> {garam.kind = "input", garam.name = "x"},
                  %w: memref<384x256xbf16, #hbm> {garam.kind = "weight", garam.name = "linear.weight"},
                  %bias: memref<256xf32, #hbm> {garam.kind = "weight", garam.name = "linear.bias"}) {
    %y = memref.alloc() : memref<200x256xbf16, #hbm>
    // CHECK: tile.launch @matmul
    tile.launch @matmul(%x, %w, %bias, %y) : memref<200x384xbf16, #hbm>, memref<384x256xbf16, #hbm>, memref<256xf32, #hbm>, memref<200x256xbf16, #hbm>
    tile.output %y {name = "y"} : memref<200x256xbf16, #hbm>
    return
  }
}
