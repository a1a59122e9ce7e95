// RUN: garam-opt %s --graph-form-groups --split-input-file --verify-diagnostics

func.func @f(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  // expected-error @+1 {{cannot be lowered; supported are the ops of the graph dialect outside of groups}}
  %0 = linalg.copy ins(%x : tensor<4x4xf32>) outs(%x : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %0 : tensor<4x4xf32>
}

// -----
func.func @f(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  // expected-error @+1 {{is not an argument of the kernel; run graph-outline-kernels first}}
  %c = graph.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %0 = graph.add %x, %c : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}
