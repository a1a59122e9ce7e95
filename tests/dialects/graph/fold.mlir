// RUN: garam-opt %s --canonicalize | FileCheck %s

// CHECK-LABEL: @reshapes
// CHECK-NEXT: %[[R:.*]] = graph.reshape %arg0 : tensor<2x3xf32> to tensor<3x2xf32>
// CHECK-NEXT: return %[[R]], %arg0
func.func @reshapes(%x: tensor<2x3xf32>) -> (tensor<3x2xf32>, tensor<2x3xf32>) {
  %0 = graph.reshape %x : tensor<2x3xf32> to tensor<6xf32>
  %1 = graph.reshape %0 : tensor<6xf32> to tensor<3x2xf32>
  %2 = graph.reshape %0 : tensor<6xf32> to tensor<2x3xf32>
  return %1, %2 : tensor<3x2xf32>, tensor<2x3xf32>
}

// CHECK-LABEL: @transposes
// CHECK-NEXT: %[[T:.*]] = graph.transpose %arg0 [2, 0, 1] : tensor<2x3x4xf32> to tensor<4x2x3xf32>
// CHECK-NEXT: return %[[T]], %arg0
func.func @transposes(%x: tensor<2x3x4xf32>) -> (tensor<4x2x3xf32>, tensor<2x3x4xf32>) {
  %0 = graph.transpose %x [1, 2, 0] : tensor<2x3x4xf32> to tensor<3x4x2xf32>
  %1 = graph.transpose %0 [1, 2, 0] : tensor<3x4x2xf32> to tensor<4x2x3xf32>
  %2 = graph.transpose %0 [2, 0, 1] : tensor<3x4x2xf32> to tensor<2x3x4xf32>
  return %1, %2 : tensor<4x2x3xf32>, tensor<2x3x4xf32>
}

// CHECK-LABEL: @identities
// CHECK-NEXT: return %arg0, %arg0, %arg0, %arg0
func.func @identities(%x: tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>) {
  %0 = graph.cast %x : tensor<2x3xf32> to tensor<2x3xf32>
  %1 = graph.broadcast %x : tensor<2x3xf32> to tensor<2x3xf32>
  %2 = graph.slice %x [0, 0] to [2, 3] step [1, 1] : tensor<2x3xf32> to tensor<2x3xf32>
  %3 = graph.concat %x {dim = 1} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0, %1, %2, %3 : tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>
}

// CHECK-LABEL: @constants
// CHECK-DAG: %[[A:.*]] = graph.constant dense<{{\[\[}}1, 2], [3, 4]]> : tensor<2x2xi32>
// CHECK-DAG: %[[B:.*]] = graph.constant dense<7.000000e+00> : tensor<3x2xbf16>
// CHECK-DAG: %[[C:.*]] = graph.constant dense<2.500000e+00> : tensor<2xf16>
// CHECK: return %[[A]], %[[B]], %[[C]]
func.func @constants() -> (tensor<2x2xi32>, tensor<3x2xbf16>, tensor<2xf16>) {
  %0 = graph.constant dense<[1, 2, 3, 4]> : tensor<4xi32>
  %1 = graph.reshape %0 : tensor<4xi32> to tensor<2x2xi32>
  %2 = graph.constant dense<7.0> : tensor<bf16>
  %3 = graph.broadcast %2 : tensor<bf16> to tensor<2x3xbf16>
  %4 = graph.transpose %3 [1, 0] : tensor<2x3xbf16> to tensor<3x2xbf16>
  %5 = graph.constant dense<2.5> : tensor<2xf32>
  %6 = graph.cast %5 : tensor<2xf32> to tensor<2xf16>
  return %1, %4, %6 : tensor<2x2xi32>, tensor<3x2xbf16>, tensor<2xf16>
}

// Rounding to nearest even, saturation, truncation towards zero.
// CHECK-LABEL: @casts
// CHECK-DAG: graph.constant dense<[1.000000e+00, 1.015630e+00]> : tensor<2xbf16>
// CHECK-DAG: graph.constant dense<[4.480000e+02, -4.480000e+02]> : tensor<2xf8E4M3FN>
// CHECK-DAG: graph.constant dense<[-1, 2147483647, 0]> : tensor<3xi32>
// CHECK-DAG: graph.constant dense<[true, false]> : tensor<2xi1>
// CHECK-DAG: graph.constant dense<[44, -1]> : tensor<2xi8>
// CHECK-DAG: graph.constant dense<[1.000000e+00, 0.000000e+00]> : tensor<2xf16>
func.func @casts() -> (tensor<2xbf16>, tensor<2xf8E4M3FN>, tensor<3xi32>, tensor<2xi1>, tensor<2xi8>, tensor<2xf16>) {
  %0 = graph.constant dense<[1.00390625, 1.01171875]> : tensor<2xf32>
  %1 = graph.cast %0 : tensor<2xf32> to tensor<2xbf16>
  %2 = graph.constant dense<[1.0e6, 0xFF800000]> : tensor<2xf32>
  %3 = graph.cast %2 : tensor<2xf32> to tensor<2xf8E4M3FN>
  %4 = graph.constant dense<[-1.9, 1.0e20, 0x7FC00000]> : tensor<3xf32>
  %5 = graph.cast %4 : tensor<3xf32> to tensor<3xi32>
  %6 = graph.constant dense<[300, 0]> : tensor<2xi32>
  %7 = graph.cast %6 : tensor<2xi32> to tensor<2xi1>
  %8 = graph.constant dense<[300, -1]> : tensor<2xi32>
  %9 = graph.cast %8 : tensor<2xi32> to tensor<2xi8>
  %10 = graph.cast %7 : tensor<2xi1> to tensor<2xf16>
  return %1, %3, %5, %7, %9, %10 : tensor<2xbf16>, tensor<2xf8E4M3FN>, tensor<3xi32>, tensor<2xi1>, tensor<2xi8>, tensor<2xf16>
}
