// RUN: garam-opt %s --verify-roundtrip | FileCheck %s
// RUN: garam-opt %s --mlir-print-op-generic | garam-opt | FileCheck %s

// CHECK: module attributes {graph.chip = #graph.chip<name = "atom", path = "chips/atom.toml">, graph.model = "two"}
module attributes {graph.chip = #graph.chip<name = "atom", path = "chips/atom.toml">, graph.model = "two"} {
  // CHECK-LABEL: @main
  // CHECK-SAME: graph.kind = "input", graph.name = "x"
  func.func @main(%x: tensor<8x16xf32> {graph.name = "x", graph.kind = "input"}, %w: tensor<16x4xf32> {graph.kind = "weight", graph.source_dtype = bf16},
                  %pos: index {graph.kind = "value", graph.range = array<i64: 0, 7>}) -> (tensor<8x4xf32> {graph.name = "y"}) {
    // CHECK: graph.group "ffn" (%[[A:.*]] = %{{.*}}, %[[B:.*]] = %{{.*}}) : (tensor<8x16xf32>, tensor<16x4xf32>) -> tensor<8x4xf32>
    // CHECK-SAME: attributes {graph.node = "linear", mapping = #graph.mapping<{depth = {b = 2 : i64}, grid = {m = 4 : i64}, order = ["m", "k"], place = {a = "l1"}, tile = {k = 16 : i64, m = 8 : i64}}>} {
    %0 = graph.group "ffn" (%a = %x, %b = %w) : (tensor<8x16xf32>, tensor<16x4xf32>) -> tensor<8x4xf32>
        attributes {graph.node = "linear", mapping = #graph.mapping<{tile = {m = 8, k = 16}, grid = {m = 4}, order = ["m", "k"], depth = {b = 2}, place = {a = "l1"}}>} {
      // CHECK-NEXT: graph.matmul %[[A]], %[[B]]
      %1 = graph.matmul %a, %b : (tensor<8x16xf32>, tensor<16x4xf32>) -> tensor<8x4xf32>
      // CHECK: graph.yield
      graph.yield %1 : tensor<8x4xf32>
    }
    return %0 : tensor<8x4xf32>
  }
}
