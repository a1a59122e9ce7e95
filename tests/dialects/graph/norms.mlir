// RUN: garam-opt %s --verify-roundtrip | FileCheck %s
// RUN: garam-opt %s --mlir-print-op-generic | garam-opt | FileCheck %s

// CHECK-LABEL: @norms
func.func @norms(%x: tensor<2x3x8xbf16>, %w: tensor<8xbf16>, %f: tensor<8xf32>, %cos: tensor<16x8xf32>, %pos: index) {
  // CHECK: graph.rms_norm %{{.*}}, %{{.*}} {eps = 1.250000e-01 : f32} : tensor<2x3x8xbf16>, tensor<8xf32>
  %0 = graph.rms_norm %x, %f {eps = 0.125 : f32} : tensor<2x3x8xbf16>, tensor<8xf32>
  // CHECK: graph.rms_norm %{{.*}}, %{{.*}} {eps = 0.000000e+00 : f32, style = #graph.norm_style<gemma>} : tensor<2x3x8xbf16>, tensor<8xbf16>
  %1 = graph.rms_norm %x, %w {eps = 0.0 : f32, style = #graph.norm_style<gemma>} : tensor<2x3x8xbf16>, tensor<8xbf16>
  // CHECK: graph.layer_norm %{{.*}}, %{{.*}}, %{{.*}} {eps = 1.250000e-01 : f32} : tensor<2x3x8xbf16>, tensor<8xbf16>, tensor<8xf32>
  %2 = graph.layer_norm %x, %w, %f {eps = 0.125 : f32} : tensor<2x3x8xbf16>, tensor<8xbf16>, tensor<8xf32>
  // CHECK: graph.softmax %{{.*}} : tensor<2x3x8xbf16>
  %3 = graph.softmax %x : tensor<2x3x8xbf16>
  // CHECK: graph.rope %{{.*}}, %{{.*}}, %{{.*}} : tensor<2x3x8xbf16>, tensor<16x8xf32>, tensor<16x8xf32>
  %4 = graph.rope %x, %cos, %cos : tensor<2x3x8xbf16>, tensor<16x8xf32>, tensor<16x8xf32>
  // CHECK: graph.rope %{{.*}}, %{{.*}}, %{{.*}} pos %{{.*}} {style = #graph.rope_style<interleaved>} : tensor<2x3x8xbf16>, tensor<16x8xf32>, tensor<16x8xf32>
  %5 = graph.rope %x, %cos, %cos pos %pos {style = #graph.rope_style<interleaved>} : tensor<2x3x8xbf16>, tensor<16x8xf32>, tensor<16x8xf32>
  // CHECK: graph.cumsum %{{.*}} : tensor<8xf32>
  %6 = graph.cumsum %f : tensor<8xf32>
  return
}
