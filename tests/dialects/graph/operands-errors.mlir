// RUN: garam-opt %s --split-input-file --verify-diagnostics
// Ranks, sizes and attributes that no op takes.

func.func @f(%a: tensor<4xf32>) {
  // expected-error @+1 {{operands must have at least two dimensions}}
  %0 = graph.matmul %a, %a : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----
func.func @f(%a: tensor<2x3x4xf32>, %b: tensor<3x4x3xf32>) {
  // expected-error @+1 {{b must be a matrix or have the leading sizes of a}}
  %0 = graph.matmul %a, %b : (tensor<2x3x4xf32>, tensor<3x4x3xf32>) -> tensor<2x3x3xf32>
  return
}

// -----
func.func @f(%q: tensor<2x3x4xf32>) {
  // expected-error @+1 {{q, k and v must be [batch, heads, length, dim]}}
  %0 = graph.attention %q, %q, %q {scale = 1.0 : f32} : (tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
  return
}

// -----
func.func @f(%q: tensor<1x2x3x4xf32>, %k: tensor<2x2x3x4xf32>, %v: tensor<1x2x3x4xf32>) {
  // expected-error @+1 {{batches of q, k and v differ: 1, 2, 1}}
  %0 = graph.attention %q, %k, %v {scale = 1.0 : f32} : (tensor<1x2x3x4xf32>, tensor<2x2x3x4xf32>, tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32>
  return
}

// -----
func.func @f(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x3x5xf32>, %v: tensor<1x2x3x4xf32>) {
  // expected-error @+1 {{dims of q and k differ: 4 and 5}}
  %0 = graph.attention %q, %k, %v {scale = 1.0 : f32} : (tensor<1x2x3x4xf32>, tensor<1x2x3x5xf32>, tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32>
  return
}

// -----
func.func @f(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x3x4xf32>, %v: tensor<1x2x7x4xf32>) {
  // expected-error @+1 {{lengths of k and v differ: 3 and 7}}
  %0 = graph.attention %q, %k, %v {scale = 1.0 : f32} : (tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x7x4xf32>) -> tensor<1x2x3x4xf32>
  return
}

// -----
func.func @f(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x3x4xf32>, %v: tensor<1x2x3x4xf32>) {
  // expected-error @+1 {{softcap must not be negative}}
  %0 = graph.attention %q, %k, %v {scale = 1.0 : f32, softcap = -1.0 : f32} : (tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32>
  return
}

// -----
func.func @f(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x3x4xf32>, %v: tensor<1x2x3x4xf32>) {
  // expected-error @+1 {{window must not be negative, got -1}}
  %0 = graph.attention %q, %k, %v {scale = 1.0 : f32, window = -1 : i64} : (tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32>
  return
}

// -----
func.func @f(%q: tensor<1x2x5x4xf32>, %k: tensor<1x2x3x4xf32>, %v: tensor<1x2x3x4xf32>, %p: index) {
  // expected-error @+1 {{with pos, the 5 queries must fit the 3 keys of the cache}}
  %0 = graph.attention %q, %k, %v pos %p {scale = 1.0 : f32} : (tensor<1x2x5x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, index) -> tensor<1x2x5x4xf32>
  return
}

// -----
func.func @f(%c: tensor<2x3x4xf32>, %p: index) {
  // expected-error @+1 {{cache and rows must be [batch, heads, length, dim]}}
  %0 = graph.kv_update %c, %c pos %p : tensor<2x3x4xf32>, tensor<2x3x4xf32>
  return
}

// -----
func.func @f(%c: tensor<1x2x3x4xf32>, %r: tensor<1x2x1x4xbf16>, %p: index) {
  // expected-error @+1 {{element types of cache and rows differ}}
  %0 = graph.kv_update %c, %r pos %p : tensor<1x2x3x4xf32>, tensor<1x2x1x4xbf16>
  return
}

// -----
func.func @f(%c: tensor<1x2x3x4xf32>, %r: tensor<1x2x1x5xf32>, %p: index) {
  // expected-error @+1 {{cache and rows may differ in their length only}}
  %0 = graph.kv_update %c, %r pos %p : tensor<1x2x3x4xf32>, tensor<1x2x1x5xf32>
  return
}

// -----
func.func @f(%x: tensor<4xf32>, %t: tensor<4x4xf32>) {
  // expected-error @+1 {{x must be [..., length, dim]}}
  %0 = graph.rope %x, %t, %t : tensor<4xf32>, tensor<4x4xf32>, tensor<4x4xf32>
  return
}

// -----
func.func @f(%x: tensor<8xf32>) {
  // expected-error @+1 {{must end with graph.yield}}
  %0 = "graph.group"(%x) <{name = "g"}> ({
  ^bb0(%a: tensor<8xf32>):
    func.return %a : tensor<8xf32>
  }) : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----
// expected-error @+1 {{mapping: 'order' must be an array of dimension names}}
#m = #graph.mapping<{order = [1]}>

// -----
// expected-error @+1 {{mapping: 'place' must be a dictionary of memories}}
#m = #graph.mapping<{place = 3}>

// -----
// expected-error @+1 {{mapping: 'tile' must be a dictionary of sizes}}
#m = #graph.mapping<{tile = 3}>

// -----
// expected-error @+1 {{argument 0: 'graph.name' must be a string}}
func.func @f(%x: tensor<8xf32> {graph.name = 3}) {
  return
}

// -----
// expected-error @+1 {{argument 0: 'graph.source_dtype' must be a type}}
func.func @f(%x: tensor<8xf32> {graph.source_dtype = 3}) {
  return
}

// -----
// expected-error @+1 {{argument 0: 'graph.file' must be the number of a weight file, an i64 from 0 on}}
func.func @f(%x: tensor<8xf32> {graph.file = "w.safetensors"}) {
  return
}

// -----
// expected-error @+1 {{argument 0: 'graph.file' must be the number of a weight file, an i64 from 0 on}}
func.func @f(%x: tensor<8xf32> {graph.file = 1 : i32}) {
  return
}

// -----
// expected-error @+1 {{argument 0: 'graph.file' must be the number of a weight file, an i64 from 0 on}}
func.func @f(%x: tensor<8xf32> {graph.file = -1 : i64}) {
  return
}

// -----
// expected-error @+1 {{result 0: 'graph.name' must be a string}}
func.func private @f(%x: tensor<8xf32>) -> (tensor<8xf32> {graph.name = 3})

// -----
// expected-error @+1 {{result 0: 'graph.alias' must be the index of a state argument}}
func.func private @f(%x: tensor<8xf32>) -> (tensor<8xf32> {graph.alias = "x"})
