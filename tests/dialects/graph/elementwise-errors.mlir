// RUN: garam-opt %s --split-input-file --verify-diagnostics

func.func @f(%a: tensor<2x3xf32>, %b: tensor<2xf32>) {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{'graph.add' op shapes do not broadcast: tensor<2x3xf32>, tensor<2xf32>}}
  %0 = graph.add %a, %b : (tensor<2x3xf32>, tensor<2xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>, %b: tensor<3xf32>) {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{inferred type(s) 'tensor<2x3xf32>' are incompatible with return type(s) of operation 'tensor<3x2xf32>'}}
  %0 = graph.add %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<3x2xf32>
  return
}

// -----

func.func @f(%a: tensor<3xf32>, %b: tensor<3xbf16>) {
  // expected-error @+1 {{requires the same element type for all operands}}
  %0 = graph.add %a, %b : (tensor<3xf32>, tensor<3xbf16>) -> tensor<3xf32>
  return
}

// -----

func.func @f(%a: tensor<3xi32>) {
  // expected-error @+1 {{operand #0 must be static tensor of f32, f16, bf16, f8E4M3FN or f8E5M2}}
  %0 = graph.div %a, %a : (tensor<3xi32>, tensor<3xi32>) -> tensor<3xi32>
  return
}

// -----

func.func @f(%c: tensor<3xi1>, %a: tensor<3xf32>, %b: tensor<3xf16>) {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{'graph.select' op element types of lhs and rhs differ: 'f32' and 'f16'}}
  %0 = graph.select %c, %a, %b : (tensor<3xi1>, tensor<3xf32>, tensor<3xf16>) -> tensor<3xf32>
  return
}

// -----

func.func @f(%a: tensor<3xf32>) {
  // expected-error @+1 {{must be static tensor of i1}}
  %0 = graph.logical_not %a : tensor<3xf32>
  return
}

// -----

func.func @f(%a: tensor<3xf32>) {
  // expected-error @+1 {{requires the same shape for all operands and results}}
  %0 = graph.cast %a : tensor<3xf32> to tensor<1x3xf16>
  return
}

// -----

func.func @f(%a: tensor<3xf64>) {
  // expected-error @+1 {{operand #0 must be static tensor of}}
  %0 = graph.exp %a : tensor<3xf64>
  return
}
