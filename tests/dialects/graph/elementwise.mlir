// RUN: garam-opt %s --verify-roundtrip | FileCheck %s
// RUN: garam-opt %s --mlir-print-op-generic | garam-opt | FileCheck %s

// CHECK-LABEL: @binary
func.func @binary(%a: tensor<2x3xf16>, %b: tensor<3xf16>, %i: tensor<2x1xi32>, %j: tensor<3xi32>) {
  // CHECK: graph.add %{{.*}}, %{{.*}} : (tensor<2x3xf16>, tensor<3xf16>) -> tensor<2x3xf16>
  %0 = graph.add %a, %b : (tensor<2x3xf16>, tensor<3xf16>) -> tensor<2x3xf16>
  // CHECK: graph.sub
  %1 = graph.sub %i, %j : (tensor<2x1xi32>, tensor<3xi32>) -> tensor<2x3xi32>
  // CHECK: graph.mul
  %2 = graph.mul %a, %b : (tensor<2x3xf16>, tensor<3xf16>) -> tensor<2x3xf16>
  // CHECK: graph.div
  %3 = graph.div %a, %b : (tensor<2x3xf16>, tensor<3xf16>) -> tensor<2x3xf16>
  // CHECK: graph.max
  %4 = graph.max %i, %j : (tensor<2x1xi32>, tensor<3xi32>) -> tensor<2x3xi32>
  // CHECK: graph.min
  %5 = graph.min %a, %b : (tensor<2x3xf16>, tensor<3xf16>) -> tensor<2x3xf16>
  // CHECK: graph.compare <le> %{{.*}}, %{{.*}} : (tensor<2x3xf16>, tensor<3xf16>) -> tensor<2x3xi1>
  %6 = graph.compare <le> %a, %b : (tensor<2x3xf16>, tensor<3xf16>) -> tensor<2x3xi1>
  // CHECK: graph.logical_and
  %7 = graph.logical_and %6, %6 : (tensor<2x3xi1>, tensor<2x3xi1>) -> tensor<2x3xi1>
  // CHECK: graph.logical_or
  %8 = graph.logical_or %6, %7 : (tensor<2x3xi1>, tensor<2x3xi1>) -> tensor<2x3xi1>
  // CHECK: graph.logical_not
  %9 = graph.logical_not %8 : tensor<2x3xi1>
  // CHECK: graph.select %{{.*}}, %{{.*}}, %{{.*}} : (tensor<2x3xi1>, tensor<2x3xf16>, tensor<3xf16>) -> tensor<2x3xf16>
  %10 = graph.select %9, %a, %b : (tensor<2x3xi1>, tensor<2x3xf16>, tensor<3xf16>) -> tensor<2x3xf16>
  return
}

// CHECK-LABEL: @unary
func.func @unary(%x: tensor<4xbf16>, %i: tensor<4xi64>) {
  // CHECK: graph.neg
  %0 = graph.neg %i : tensor<4xi64>
  // CHECK: graph.abs
  %1 = graph.abs %x : tensor<4xbf16>
  // CHECK: graph.exp
  %2 = graph.exp %x : tensor<4xbf16>
  // CHECK: graph.log
  %3 = graph.log %x : tensor<4xbf16>
  // CHECK: graph.sqrt
  %4 = graph.sqrt %x : tensor<4xbf16>
  // CHECK: graph.rsqrt
  %5 = graph.rsqrt %x : tensor<4xbf16>
  // CHECK: graph.recip
  %6 = graph.recip %x : tensor<4xbf16>
  // CHECK: graph.tanh
  %7 = graph.tanh %x : tensor<4xbf16>
  // CHECK: graph.sigmoid
  %8 = graph.sigmoid %x : tensor<4xbf16>
  // CHECK: graph.erf
  %9 = graph.erf %x : tensor<4xbf16>
  // CHECK: graph.sin
  %10 = graph.sin %x : tensor<4xbf16>
  // CHECK: graph.cos
  %11 = graph.cos %x : tensor<4xbf16>
  // CHECK: graph.floor
  %12 = graph.floor %x : tensor<4xbf16>
  // CHECK: graph.round
  %13 = graph.round %x : tensor<4xbf16>
  // CHECK: graph.relu
  %14 = graph.relu %x : tensor<4xbf16>
  // CHECK: graph.silu
  %15 = graph.silu %x : tensor<4xbf16>
  // CHECK: graph.gelu %{{[^ ]*}} : tensor<4xbf16>
  %16 = graph.gelu %x : tensor<4xbf16>
  // CHECK: graph.gelu %{{.*}} {approximate = #graph.gelu_approximation<tanh>} : tensor<4xbf16>
  %17 = graph.gelu %x {approximate = #graph.gelu_approximation<tanh>} : tensor<4xbf16>
  // CHECK: graph.cast %{{.*}} : tensor<4xi64> to tensor<4xf8E5M2>
  %18 = graph.cast %i : tensor<4xi64> to tensor<4xf8E5M2>
  return
}
