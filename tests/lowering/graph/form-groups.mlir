// RUN: garam-opt --graph-form-groups --split-input-file %s | FileCheck %s

// A product takes its bias and activation along; the norm that follows needs whole rows and is a group of its own.
// CHECK-LABEL: func.func private @ffn
// CHECK: graph.group "
// CHECK: graph.matmul
// CHECK: graph.add
// CHECK: graph.gelu
// CHECK: graph.yield
// CHECK: graph.group "
// CHECK: graph.layer_norm
// CHECK: graph.yield
// CHECK-NOT: graph.group "
func.func private @ffn(%x: tensor<8x16xbf16>, %w: tensor<32x16xbf16>, %b: tensor<32xbf16>, %g: tensor<32xbf16>) -> tensor<8x32xbf16> {
  %0 = graph.matmul %x, %w {transpose_b = true} : (tensor<8x16xbf16>, tensor<32x16xbf16>) -> tensor<8x32xbf16>
  %1 = graph.add %0, %b : (tensor<8x32xbf16>, tensor<32xbf16>) -> tensor<8x32xbf16>
  %2 = graph.gelu %1 : tensor<8x32xbf16>
  %3 = graph.layer_norm %2, %g, %b {eps = 1.0e-5 : f32} : tensor<8x32xbf16>, tensor<32xbf16>, tensor<32xbf16>
  return %3 : tensor<8x32xbf16>
}

// -----

// Heads are split and merged by strides: no copy is made, and the store of the attention undoes the transpose.
// CHECK-LABEL: func.func private @heads
// CHECK: %[[R:.*]] = graph.group
// CHECK: graph.reshape
// CHECK: graph.transpose
// CHECK: graph.attention
// CHECK: graph.transpose
// CHECK: %[[Y:.*]] = graph.reshape
// CHECK: graph.yield %[[Y]]
// CHECK: return %[[R]]
func.func private @heads(%x: tensor<1x8x64xbf16>) -> tensor<1x8x64xbf16> {
  %0 = graph.reshape %x : tensor<1x8x64xbf16> to tensor<1x8x2x32xbf16>
  %1 = graph.transpose %0 [0, 2, 1, 3] : tensor<1x8x2x32xbf16> to tensor<1x2x8x32xbf16>
  %2 = graph.attention %1, %1, %1 {scale = 0.125 : f32} : (tensor<1x2x8x32xbf16>, tensor<1x2x8x32xbf16>, tensor<1x2x8x32xbf16>) -> tensor<1x2x8x32xbf16>
  %3 = graph.transpose %2 [0, 2, 1, 3] : tensor<1x2x8x32xbf16> to tensor<1x8x2x32xbf16>
  %4 = graph.reshape %3 : tensor<1x8x2x32xbf16> to tensor<1x8x64xbf16>
  return %4 : tensor<1x8x64xbf16>
}

// -----

// A reshape of a transposed argument is not a matter of strides: the transpose is copied.
// CHECK-LABEL: func.func private @copy
// CHECK: %[[T:.*]] = graph.group
// CHECK: graph.transpose
// CHECK: graph.group {{.*}} = %[[T]]
// CHECK: graph.reshape
// CHECK: graph.relu
func.func private @copy(%x: tensor<4x6xf32>) -> tensor<24xf32> {
  %0 = graph.transpose %x [1, 0] : tensor<4x6xf32> to tensor<6x4xf32>
  %1 = graph.reshape %0 : tensor<6x4xf32> to tensor<24xf32>
  %2 = graph.relu %1 : tensor<24xf32>
  return %2 : tensor<24xf32>
}

// -----

// A softmax over one column does not see the eight that the sum beside it has: it is a group of its own. Elementwise ops
// on the one column go along.
// CHECK-LABEL: func.func private @one_column
// CHECK: graph.group "
// CHECK: graph.reduce
// CHECK: graph.relu
// CHECK: graph.yield
// CHECK: graph.group "
// CHECK: graph.softmax
// CHECK: graph.yield
// CHECK: graph.group "
// CHECK: graph.add
// CHECK: graph.yield
func.func private @one_column(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = graph.reduce #graph.reduce_kind<sum> %x {dim = 1 : i64, keepdim = true} : tensor<4x8xf32> to tensor<4x1xf32>
  %1 = graph.relu %0 : tensor<4x1xf32>
  %2 = graph.softmax %1 : tensor<4x1xf32>
  %3 = graph.add %x, %2 : (tensor<4x8xf32>, tensor<4x1xf32>) -> tensor<4x8xf32>
  return %3 : tensor<4x8xf32>
}

// -----

// The rows of the first reader are a stride of the argument, until the second one has the transpose copied: then they are
// read from there, by one more copy.
// CHECK-LABEL: func.func private @two_readers
// CHECK: %[[COPY:.*]] = graph.group "copy"
// CHECK: %[[ROWS:.*]] = graph.group {{.*}} = %[[COPY]]
// CHECK: graph.slice
// CHECK: graph.transpose
// CHECK: graph.yield
// CHECK: graph.group {{.*}} = %[[ROWS]]
// CHECK: graph.reshape
// CHECK: graph.relu
// CHECK: graph.group {{.*}} = %[[COPY]]
// CHECK: graph.reshape
// CHECK: graph.exp
func.func private @two_readers(%x: tensor<4x6xf32>) -> (tensor<12xf32>, tensor<24xf32>) {
  %0 = graph.transpose %x [1, 0] {graph.node = "copy"} : tensor<4x6xf32> to tensor<6x4xf32>
  %1 = graph.slice %0 [0, 1] to [6, 3] step [1, 1] : tensor<6x4xf32> to tensor<6x2xf32>
  %2 = graph.transpose %1 [1, 0] : tensor<6x2xf32> to tensor<2x6xf32>
  %3 = graph.reshape %2 : tensor<2x6xf32> to tensor<12xf32>
  %4 = graph.relu %3 : tensor<12xf32>
  %5 = graph.reshape %0 : tensor<6x4xf32> to tensor<24xf32>
  %6 = graph.exp %5 : tensor<24xf32>
  return %4, %6 : tensor<12xf32>, tensor<24xf32>
}
