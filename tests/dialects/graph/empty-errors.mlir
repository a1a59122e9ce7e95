// RUN: garam-opt %s --split-input-file --verify-diagnostics

func.func @max(%x: tensor<4x0xf32>) -> tensor<4xf32> {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{'graph.reduce' op max and min need an element, got 'tensor<4x0xf32>'}}
  %0 = "graph.reduce"(%x) <{kind = #graph.reduce_kind<max>, dim = 1 : i64}> : (tensor<4x0xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @rows(%table: tensor<0x4xf32>, %ids: tensor<3xi64>) -> tensor<3x4xf32> {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{'graph.embedding' op table has no rows to take, got 'tensor<0x4xf32>'}}
  %0 = "graph.embedding"(%table, %ids) : (tensor<0x4xf32>, tensor<3xi64>) -> tensor<3x4xf32>
  return %0 : tensor<3x4xf32>
}

// -----

func.func @heads(%q: tensor<1x2x3x0xf32>, %v: tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> {
  // expected-error @+1 {{heads must have a dim of at least 1, got 'tensor<1x2x3x0xf32>'}}
  %0 = graph.attention %q, %q, %v {scale = 0.5 : f32} : (tensor<1x2x3x0xf32>, tensor<1x2x3x0xf32>, tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32>
  return %0 : tensor<1x2x3x4xf32>
}
