// RUN: garam-opt %s --split-input-file --verify-diagnostics

func.func @f(%x: tensor<2x8xf32>, %w: tensor<7xf32>) {
  // expected-error @+1 {{'graph.rms_norm' op w must be [8], got 'tensor<7xf32>'}}
  %0 = graph.rms_norm %x, %w {eps = 0.0 : f32} : tensor<2x8xf32>, tensor<7xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>, %w: tensor<8xf32>) {
  // expected-error @+1 {{eps must not be negative}}
  %0 = graph.rms_norm %x, %w {eps = -1.0 : f32} : tensor<2x8xf32>, tensor<8xf32>
  return
}

// -----

func.func @f(%x: tensor<2x8xf32>, %w: tensor<8xf32>, %b: tensor<1x8xf32>) {
  // expected-error @+1 {{'graph.layer_norm' op b must be [8], got 'tensor<1x8xf32>'}}
  %0 = graph.layer_norm %x, %w, %b {eps = 0.0 : f32} : tensor<2x8xf32>, tensor<8xf32>, tensor<1x8xf32>
  return
}

// -----

func.func @f(%x: tensor<f32>) {
  // expected-error @+1 {{'graph.softmax' op x must have a dimension, got 'tensor<f32>'}}
  %0 = graph.softmax %x : tensor<f32>
  return
}

// -----

func.func @f(%x: tensor<4x7xf32>, %t: tensor<4x7xf32>) {
  // expected-error @+1 {{'graph.rope' op dim must be even, got 7}}
  %0 = graph.rope %x, %t, %t : tensor<4x7xf32>, tensor<4x7xf32>, tensor<4x7xf32>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>, %t: tensor<3x8xf32>) {
  // expected-error @+1 {{cos and sin must be [positions, 8] with at least 4 positions}}
  %0 = graph.rope %x, %t, %t : tensor<4x8xf32>, tensor<3x8xf32>, tensor<3x8xf32>
  return
}

// -----

func.func @f(%x: tensor<4x8xi32>) {
  // expected-error @+1 {{operand #0 must be static tensor of f32, f16, bf16, f8E4M3FN or f8E5M2}}
  %0 = graph.softmax %x : tensor<4x8xi32>
  return
}
