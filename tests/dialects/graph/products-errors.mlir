// RUN: garam-opt %s --split-input-file --verify-diagnostics

func.func @f(%a: tensor<3x4xf32>, %b: tensor<5x6xf32>) {
  // expected-error @+1 {{'graph.matmul' op inner sizes differ: 4 of a and 5 of b}}
  %0 = graph.matmul %a, %b : (tensor<3x4xf32>, tensor<5x6xf32>) -> tensor<3x6xf32>
  return
}

// -----

func.func @f(%a: tensor<3x4xf32>, %b: tensor<4x6xf32>) {
  // expected-error @+1 {{inner sizes differ: 4 of a and 6 of b (transposed)}}
  %0 = graph.matmul %a, %b {transpose_b = true} : (tensor<3x4xf32>, tensor<4x6xf32>) -> tensor<3x4xf32>
  return
}

// -----

func.func @f(%a: tensor<3x4xf32>, %b: tensor<4x6xf32>) {
  // expected-error @+1 {{result must have the shape of 'tensor<3x6xf32>', got 'tensor<6x3xf32>'}}
  %0 = graph.matmul %a, %b : (tensor<3x4xf32>, tensor<4x6xf32>) -> tensor<6x3xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3x4xf32>, %b: tensor<3x4x6xf32>) {
  // expected-error @+1 {{b must be a matrix or have the leading sizes of a}}
  %0 = graph.matmul %a, %b : (tensor<2x3x4xf32>, tensor<3x4x6xf32>) -> tensor<2x3x6xf32>
  return
}

// -----

func.func @f(%a: tensor<4xf32>, %b: tensor<4x6xf32>) {
  // expected-error @+1 {{operands must have at least two dimensions}}
  %0 = graph.matmul %a, %b : (tensor<4xf32>, tensor<4x6xf32>) -> tensor<6xf32>
  return
}

// -----

func.func @f(%a: tensor<3x4xi8>, %b: tensor<4x6xi8>) {
  // expected-error @+1 {{element types 'i8' x 'i8' -> 'f32'; allowed are floats, or i8 x i8 -> i32}}
  %0 = graph.matmul %a, %b : (tensor<3x4xi8>, tensor<4x6xi8>) -> tensor<3x6xf32>
  return
}

// -----

func.func @f(%a: tensor<?x4xf32>, %b: tensor<4x6xf32>) {
  // expected-error @+1 {{operand #0 must be static tensor of}}
  %0 = graph.matmul %a, %b : (tensor<?x4xf32>, tensor<4x6xf32>) -> tensor<3x6xf32>
  return
}

// -----

func.func @f(%table: tensor<10x4x2xf16>, %ids: tensor<3xi64>) {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{table must be [rows, columns], got 'tensor<10x4x2xf16>'}}
  %0 = graph.embedding %table, %ids : (tensor<10x4x2xf16>, tensor<3xi64>) -> tensor<3x4xf16>
  return
}

// -----

func.func @f(%q: tensor<1x4x3x8xf32>, %k: tensor<1x3x5x8xf32>) {
  // expected-error @+1 {{heads of q must be a multiple of those of k and v, got 4, 3, 3}}
  %0 = graph.attention %q, %k, %k {scale = 0.5 : f32} : (tensor<1x4x3x8xf32>, tensor<1x3x5x8xf32>, tensor<1x3x5x8xf32>) -> tensor<1x4x3x8xf32>
  return
}

// -----

func.func @f(%q: tensor<4x3x8xf32>, %k: tensor<4x5x8xf32>) {
  // expected-error @+1 {{q, k and v must be [batch, heads, length, dim]}}
  %0 = graph.attention %q, %k, %k {scale = 0.5 : f32} : (tensor<4x3x8xf32>, tensor<4x5x8xf32>, tensor<4x5x8xf32>) -> tensor<4x3x8xf32>
  return
}

// -----

func.func @f(%q: tensor<1x4x3x8xf32>, %k: tensor<1x4x5x8xf32>, %mask: tensor<1x4xi64>) {
  // expected-error @+1 {{mask must be [1, 5], got 'tensor<1x4xi64>'}}
  %0 = graph.attention %q, %k, %k mask %mask {scale = 0.5 : f32} : (tensor<1x4x3x8xf32>, tensor<1x4x5x8xf32>, tensor<1x4x5x8xf32>, tensor<1x4xi64>) -> tensor<1x4x3x8xf32>
  return
}

// -----

func.func @f(%q: tensor<1x4x3x8xf32>, %k: tensor<1x4x5x8xf32>, %bias: tensor<2x4x3x5xf32>) {
  // expected-error @+1 {{bias must broadcast to [1, 4, 3, 5], got 'tensor<2x4x3x5xf32>'}}
  %0 = graph.attention %q, %k, %k bias %bias {scale = 0.5 : f32} : (tensor<1x4x3x8xf32>, tensor<1x4x5x8xf32>, tensor<1x4x5x8xf32>, tensor<2x4x3x5xf32>) -> tensor<1x4x3x8xf32>
  return
}

// -----

func.func @f(%q: tensor<1x4x3x8xf32>, %k: tensor<1x4x5x8xf32>) {
  // expected-error @+1 {{window must not be negative, got -1}}
  %0 = graph.attention %q, %k, %k {scale = 0.5 : f32, window = -1} : (tensor<1x4x3x8xf32>, tensor<1x4x5x8xf32>, tensor<1x4x5x8xf32>) -> tensor<1x4x3x8xf32>
  return
}

// -----

func.func @f(%q: tensor<1x4x3x8xf32>, %k: tensor<1x4x5x8xf32>) {
  // expected-error @+2 {{expected ::garam::graph::MaskedRows to be one of: average, zero, nan}}
  // expected-error @+1 {{failed to parse Graph_MaskedRowsAttr parameter 'value'}}
  %0 = graph.attention %q, %k, %k {masked_rows = #graph.masked_rows<none>, scale = 0.5 : f32} : (tensor<1x4x3x8xf32>, tensor<1x4x5x8xf32>, tensor<1x4x5x8xf32>) -> tensor<1x4x3x8xf32>
  return
}

// -----

func.func @f(%q: tensor<1x4x3x8xf32>, %k: tensor<1x4x5x8xf32>, %v: tensor<1x4x5x8xbf16>) {
  // expected-error @+1 {{element types of q, k and v differ: 'f32', 'f32', 'bf16'}}
  %0 = graph.attention %q, %k, %v {scale = 0.5 : f32} : (tensor<1x4x3x8xf32>, tensor<1x4x5x8xf32>, tensor<1x4x5x8xbf16>) -> tensor<1x4x3x8xf32>
  return
}

// -----

func.func @f(%cache: tensor<1x2x4x8xbf16>, %rows: tensor<1x2x5x8xbf16>, %pos: index) {
  // expected-error @+1 {{5 rows do not fit a cache of 4}}
  %0 = graph.kv_update %cache, %rows pos %pos : tensor<1x2x4x8xbf16>, tensor<1x2x5x8xbf16>
  return
}

// -----

func.func @f(%cache: tensor<1x2x4x8xbf16>, %rows: tensor<1x3x1x8xbf16>, %pos: index) {
  // expected-error @+1 {{cache and rows may differ in their length only}}
  %0 = graph.kv_update %cache, %rows pos %pos : tensor<1x2x4x8xbf16>, tensor<1x3x1x8xbf16>
  return
}
