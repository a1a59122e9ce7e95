// RUN: garam-opt %s --verify-roundtrip | FileCheck %s
// RUN: garam-opt %s --mlir-print-op-generic | garam-opt | FileCheck %s

// CHECK-LABEL: @shapes
func.func @shapes(%x: tensor<2x3xbf16>) {
  // CHECK: graph.reshape %{{.*}} : tensor<2x3xbf16> to tensor<6x1xbf16>
  %0 = graph.reshape %x : tensor<2x3xbf16> to tensor<6x1xbf16>
  // CHECK: graph.transpose %{{.*}} [1, 0] : tensor<2x3xbf16> to tensor<3x2xbf16>
  %1 = graph.transpose %x [1, 0] : tensor<2x3xbf16> to tensor<3x2xbf16>
  // CHECK: graph.broadcast %{{.*}} : tensor<2x3xbf16> to tensor<4x2x3xbf16>
  %2 = graph.broadcast %x : tensor<2x3xbf16> to tensor<4x2x3xbf16>
  // CHECK: graph.slice %{{.*}} [0, 1] to [2, 3] step [1, 2] : tensor<2x3xbf16> to tensor<2x1xbf16>
  %3 = graph.slice %x [0, 1] to [2, 3] step [1, 2] : tensor<2x3xbf16> to tensor<2x1xbf16>
  // CHECK: graph.concat %{{.*}}, %{{.*}} {dim = 0 : i64} : (tensor<2x3xbf16>, tensor<2x3xbf16>) -> tensor<4x3xbf16>
  %4 = graph.concat %x, %x {dim = 0} : (tensor<2x3xbf16>, tensor<2x3xbf16>) -> tensor<4x3xbf16>
  // CHECK: graph.reduce <mean> %{{.*}} {dim = 1 : i64} : tensor<2x3xbf16> to tensor<2xbf16>
  %5 = graph.reduce <mean> %x {dim = 1} : tensor<2x3xbf16> to tensor<2xbf16>
  // CHECK: graph.reduce <max> %{{.*}} {dim = 0 : i64, keepdim = true} : tensor<2x3xbf16> to tensor<1x3xbf16>
  %6 = graph.reduce <max> %x {dim = 0, keepdim = true} : tensor<2x3xbf16> to tensor<1x3xbf16>
  // CHECK: graph.argmax %{{.*}} : tensor<2x3xbf16> to tensor<2xi64>
  %7 = graph.argmax %x : tensor<2x3xbf16> to tensor<2xi64>
  // CHECK: graph.iota {dim = 1 : i64} : tensor<2x3xi64>
  %8 = graph.iota {dim = 1} : tensor<2x3xi64>
  // CHECK: graph.constant dense<1.000000e+00> : tensor<2xf8E4M3FN>
  %9 = graph.constant dense<1.0> : tensor<2xf8E4M3FN>
  return
}
