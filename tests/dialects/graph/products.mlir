// RUN: garam-opt %s --verify-roundtrip | FileCheck %s
// RUN: garam-opt %s --mlir-print-op-generic | garam-opt | FileCheck %s

// CHECK-LABEL: @matmul
func.func @matmul(%a: tensor<2x3x4xbf16>, %b: tensor<4x5xbf16>, %c: tensor<2x5x4xbf16>, %d: tensor<5x4xf8E4M3FN>, %i: tensor<3x4xi8>, %j: tensor<4x5xi8>) {
  // CHECK: graph.matmul %{{.*}}, %{{.*}} : (tensor<2x3x4xbf16>, tensor<4x5xbf16>) -> tensor<2x3x5xbf16>
  %0 = graph.matmul %a, %b : (tensor<2x3x4xbf16>, tensor<4x5xbf16>) -> tensor<2x3x5xbf16>
  // CHECK: graph.matmul %{{.*}}, %{{.*}} {transpose_b = true} : (tensor<2x3x4xbf16>, tensor<2x5x4xbf16>) -> tensor<2x3x5xf32>
  %1 = graph.matmul %a, %c {transpose_b = true} : (tensor<2x3x4xbf16>, tensor<2x5x4xbf16>) -> tensor<2x3x5xf32>
  // Weights may be narrower.
  // CHECK: graph.matmul %{{.*}}, %{{.*}} {transpose_b = true} : (tensor<2x3x4xbf16>, tensor<5x4xf8E4M3FN>) -> tensor<2x3x5xbf16>
  %2 = graph.matmul %a, %d {transpose_b = true} : (tensor<2x3x4xbf16>, tensor<5x4xf8E4M3FN>) -> tensor<2x3x5xbf16>
  // CHECK: graph.matmul %{{.*}}, %{{.*}} : (tensor<3x4xi8>, tensor<4x5xi8>) -> tensor<3x5xi32>
  %3 = graph.matmul %i, %j : (tensor<3x4xi8>, tensor<4x5xi8>) -> tensor<3x5xi32>
  return
}

// CHECK-LABEL: @embedding
func.func @embedding(%table: tensor<10x4xf16>, %ids: tensor<2x3xi64>) {
  // CHECK: graph.embedding %{{.*}}, %{{.*}} : (tensor<10x4xf16>, tensor<2x3xi64>) -> tensor<2x3x4xf16>
  %0 = graph.embedding %table, %ids : (tensor<10x4xf16>, tensor<2x3xi64>) -> tensor<2x3x4xf16>
  return
}

// CHECK-LABEL: @attention
func.func @attention(%q: tensor<1x4x3x8xbf16>, %k: tensor<1x2x5x8xbf16>, %v: tensor<1x2x5x6xbf16>, %mask: tensor<1x5xi64>, %bias: tensor<4x1x5xf32>, %pos: index) {
  // CHECK: graph.attention %{{[a-z0-9]*}}, %{{[a-z0-9]*}}, %{{[a-z0-9]*}} {causal = true, scale = 5.000000e-01 : f32} :
  %0 = graph.attention %q, %k, %v {causal = true, scale = 0.5 : f32} : (tensor<1x4x3x8xbf16>, tensor<1x2x5x8xbf16>, tensor<1x2x5x6xbf16>) -> tensor<1x4x3x6xbf16>
  // CHECK: graph.attention %{{.*}}, %{{.*}}, %{{.*}} mask %{{.*}} bias %{{.*}} pos %{{.*}} {scale = 5.000000e-01 : f32, softcap = 3.000000e+01 : f32, window = 4 : i64} :
  %1 = graph.attention %q, %k, %v mask %mask bias %bias pos %pos {scale = 0.5 : f32, softcap = 30.0 : f32, window = 4}
      : (tensor<1x4x3x8xbf16>, tensor<1x2x5x8xbf16>, tensor<1x2x5x6xbf16>, tensor<1x5xi64>, tensor<4x1x5xf32>, index) -> tensor<1x4x3x6xbf16>
  // CHECK: graph.attention {{.*}} {masked_rows = #graph.masked_rows<zero>, scale = 5.000000e-01 : f32} :
  %2 = graph.attention %q, %k, %v {masked_rows = #graph.masked_rows<zero>, scale = 0.5 : f32} : (tensor<1x4x3x8xbf16>, tensor<1x2x5x8xbf16>, tensor<1x2x5x6xbf16>) -> tensor<1x4x3x6xbf16>
  // CHECK: graph.attention {{.*}} {scale = 5.000000e-01 : f32} :
  %3 = graph.attention %q, %k, %v {masked_rows = #graph.masked_rows<average>, scale = 0.5 : f32} : (tensor<1x4x3x8xbf16>, tensor<1x2x5x8xbf16>, tensor<1x2x5x6xbf16>) -> tensor<1x4x3x6xbf16>
  return
}

// CHECK-LABEL: @kv_update
func.func @kv_update(%cache: tensor<1x2x16x8xbf16>, %rows: tensor<1x2x3x8xbf16>, %pos: index) {
  // CHECK: graph.kv_update %{{.*}}, %{{.*}} pos %{{.*}} : tensor<1x2x16x8xbf16>, tensor<1x2x3x8xbf16>
  %0 = graph.kv_update %cache, %rows pos %pos : tensor<1x2x16x8xbf16>, tensor<1x2x3x8xbf16>
  return
}
