// RUN: garam-opt %s --pass-pipeline='builtin.module(tile-verify,convert-tile-to-task,func.func(task-expand-division,task-insert-sync),task-allocate,func.func(task-fold-sync,task-split-sync,task-assign-semaphores),task-verify-schedule,func.func(task-lower-addresses),canonicalize,cse,loop-invariant-code-motion,convert-task-to-isa)' | FileCheck %s

// Columns scaled by two in tiles of 64, on three cores in a grid: division by a constant, rings, clamped sizes, segments.
module attributes {graph.chip = #graph.chip<name = "atom", path = "">, garam.flops = 7 : i64} {
  // CHECK: isa.program attributes {{.*}}chip = "atom"{{.*}}flops = 7
  // CHECK: isa.value "n" 1 to 10
  // CHECK: isa.segment 0 "x" input at {{[0-9]+}} bytes 1200 as tensor<3x100xf32>
  // CHECK: isa.segment 1 "twice" output
  // CHECK: isa.segment 2 "workspace" workspace
  // CHECK: isa.segment 3 "weights0" weight {{.*}}tensor = "scale"
  // What is returned as it came is where it came; a weight comes once more.
  // CHECK: isa.segment 4 "scale" weight {{.*}} as tensor<100xf32> weights {{.*}}tensor = "scale"
  // CHECK-NEXT: isa.output "scale" in 4
  // CHECK-NEXT: isa.output "twice" in 1
  // CHECK-NEXT: isa.output "x" in 0
  // CHECK-NEXT: isa.output "again" in 1
  // CHECK-NEXT: isa.output "weight" in 4
  // CHECK: isa.kernel 0 "scale"
  // CHECK: isa.semaphore 0 dma_in tokens 0
  // CHECK: isa.dma_shape 0
  // CHECK: isa.vector_chain {{[0-9]+}} <s0 f32, s1 f32, dst f32, mul s1>
  // A ring of two slots toggles with one subtraction.
  // CHECK: isa.seq_loop iv={{[0-9]+}} lower=0 upper=100 step=64
  // CHECK: isa.seq_sub rd=[[R:[0-9]+]] a={{[0-9]+}} b=r[[R]]
  // CHECK: isa.vec_map chain=
  // CHECK: isa.dma_store
  // CHECK: isa.sync_barrier scope=0
  // CHECK: isa.seq_end
  // CHECK: isa.launch "scale" kernel 0 [#isa.parameter<segment = 0, offset = 0, value = "">, #isa.parameter<segment = 3, offset = 0, value = "">, #isa.parameter<segment = 1, offset = 0, value = "">, #isa.parameter<segment = -1, offset = 0, value = "n">, #isa.parameter<segment = 2, offset = 0, value = "">]
  // CHECK: isa.boundary "twice" in 1 + 0 as tensor<3x100xf32> launch 0
  // CHECK: isa.boundary "scaled" in 2 + 0 as tensor<3x100xf32> launch 0
  func.func @scale(%x: memref<3x100xf32, #tile.mem<hbm>> {tile.arg = "input"}, %w: memref<100xf32, #tile.mem<hbm>> {tile.arg = "weight"},
                   %y: memref<3x100xf32, #tile.mem<hbm>> {tile.arg = "output", tile.node = "twice"},
                   %n: index {tile.arg = "value"}) attributes {tile.kernel} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c64 = arith.constant 64 : index
    %c100 = arith.constant 100 : index
    %t = memref.alloc() {tile.node = "scaled"} : memref<3x100xf32, #tile.mem<hbm>>
    scf.forall (%i, %j) in (1, 3) {
      scf.for %k = %c0 to %c100 step %c64 {
        %left = arith.subi %c100, %k : index
        %size = arith.minsi %left, %c64 : index
        %a = tile.alloc {depth = 2 : i64} : memref<64xf32, #tile.mem<l1>>
        %b = tile.alloc {depth = 3 : i64} : memref<64xf32, #tile.mem<l1>>
        %av = memref.subview %a[0] [%size] [1] : memref<64xf32, #tile.mem<l1>> to memref<?xf32, strided<[1]>, #tile.mem<l1>>
        %bv = memref.subview %b[0] [%size] [1] : memref<64xf32, #tile.mem<l1>> to memref<?xf32, strided<[1]>, #tile.mem<l1>>
        %xs = memref.subview %x[%j, %k] [1, %size] [1, 1] : memref<3x100xf32, #tile.mem<hbm>> to memref<?xf32, strided<[1], offset: ?>, #tile.mem<hbm>>
        %ws = memref.subview %w[%k] [%size] [1] : memref<100xf32, #tile.mem<hbm>> to memref<?xf32, strided<[1], offset: ?>, #tile.mem<hbm>>
        %ts = memref.subview %t[%j, %k] [1, %size] [1, 1] : memref<3x100xf32, #tile.mem<hbm>> to memref<?xf32, strided<[1], offset: ?>, #tile.mem<hbm>>
        tile.load %xs, %av : memref<?xf32, strided<[1], offset: ?>, #tile.mem<hbm>>, memref<?xf32, strided<[1]>, #tile.mem<l1>>
        tile.load %ws, %bv : memref<?xf32, strided<[1], offset: ?>, #tile.mem<hbm>>, memref<?xf32, strided<[1]>, #tile.mem<l1>>
        tile.map ins(%av, %bv : memref<?xf32, strided<[1]>, #tile.mem<l1>>, memref<?xf32, strided<[1]>, #tile.mem<l1>>) outs(%av : memref<?xf32, strided<[1]>, #tile.mem<l1>>) chain = #tile.chain<mul s1>
        tile.store %av, %ts : memref<?xf32, strided<[1]>, #tile.mem<l1>>, memref<?xf32, strided<[1], offset: ?>, #tile.mem<hbm>>
      }
    }
    tile.barrier
    scf.forall (%i) in (2) {
      %row = tile.alloc : memref<100xf32, #tile.mem<l1>>
      // Loads and chains alternate in a loop of run-time trips on a buffer that outlives it.
      %from = memref.subview %t[%i, 0] [1, 100] [1, 1] : memref<3x100xf32, #tile.mem<hbm>> to memref<100xf32, strided<[1], offset: ?>, #tile.mem<hbm>>
      %to = memref.subview %y[%i, 0] [1, 100] [1, 1] : memref<3x100xf32, #tile.mem<hbm>> to memref<100xf32, strided<[1], offset: ?>, #tile.mem<hbm>>
      scf.for %k = %c0 to %n step %c1 {
        tile.load %from, %row : memref<100xf32, strided<[1], offset: ?>, #tile.mem<hbm>>, memref<100xf32, #tile.mem<l1>>
        tile.map ins(%row : memref<100xf32, #tile.mem<l1>>) outs(%row : memref<100xf32, #tile.mem<l1>>) chain = #tile.chain<add s0>
      }
      tile.store %row, %to : memref<100xf32, #tile.mem<l1>>, memref<100xf32, strided<[1], offset: ?>, #tile.mem<hbm>>
    }
    return
  }
  func.func @main(%x: memref<3x100xf32, #tile.mem<hbm>> {garam.kind = "input", garam.name = "x"},
                  %w: memref<100xf32, #tile.mem<hbm>> {garam.kind = "weight", garam.name = "scale"},
                  %n: index {garam.kind = "value", garam.name = "n", garam.range = array<i64: 1, 10>}) {
    %y = memref.alloc() : memref<3x100xf32, #tile.mem<hbm>>
    tile.launch @scale(%x, %w, %y, %n) : memref<3x100xf32, #tile.mem<hbm>>, memref<100xf32, #tile.mem<hbm>>, memref<3x100xf32, #tile.mem<hbm>>, index
    tile.output %w {name = "scale"} : memref<100xf32, #tile.mem<hbm>>
    tile.output %y {name = "twice"} : memref<3x100xf32, #tile.mem<hbm>>
    tile.output %x {name = "x"} : memref<3x100xf32, #tile.mem<hbm>>
    tile.output %y {name = "again"} : memref<3x100xf32, #tile.mem<hbm>>
    tile.output %w {name = "weight"} : memref<100xf32, #tile.mem<hbm>>
    return
  }
}
