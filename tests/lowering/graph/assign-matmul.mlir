// RUN: garam-opt --graph-outline-kernels --graph-form-groups --graph-assign-mapping %s | FileCheck %s
// RUN: sed s/atom/rebel100/ %s | garam-opt --graph-outline-kernels --graph-form-groups --graph-assign-mapping | FileCheck %s --check-prefix=DIES

module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  func.func private @square(%a: tensor<2048x2048xbf16>, %b: tensor<2048x2048xbf16>) -> tensor<2048x2048xbf16> {
    // Rows of 4096 bytes begin in two of eight channels: together the eight cores read whole ones, and each keeps its columns.
    // CHECK: graph.group "matmul"
    // CHECK-SAME: grid = {m = 1 : i64, n = 8 : i64}, order = ["n", "m", "k"]
    // CHECK-SAME: k = 2048 : i64, m = 64 : i64, n = 256 : i64
    // All cores of all dies, each with its columns.
    // DIES: graph.group "matmul"
    // DIES-SAME: grid = {m = 8 : i64, n = 8 : i64}, order = ["n", "m", "k"]
    %0 = graph.matmul %a, %b : (tensor<2048x2048xbf16>, tensor<2048x2048xbf16>) -> tensor<2048x2048xbf16>
    return %0 : tensor<2048x2048xbf16>
  }

  // A weight that stays is loaded while the rows before are computed, so the activations stream past it.
  func.func private @behind(%x: tensor<1024x384xbf16>, %w: tensor<1536x384xbf16>) -> tensor<1024x1536xbf16> {
    // DIES: graph.group "softmax"
    %0 = graph.softmax %x : tensor<1024x384xbf16>
    // CHECK: graph.group "matmul"
    // CHECK-SAME: order = ["n", "m", "k"]
    %1 = graph.matmul %0, %w {transpose_b = true} : (tensor<1024x384xbf16>, tensor<1536x384xbf16>) -> tensor<1024x1536xbf16>
    return %1 : tensor<1024x1536xbf16>
  }

  func.func @main(%a: tensor<2048x2048xbf16> {graph.kind = "input", graph.name = "a"}, %b: tensor<2048x2048xbf16> {graph.kind = "input", graph.name = "b"},
                  %x: tensor<1024x384xbf16> {graph.kind = "input", graph.name = "x"}, %w: tensor<1536x384xbf16> {graph.kind = "weight", graph.name = "w"})
      -> (tensor<2048x2048xbf16> {graph.name = "c"}, tensor<1024x1536xbf16> {graph.name = "y"}) {
    %0 = call @square(%a, %b) : (tensor<2048x2048xbf16>, tensor<2048x2048xbf16>) -> tensor<2048x2048xbf16>
    %1 = call @behind(%x, %w) : (tensor<1024x384xbf16>, tensor<1536x384xbf16>) -> tensor<1024x1536xbf16>
    return %0, %1 : tensor<2048x2048xbf16>, tensor<1024x1536xbf16>
  }
}
