// RUN: garam-opt %s --split-input-file --verify-diagnostics

func.func @space(%x: memref<8x8xf32, #tile.mem<hbm>>) {
  %a = tile.alloc : memref<8x8xf32, #tile.mem<l1>>
  // expected-error @+1 {{target is in hbm; allowed: l1}}
  tile.load %x, %x : memref<8x8xf32, #tile.mem<hbm>>, memref<8x8xf32, #tile.mem<hbm>>
  return
}

// -----
func.func @convert(%x: memref<8x8xf32, #tile.mem<hbm>>) {
  %a = tile.alloc : memref<8x8xbf16, #tile.mem<l1>>
  // expected-error @+1 {{a transfer does not convert}}
  tile.load %x, %a : memref<8x8xf32, #tile.mem<hbm>>, memref<8x8xbf16, #tile.mem<l1>>
  return
}

// -----
func.func @depth() {
  // expected-error @+1 {{depth is 0; at least 1}}
  %a = tile.alloc {depth = 0 : i64} : memref<8x8xbf16, #tile.mem<l1>>
  return
}

// -----
func.func @matmul() {
  %a = tile.alloc : memref<8x16xbf16, #tile.mem<l1>>
  %w = tile.alloc : memref<8x16xbf16, #tile.mem<l1>>
  %c = tile.alloc : memref<8x8xf32, #tile.mem<acc>>
  // expected-error @+1 {{needs a [M,K], w [K,N]}}
  tile.matmul %a, %w, %c : memref<8x16xbf16, #tile.mem<l1>>, memref<8x16xbf16, #tile.mem<l1>>, memref<8x8xf32, #tile.mem<acc>>
  return
}

// -----
func.func @map() {
  %a = tile.alloc : memref<8x16xbf16, #tile.mem<l1>>
  // expected-error @+1 {{step 'add' names source 1 of 1}}
  tile.map ins(%a : memref<8x16xbf16, #tile.mem<l1>>) outs(%a : memref<8x16xbf16, #tile.mem<l1>>) chain = <add s1>
  return
}

// -----
func.func @chain() {
  %a = tile.alloc : memref<8x16xbf16, #tile.mem<l1>>
  // expected-error @+1 {{'adds' is no step of a chain}}
  tile.map ins(%a : memref<8x16xbf16, #tile.mem<l1>>) outs(%a : memref<8x16xbf16, #tile.mem<l1>>) chain = <adds s1>
  return
}

// -----
func.func @rows() {
  %a = tile.alloc : memref<8x16xbf16, #tile.mem<l1>>
  %b = tile.alloc : memref<4x16xbf16, #tile.mem<l1>>
  // expected-error @+1 {{needs rows × columns, one row, or one column}}
  tile.map ins(%a, %b : memref<8x16xbf16, #tile.mem<l1>>, memref<4x16xbf16, #tile.mem<l1>>) outs(%a : memref<8x16xbf16, #tile.mem<l1>>) chain = <add s1>
  return
}

// -----
// expected-error @+1 {{argument 0 needs 'tile.arg'}}
func.func @kernel(%x: memref<8x8xf32, #tile.mem<hbm>>) attributes {tile.kernel} {
  return
}

// -----
func.func @main(%x: memref<8x8xf32, #tile.mem<hbm>>) {
  // expected-error @+1 {{'layer' is not a function with 'tile.kernel'}}
  tile.launch @layer(%x) : memref<8x8xf32, #tile.mem<hbm>>
  return
}
