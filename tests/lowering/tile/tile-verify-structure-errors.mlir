// RUN: garam-opt %s --tile-verify --split-input-file --verify-diagnostics
// What a kernel and its phases cannot hold.

// expected-error @+1 {{has control flow between blocks; use scf.for and scf.if}}
func.func @k() attributes {tile.kernel} {
  cf.br ^bb1
^bb1:
  return
}

// -----
func.func @k() attributes {tile.kernel} {
  // expected-error @+1 {{is workspace of a kernel: a static shape in hbm or shared}}
  %a = memref.alloc() : memref<8x8xf32, #tile.mem<l1>>
  return
}

// -----
func.func @k(%n: index {tile.arg = "value"}) attributes {tile.kernel} {
  %c0 = arith.constant 0 : index
  // expected-error @+1 {{needs a constant grid, from 0 by 1}}
  scf.forall (%i) in (%n) {
  }
  return
}

// -----
func.func @k(%n: index {tile.arg = "value"}) attributes {tile.kernel} {
  scf.forall (%i) in (2) {
    %b = arith.cmpi slt, %i, %n : index
    // expected-error @+1 {{has results; use arith.select}}
    %v = scf.if %b -> index {
      scf.yield %i : index
    } else {
      scf.yield %n : index
    }
  }
  return
}

// -----
func.func @other() attributes {tile.kernel} {
  return
}
func.func @k() attributes {tile.kernel} {
  scf.forall (%i) in (2) {
    // expected-error @+1 {{belongs in @main}}
    tile.launch @other()
  }
  return
}
