// RUN: garam-opt %s --canonicalize | FileCheck %s

// What has no elements needs no op, whatever the op was.
// CHECK-LABEL: @results
// CHECK-NEXT: %[[F:.*]] = graph.constant dense<> : tensor<0x8xf32>
// CHECK-NEXT: return %[[F]], %[[F]]
func.func @results(%x: tensor<0x4xf32>, %w: tensor<8x4xf32>, %g: tensor<8xf32>) -> (tensor<0x8xf32>, tensor<0x8xf32>) {
  %0 = graph.matmul %x, %w {transpose_b = true} : (tensor<0x4xf32>, tensor<8x4xf32>) -> tensor<0x8xf32>
  %1 = graph.layer_norm %0, %g, %g {eps = 1.0e-5 : f32} : tensor<0x8xf32>, tensor<8xf32>, tensor<8xf32>
  %2 = graph.gelu %1 : tensor<0x8xf32>
  return %0, %2 : tensor<0x8xf32>, tensor<0x8xf32>
}

// Pieces of a concat without elements go; one that is left is the result.
// CHECK-LABEL: @pieces
// CHECK-NEXT: %[[C:.*]] = graph.concat %arg0, %arg0 {dim = 1 : i64}
// CHECK-NEXT: return %arg0, %[[C]]
func.func @pieces(%x: tensor<2x3xf32>, %none: tensor<2x0xf32>) -> (tensor<2x3xf32>, tensor<2x6xf32>) {
  %0 = graph.slice %x [0, 3] to [2, 3] step [1, 1] : tensor<2x3xf32> to tensor<2x0xf32>
  %1 = graph.concat %x, %0 {dim = 1 : i64} : (tensor<2x3xf32>, tensor<2x0xf32>) -> tensor<2x3xf32>
  %2 = graph.concat %none, %x, %0, %x {dim = 1 : i64} : (tensor<2x0xf32>, tensor<2x3xf32>, tensor<2x0xf32>, tensor<2x3xf32>) -> tensor<2x6xf32>
  return %1, %2 : tensor<2x3xf32>, tensor<2x6xf32>
}

// A sum over nothing is zero, and a mean is none.
// CHECK-LABEL: @sums
// CHECK-DAG: %[[Z:.*]] = graph.constant dense<0.000000e+00> : tensor<4x5xf32>
// CHECK-DAG: %[[I:.*]] = graph.constant dense<0> : tensor<4xi64>
// CHECK-DAG: %[[N:.*]] = graph.constant dense<0x7FC00000> : tensor<4xf32>
// CHECK-DAG: %[[A:.*]] = graph.constant dense<0.000000e+00> : tensor<1x2x3x4xf32>
// CHECK: return %[[Z]], %[[I]], %[[N]], %[[A]]
func.func @sums(%a: tensor<4x0xf32>, %b: tensor<0x5xf32>, %i: tensor<0x4xi64>, %q: tensor<1x2x3x4xf32>, %k: tensor<1x2x0x4xf32>)
    -> (tensor<4x5xf32>, tensor<4xi64>, tensor<4xf32>, tensor<1x2x3x4xf32>) {
  %0 = graph.matmul %a, %b : (tensor<4x0xf32>, tensor<0x5xf32>) -> tensor<4x5xf32>
  %1 = graph.reduce #graph.reduce_kind<sum> %i {dim = 0 : i64} : tensor<0x4xi64> to tensor<4xi64>
  %2 = graph.reduce #graph.reduce_kind<mean> %a {dim = 1 : i64} : tensor<4x0xf32> to tensor<4xf32>
  %3 = graph.attention %q, %k, %k {scale = 0.5 : f32} : (tensor<1x2x3x4xf32>, tensor<1x2x0x4xf32>, tensor<1x2x0x4xf32>) -> tensor<1x2x3x4xf32>
  return %0, %1, %2, %3 : tensor<4x5xf32>, tensor<4xi64>, tensor<4xf32>, tensor<1x2x3x4xf32>
}

// No row enters the cache: it stays what it is.
// CHECK-LABEL: @cache
// CHECK-NEXT: return %arg0
func.func @cache(%cache: tensor<1x2x8x4xf32>, %rows: tensor<1x2x0x4xf32>, %pos: index) -> tensor<1x2x8x4xf32> {
  %0 = graph.kv_update %cache, %rows pos %pos : tensor<1x2x8x4xf32>, tensor<1x2x0x4xf32>
  return %0 : tensor<1x2x8x4xf32>
}

// An operand without elements that makes no constant of the op: sizes of one are stretched to none only.
// CHECK-LABEL: @kept
// CHECK-NEXT: graph.reduce
// CHECK-NEXT: graph.matmul
func.func @kept(%x: tensor<1x4xf32>, %w: tensor<4x1xf32>) -> (tensor<4xf32>, tensor<1x1xf32>) {
  %0 = graph.reduce #graph.reduce_kind<sum> %x {dim = 0 : i64} : tensor<1x4xf32> to tensor<4xf32>
  %1 = graph.matmul %x, %w : (tensor<1x4xf32>, tensor<4x1xf32>) -> tensor<1x1xf32>
  return %0, %1 : tensor<4xf32>, tensor<1x1xf32>
}
