// RUN: garam-opt %s --split-input-file --verify-diagnostics
// Types, shapes and chains that the engines do not take.

func.func @type(%x: memref<8x8xf64, #tile.mem<hbm>>, %a: memref<8x8xf64, #tile.mem<l1>>) {
  // expected-error @+1 {{source has elements of 'f64', which the machine does not have}}
  tile.load %x, %a : memref<8x8xf64, #tile.mem<hbm>>, memref<8x8xf64, #tile.mem<l1>>
  return
}

// -----
func.func @strides(%x: memref<8x8xf32, strided<[?, 1]>, #tile.mem<hbm>>, %a: memref<8x8xf32, #tile.mem<l1>>) {
  // expected-error @+1 {{source has strides that are not static}}
  tile.load %x, %a : memref<8x8xf32, strided<[?, 1]>, #tile.mem<hbm>>, memref<8x8xf32, #tile.mem<l1>>
  return
}

// -----
func.func @innermost(%x: memref<8x8xf32, strided<[16, 2]>, #tile.mem<l1>>, %a: memref<8x8xf32, #tile.mem<l1>>) {
  // expected-error @+1 {{x has innermost stride 2; the engines need 1}}
  tile.scan %x, %a : memref<8x8xf32, strided<[16, 2]>, #tile.mem<l1>>, memref<8x8xf32, #tile.mem<l1>>
  return
}

// -----
func.func @rank(%x: memref<2x8x8xf32, #tile.mem<l1>>, %a: memref<8x8xf32, #tile.mem<l1>>) {
  // expected-error @+1 {{x has rank 3; at most 2}}
  tile.scan %x, %a : memref<2x8x8xf32, #tile.mem<l1>>, memref<8x8xf32, #tile.mem<l1>>
  return
}

// -----
func.func @copy(%x: memref<8x9xf32, #tile.mem<hbm>>, %a: memref<8x8xf32, #tile.mem<l1>>) {
  // expected-error @+1 {{copies between different shapes}}
  tile.load %x, %a : memref<8x9xf32, #tile.mem<hbm>>, memref<8x8xf32, #tile.mem<l1>>
  return
}

// -----
func.func @index(%x: memref<8x8xf32, #tile.mem<hbm>>, %i: memref<8xi8, #tile.mem<l1>>, %a: memref<8x8xf32, #tile.mem<l1>>) {
  // expected-error @+1 {{indices are 'i8'; i32 or i64}}
  tile.gather %x, %i, %a : memref<8x8xf32, #tile.mem<hbm>>, memref<8xi8, #tile.mem<l1>>, memref<8x8xf32, #tile.mem<l1>>
  return
}

// -----
func.func @table(%x: memref<9x7xf32, #tile.mem<hbm>>, %i: memref<8xi32, #tile.mem<l1>>, %a: memref<8x8xf32, #tile.mem<l1>>) {
  // expected-error @+1 {{needs a table [V, ...], indices [N] and rows [N, ...] of one element type}}
  tile.scatter %a, %i, %x : memref<8x8xf32, #tile.mem<l1>>, memref<8xi32, #tile.mem<l1>>, memref<9x7xf32, #tile.mem<hbm>>
  return
}

// -----
func.func @alloc() {
  // expected-error @+1 {{needs a static shape and the identity layout}}
  %a = tile.alloc : memref<8x8xf32, strided<[16, 1]>, #tile.mem<l1>>
  return
}

// -----
func.func @matmul_rank(%a: memref<8xbf16, #tile.mem<l1>>, %w: memref<8x8xbf16, #tile.mem<l1>>, %c: memref<8x8xf32, #tile.mem<acc>>) {
  // expected-error @+1 {{needs operands of rank 2}}
  tile.matmul %a, %w, %c : memref<8xbf16, #tile.mem<l1>>, memref<8x8xbf16, #tile.mem<l1>>, memref<8x8xf32, #tile.mem<acc>>
  return
}

// -----
func.func @matmul_sum(%a: memref<8x8xbf16, #tile.mem<l1>>, %c: memref<8x8xi32, #tile.mem<acc>>) {
  // expected-error @+1 {{accumulates floats in f32 and integers in i32}}
  tile.matmul %a, %a, %c : memref<8x8xbf16, #tile.mem<l1>>, memref<8x8xbf16, #tile.mem<l1>>, memref<8x8xi32, #tile.mem<acc>>
  return
}

// -----
func.func @map_sources(%a: memref<8x8xf32, #tile.mem<l1>>) {
  // expected-error @+1 {{has 4 sources; at most 3}}
  tile.map ins(%a, %a, %a, %a : memref<8x8xf32, #tile.mem<l1>>, memref<8x8xf32, #tile.mem<l1>>, memref<8x8xf32, #tile.mem<l1>>, memref<8x8xf32, #tile.mem<l1>>) outs(%a : memref<8x8xf32, #tile.mem<l1>>) chain = <neg>
  return
}

// -----
func.func @map_results(%a: memref<8x8xf32, #tile.mem<l1>>) {
  // expected-error @+1 {{has 2 results; at most 1}}
  tile.map ins(%a : memref<8x8xf32, #tile.mem<l1>>) outs(%a, %a : memref<8x8xf32, #tile.mem<l1>>, memref<8x8xf32, #tile.mem<l1>>) chain = <neg>
  return
}

// -----
func.func @map_nothing(%a: memref<8x8xf32, #tile.mem<l1>>) {
  // expected-error @+1 {{needs a result, or a source and a reduction}}
  tile.map ins(%a : memref<8x8xf32, #tile.mem<l1>>) chain = <neg>
  return
}

// -----
func.func @map_reduction(%a: memref<8x8xf32, #tile.mem<l1>>) {
  // expected-error @+1 {{has a reduction in its operands or its chain, but not in both}}
  tile.map ins(%a : memref<8x8xf32, #tile.mem<l1>>) outs(%a : memref<8x8xf32, #tile.mem<l1>>) chain = <neg, reduce sum rows>
  return
}

// -----
func.func @map_reduced(%a: memref<8x8xf32, #tile.mem<l1>>, %r: memref<4xf32, #tile.mem<l1>>) {
  // expected-error @+1 {{needs an f32 reduction result in l1, one element for each row (columns) or column (rows)}}
  tile.map ins(%a : memref<8x8xf32, #tile.mem<l1>>) reduce(%r : memref<4xf32, #tile.mem<l1>>) chain = <reduce sum rows>
  return
}

// -----
func.func @map_scalar(%a: memref<8x8xf32, #tile.mem<l1>>) {
  // expected-error @+1 {{step 'add' names the scalar, which is absent}}
  tile.map ins(%a : memref<8x8xf32, #tile.mem<l1>>) outs(%a : memref<8x8xf32, #tile.mem<l1>>) chain = <add scalar>
  return
}

// -----
func.func @map_axis(%a: memref<8x8xf32, #tile.mem<l1>>) {
  // expected-error @+1 {{a reduction is sum, max or min, then rows or columns}}
  tile.map ins(%a : memref<8x8xf32, #tile.mem<l1>>) outs(%a : memref<8x8xf32, #tile.mem<l1>>) chain = <reduce sum planes>
  return
}

// -----
func.func @map_operand(%a: memref<8x8xf32, #tile.mem<l1>>) {
  // expected-error @+1 {{'s7' is no operand; s0, s1, s2, t0, t1, row, col, scalar or a number}}
  tile.map ins(%a : memref<8x8xf32, #tile.mem<l1>>) outs(%a : memref<8x8xf32, #tile.mem<l1>>) chain = <add s7>
  return
}

// -----
func.func @map_steps(%a: memref<8x8xf32, #tile.mem<l1>>) {
  // expected-error @+1 {{17 steps; a chain has at most 16}}
  tile.map ins(%a : memref<8x8xf32, #tile.mem<l1>>) outs(%a : memref<8x8xf32, #tile.mem<l1>>) chain = <neg, neg, neg, neg, neg, neg, neg, neg, neg, neg, neg, neg, neg, neg, neg, neg, neg>
  return
}

// -----
func.func @map_constants(%a: memref<8x8xf32, #tile.mem<l1>>) {
  // expected-error @+1 {{9 constants; a chain has at most 8}}
  tile.map ins(%a : memref<8x8xf32, #tile.mem<l1>>) outs(%a : memref<8x8xf32, #tile.mem<l1>>) chain = <add 0.5, add 1.5, add 2.5, add 3.5, add 4.5, add 5.5, add 6.5, add 7.5, add 8.5>
  return
}

// -----
func.func @map_bits(%a: memref<8x8xf32, #tile.mem<l1>>) {
  // expected-error @+1 {{needs 32 bits at most}}
  tile.map ins(%a : memref<8x8xf32, #tile.mem<l1>>) outs(%a : memref<8x8xf32, #tile.mem<l1>>) chain = <add 0x1FFFFFFFF>
  return
}

// -----
func.func @map_sign(%a: memref<8x8xf32, #tile.mem<l1>>) {
  // expected-error @+1 {{bits of a float take no sign; write a decimal point}}
  tile.map ins(%a : memref<8x8xf32, #tile.mem<l1>>) outs(%a : memref<8x8xf32, #tile.mem<l1>>) chain = <add -1>
  return
}

// -----
func.func @rotate_tables(%x: memref<8x8xf32, #tile.mem<l1>>) {
  // expected-error @+1 {{needs cos and sin of f32 [rows, 4]}}
  tile.rotate %x, %x, %x, %x {dim = 4 : i64} : memref<8x8xf32, #tile.mem<l1>>, memref<8x8xf32, #tile.mem<l1>>, memref<8x8xf32, #tile.mem<l1>>, memref<8x8xf32, #tile.mem<l1>>
  return
}

// -----
func.func @rotate_dim(%x: memref<8x8xf32, #tile.mem<l1>>, %c: memref<8x3xf32, #tile.mem<l1>>) {
  // expected-error @+1 {{dim is 3; even and above zero}}
  tile.rotate %x, %c, %c, %x {dim = 3 : i64} : memref<8x8xf32, #tile.mem<l1>>, memref<8x3xf32, #tile.mem<l1>>, memref<8x3xf32, #tile.mem<l1>>, memref<8x8xf32, #tile.mem<l1>>
  return
}

// -----
func.func @rotate_shape(%x: memref<8x8xf32, #tile.mem<l1>>, %c: memref<8x4xf32, #tile.mem<l1>>) {
  // expected-error @+1 {{needs x and out of one shape [rows, heads · dim]}}
  tile.rotate %x, %c, %c, %c {dim = 4 : i64} : memref<8x8xf32, #tile.mem<l1>>, memref<8x4xf32, #tile.mem<l1>>, memref<8x4xf32, #tile.mem<l1>>, memref<8x4xf32, #tile.mem<l1>>
  return
}

// -----
func.func @rotate_columns(%x: memref<8x6xf32, #tile.mem<l1>>, %c: memref<8x4xf32, #tile.mem<l1>>) {
  // expected-error @+1 {{has 6 columns; a multiple of dim 4}}
  tile.rotate %x, %c, %c, %x {dim = 4 : i64} : memref<8x6xf32, #tile.mem<l1>>, memref<8x4xf32, #tile.mem<l1>>, memref<8x4xf32, #tile.mem<l1>>, memref<8x6xf32, #tile.mem<l1>>
  return
}

// -----
func.func @transpose(%x: memref<8x4xf32, #tile.mem<l1>>) {
  // expected-error @+1 {{needs x [R,C] and out [C,R]}}
  tile.transpose %x, %x : memref<8x4xf32, #tile.mem<l1>>, memref<8x4xf32, #tile.mem<l1>>
  return
}

// -----
func.func @scan(%x: memref<8x4xf32, #tile.mem<l1>>, %y: memref<8x8xf32, #tile.mem<l1>>) {
  // expected-error @+1 {{needs x and out of one shape}}
  tile.scan %x, %y : memref<8x4xf32, #tile.mem<l1>>, memref<8x8xf32, #tile.mem<l1>>
  return
}

// -----
func.func @argmax_shape(%x: memref<8x4xf32, #tile.mem<l1>>, %y: memref<4xi32, #tile.mem<l1>>) {
  // expected-error @+1 {{needs out [R] or [R,1]}}
  tile.argmax %x, %y : memref<8x4xf32, #tile.mem<l1>>, memref<4xi32, #tile.mem<l1>>
  return
}

// -----
func.func @argmax_type(%x: memref<8x4xf32, #tile.mem<l1>>, %y: memref<8xf32, #tile.mem<l1>>) {
  // expected-error @+1 {{writes 'f32'; i32 or i64}}
  tile.argmax %x, %y : memref<8x4xf32, #tile.mem<l1>>, memref<8xf32, #tile.mem<l1>>
  return
}

// -----
func.func @read_type(%x: memref<8xf32, #tile.mem<l1>>, %i: index) {
  // expected-error @+1 {{reads 'f32'; i32 or i64}}
  %v = tile.read %x[%i] : memref<8xf32, #tile.mem<l1>>
  return
}

// -----
func.func @read_rank(%x: memref<8xi32, #tile.mem<l1>>, %i: index) {
  // expected-error @+1 {{has 2 indices for rank 1}}
  %v = tile.read %x[%i, %i] : memref<8xi32, #tile.mem<l1>>
  return
}

// -----
// expected-error @+1 {{'tile.kernel' marks functions only}}
module attributes {tile.kernel} {
}

// -----
func.func @layer(%x: memref<8xf32, #tile.mem<hbm>> {}) attributes {task.kernel} {
  return
}
func.func @main(%i: index, %x: memref<8xf32, #tile.mem<hbm>>) {
  // expected-error @+1 {{has operands that do not match the kernel}}
  tile.launch @layer(%x, %i) : memref<8xf32, #tile.mem<hbm>>, index
  return
}

// -----
func.func @layer(%x: memref<8xf32, #tile.mem<hbm>> {tile.arg = "input"}) attributes {tile.kernel} {
  return
}
func.func @main(%x: memref<9xf32, #tile.mem<hbm>>) {
  // expected-error @+1 {{operand types differ from the arguments of 'layer'}}
  tile.launch @layer(%x) : memref<9xf32, #tile.mem<hbm>>
  return
}
