// RUN: garam-opt --graph-outline-kernels --graph-form-groups --graph-stage-inputs %s | FileCheck %s
// RUN: sed s/atom/rebel100/ %s | garam-opt --graph-outline-kernels --graph-form-groups --graph-stage-inputs | FileCheck %s --check-prefix=DIES

// Two products that cannot share a group read the input: it is copied once. Over several dies there is no near memory.
module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  // CHECK-LABEL: func.func private @main_0
  // CHECK: %[[COPY:.*]] = graph.group "stage_0" (%[[A:.*]] = %{{.*}}) {{.*}} {
  // CHECK-NEXT: graph.yield %[[A]]
  // CHECK: graph.group "matmul" ({{.*}} = %[[COPY]]
  // CHECK: graph.group "matmul_1" ({{.*}} = %[[COPY]]
  // DIES-NOT: stage_0
  func.func @main(%x: tensor<512x512xbf16> {graph.kind = "input", graph.name = "x"},
                  %w: tensor<64x512xbf16> {graph.kind = "weight", graph.name = "w"},
                  %v: tensor<512x64xbf16> {graph.kind = "weight", graph.name = "v"}) -> (tensor<512x64xbf16>, tensor<512x64xbf16>) {
    %0 = graph.matmul %x, %w {transpose_b = true} : (tensor<512x512xbf16>, tensor<64x512xbf16>) -> tensor<512x64xbf16>
    %1 = graph.matmul %x, %v : (tensor<512x512xbf16>, tensor<512x64xbf16>) -> tensor<512x64xbf16>
    return %0, %1 : tensor<512x64xbf16>, tensor<512x64xbf16>
  }
}
