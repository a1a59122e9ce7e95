// RUN: garam-opt %s --tile-verify --split-input-file --verify-diagnostics

func.func @copy(%x: memref<8x8xf32, #tile.mem<hbm>> {tile.arg = "output"}) attributes {tile.kernel} {
  scf.forall (%i) in (2) {
    %a = tile.alloc : memref<8x8xf32, #tile.mem<l1>>
    // expected-error @+1 {{does not belong in a phase; loops, index arithmetic, subview, reinterpret_cast and tile ops do}}
    memref.copy %a, %x : memref<8x8xf32, #tile.mem<l1>> to memref<8x8xf32, #tile.mem<hbm>>
  }
  return
}

// -----
func.func @top() attributes {tile.kernel} {
  // expected-error @+1 {{does not belong at the top of a kernel}}
  %a = tile.alloc : memref<8x8xf32, #tile.mem<l1>>
  return
}

// -----
func.func @carried() attributes {tile.kernel} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.forall (%i) in (2) {
    // expected-error @+1 {{carries values; a tile loop carries none}}
    %r = scf.for %k = %c0 to %i step %c1 iter_args(%v = %c0) -> index {
      scf.yield %k : index
    }
  }
  return
}

// -----
func.func @barrier() attributes {tile.kernel} {
  scf.forall (%i) in (2) {
    // expected-error @+1 {{barriers stand between phases}}
    tile.barrier
  }
  return
}

// -----
func.func @main() {
  // expected-error @+1 {{does not belong in @main}}
  %c0 = arith.constant 0 : index
  return
}
