// RUN: split-file %s %t
// RUN: not garam-opt --graph-split-batch=parts=2 %t/softmax.mlir 2>&1 | FileCheck %s
// RUN: not garam-opt --graph-split-batch=parts=2 %t/reduce.mlir 2>&1 | FileCheck %s
// RUN: not garam-opt --graph-split-batch=parts=2 %t/product.mlir 2>&1 | FileCheck %s
// RUN: not garam-opt --graph-split-batch=parts=2 %t/slice.mlir 2>&1 | FileCheck %s
// RUN: not garam-opt --graph-split-batch=parts=2 %t/reshape.mlir 2>&1 | FileCheck %s
// RUN: not garam-opt --graph-split-batch=parts=2 %t/constant.mlir 2>&1 | FileCheck %s
// RUN: not garam-opt --graph-split-batch=parts=2 %t/output.mlir 2>&1 | FileCheck %s
// RUN: not garam-opt --graph-split-batch=parts=3 %t/alone.mlir 2>&1 | FileCheck %s --check-prefix=UNEVEN
// RUN: not garam-opt --graph-split-batch=parts=8 %t/alone.mlir 2>&1 | FileCheck %s --check-prefix=MANY
// RUN: garam-opt --graph-split-batch=parts=2 %t/alone.mlir
// RUN: not garam-opt --graph-split-batch=mapping-file=%t/none.json %t/alone.mlir 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not garam-opt --graph-split-batch=mapping-file=%t/key.json %t/alone.mlir 2>&1 | FileCheck %s --check-prefix=KEY
// RUN: not garam-opt --graph-assign-mapping=mapping-file=%t/two.json %t/alone.mlir 2>&1 | FileCheck %s --check-prefix=OTHER

// Parts that need each other are refused, each for its own reason.
// CHECK: cannot run as 2 parts of its batch of 8; parts are equal, at most one for each of 4 dies, and do not need each other
// UNEVEN: cannot run as 3 parts of its batch of 8
// MANY: cannot run as 8 parts of its batch of 8; parts are equal, at most one for each of 4 dies
// NONE: 'parts' is no number of dies; an integer above zero
// KEY: unknown key 'part'; groups, parts
// OTHER: is for 2 parts of the batch, the program has 0; as --emit mapping wrote it, with split-batch

//--- softmax.mlir
module attributes {graph.chip = #graph.chip<name = "rebel100", path = "">} {
  func.func @main(%x: tensor<8xf32> {graph.kind = "input", graph.name = "x"}) -> (tensor<8xf32> {graph.name = "y"}) {
    %0 = graph.softmax %x : tensor<8xf32>
    return %0 : tensor<8xf32>
  }
}
//--- reduce.mlir
module attributes {graph.chip = #graph.chip<name = "rebel100", path = "">} {
  func.func @main(%x: tensor<8x4xf32> {graph.kind = "input", graph.name = "x"}) -> (tensor<4xf32> {graph.name = "y"}) {
    %0 = graph.reduce <sum> %x {dim = 0 : i64} : tensor<8x4xf32> to tensor<4xf32>
    return %0 : tensor<4xf32>
  }
}
//--- product.mlir
module attributes {graph.chip = #graph.chip<name = "rebel100", path = "">} {
  func.func @main(%x: tensor<8x8xf32> {graph.kind = "input", graph.name = "x"}, %w: tensor<8x8xf32> {graph.kind = "input", graph.name = "w"})
      -> (tensor<8x8xf32> {graph.name = "y"}) {
    %0 = graph.matmul %x, %w : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32>
    return %0 : tensor<8x8xf32>
  }
}
//--- slice.mlir
module attributes {graph.chip = #graph.chip<name = "rebel100", path = "">} {
  func.func @main(%x: tensor<8x4xf32> {graph.kind = "input", graph.name = "x"}) -> (tensor<4x4xf32> {graph.name = "y"}) {
    %0 = graph.slice %x [0, 0] to [8, 4] step [2, 1] : tensor<8x4xf32> to tensor<4x4xf32>
    return %0 : tensor<4x4xf32>
  }
}
//--- reshape.mlir
module attributes {graph.chip = #graph.chip<name = "rebel100", path = "">} {
  func.func @main(%x: tensor<8x3xf32> {graph.kind = "input", graph.name = "x"}) -> (tensor<3x8xf32> {graph.name = "y"}) {
    %0 = graph.reshape %x : tensor<8x3xf32> to tensor<3x8xf32>
    return %0 : tensor<3x8xf32>
  }
}
//--- constant.mlir
module attributes {graph.chip = #graph.chip<name = "rebel100", path = "">} {
  func.func @main(%x: tensor<8x1xf32> {graph.kind = "input", graph.name = "x"}) -> (tensor<8x1xf32> {graph.name = "y"}) {
    %0 = graph.constant dense<[[0.0], [1.0], [2.0], [3.0], [4.0], [5.0], [6.0], [7.0]]> : tensor<8x1xf32>
    %1 = graph.add %x, %0 : (tensor<8x1xf32>, tensor<8x1xf32>) -> tensor<8x1xf32>
    return %1 : tensor<8x1xf32>
  }
}
//--- output.mlir
module attributes {graph.chip = #graph.chip<name = "rebel100", path = "">} {
  func.func @main(%x: tensor<8x4xf32> {graph.kind = "input", graph.name = "x"}) -> (tensor<4x8xf32> {graph.name = "y"}) {
    %0 = graph.transpose %x [1, 0] : tensor<8x4xf32> to tensor<4x8xf32>
    return %0 : tensor<4x8xf32>
  }
}
//--- alone.mlir
module attributes {graph.chip = #graph.chip<name = "rebel100", path = "">} {
  func.func @main(%x: tensor<8x4xf32> {graph.kind = "input", graph.name = "x"}) -> (tensor<8x4xf32> {graph.name = "y"}) {
    %0 = graph.softmax %x : tensor<8x4xf32>
    return %0 : tensor<8x4xf32>
  }
}
//--- none.json
{"parts": 0, "groups": []}
//--- key.json
{"part": 2, "groups": []}
//--- two.json
{"parts": 2, "groups": []}
