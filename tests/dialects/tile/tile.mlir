// RUN: garam-opt %s --verify-roundtrip | FileCheck %s

#l1 = #tile.mem<l1>
#hbm = #tile.mem<hbm>
#acc = #tile.mem<acc>
// CHECK-LABEL: func.func @ops
func.func @ops(%x: memref<32x64xbf16, #hbm> {tile.arg = "input"}, %table: memref<100x64xbf16, #hbm> {tile.arg = "weight"},
               %n: index {tile.arg = "value"}) attributes {tile.kernel} {
  %c0 = arith.constant 0 : index
  scf.forall (%i) in (2) {
    // CHECK: tile.alloc {depth = 2 : i64} : memref<32x64xbf16, #tile.mem<l1>>
    %a = tile.alloc {depth = 2 : i64} : memref<32x64xbf16, #l1>
    // CHECK: tile.alloc : memref<32x64xbf16, #tile.mem<l1>>
    %b = tile.alloc : memref<32x64xbf16, #l1>
    %w = tile.alloc : memref<64x32xbf16, #l1>
    %acc = tile.alloc : memref<32x32xf32, #acc>
    %r = tile.alloc : memref<32xf32, #l1>
    %cs = tile.alloc : memref<32x64xf32, #l1>
    %ids = tile.alloc : memref<32xi64, #l1>
    tile.load %x, %a : memref<32x64xbf16, #hbm>, memref<32x64xbf16, #l1>
    tile.store %a, %x : memref<32x64xbf16, #l1>, memref<32x64xbf16, #hbm>
    tile.gather %table, %ids, %a : memref<100x64xbf16, #hbm>, memref<32xi64, #l1>, memref<32x64xbf16, #l1>
    tile.scatter %a, %ids, %table : memref<32x64xbf16, #l1>, memref<32xi64, #l1>, memref<100x64xbf16, #hbm>
    // CHECK: tile.matmul %{{.*}}, %{{.*}}, %{{.*}} accumulate %{{.*}} : index {transposed} :
    tile.matmul %a, %b, %acc accumulate %i : index {transposed} : memref<32x64xbf16, #l1>, memref<32x64xbf16, #l1>, memref<32x32xf32, #acc>
    tile.matmul %a, %w, %acc : memref<32x64xbf16, #l1>, memref<64x32xbf16, #l1>, memref<32x32xf32, #acc>
    // CHECK: chain = <integer, add 1.0, select s1, mul 0x7F800000, min 0.00100000005, reduce max columns>
    tile.map ins(%a, %b : memref<32x64xbf16, #l1>, memref<32x64xbf16, #l1>) outs(%b : memref<32x64xbf16, #l1>) reduce(%r : memref<32xf32, #l1>) chain = <integer, add 1.0, select s1, mul 0x7F800000, min 0.001, reduce max columns>
    // CHECK: scalar(%{{.*}}) chain = <set row, add scalar, save_t0, fma s0>
    tile.map ins(%a : memref<32x64xbf16, #l1>) outs(%b : memref<32x64xbf16, #l1>) scalar(%n) chain = #tile.chain<set row, add scalar, save_t0, fma s0>
    tile.rotate %a, %cs, %cs, %b {dim = 64 : i64} : memref<32x64xbf16, #l1>, memref<32x64xf32, #l1>, memref<32x64xf32, #l1>, memref<32x64xbf16, #l1>
    tile.transpose %a, %w : memref<32x64xbf16, #l1>, memref<64x32xbf16, #l1>
    tile.scan %a, %b : memref<32x64xbf16, #l1>, memref<32x64xbf16, #l1>
    tile.argmax %a, %ids : memref<32x64xbf16, #l1>, memref<32xi64, #l1>
    %v = tile.read %ids[%c0] : memref<32xi64, #l1>
  }
  // CHECK: tile.barrier
  tile.barrier
  // CHECK: tile.barrier {scope = #tile<scope die>}
  tile.barrier {scope = #tile<scope die>}
  return
}
