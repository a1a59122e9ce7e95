// MLIR's own aids: IR after each pass, time of each pass, and a reproducer of a failure that fails again.
// RUN: garam-opt %s --canonicalize --mlir-print-ir-after-all 2>&1 | FileCheck %s --check-prefix=AFTER
// RUN: garam-opt %s --canonicalize --mlir-timing 2>&1 | FileCheck %s --check-prefix=TIMING
// RUN: not garam-opt %s --pass-pipeline="builtin.module(canonicalize,one-shot-bufferize)" --mlir-pass-pipeline-crash-reproducer=%t.mlir 2>&1 | FileCheck %s --check-prefix=FAIL
// RUN: FileCheck %s --check-prefix=REPRODUCER < %t.mlir
// RUN: not garam-opt %t.mlir --run-reproducer 2>&1 | FileCheck %s --check-prefix=FAIL

// AFTER: IR Dump After Canonicalizer
// TIMING: Execution time report
// TIMING: Canonicalizer
// FAIL: error: op was not bufferized
// REPRODUCER: pipeline: "builtin.module(canonicalize
func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = graph.exp %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}
