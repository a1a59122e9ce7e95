// RUN: garam-opt %s --convert-graph-to-tile --split-input-file --verify-diagnostics

module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  func.func @main(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
    // expected-error @+1 {{is in @main; supported are calls and constants: run graph-outline-kernels first}}
    %0 = graph.exp %x : tensor<4x4xf32>
    return %0 : tensor<4x4xf32>
  }
}

// -----
module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  func.func private @k(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
    // expected-error @+1 {{is not in a group; run graph-form-groups first}}
    %0 = graph.exp %x : tensor<4x4xf32>
    return %0 : tensor<4x4xf32>
  }
  func.func @main(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
    %0 = call @k(%x) : (tensor<4x4xf32>) -> tensor<4x4xf32>
    return %0 : tensor<4x4xf32>
  }
}
