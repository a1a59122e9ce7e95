// RUN: garam-opt %s --task-expand-division --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: func.func @divide
func.func @divide(%n: index) -> (index, index, index, index) {
  %c3 = arith.constant 3 : index
  %c8 = arith.constant 8 : index
  // 2^33 / 3 + 1
  // CHECK: arith.constant 2863311531
  // CHECK: arith.shrsi
  %a = arith.divui %n, %c3 : index
  // CHECK: arith.subi
  %b = arith.remui %n, %c3 : index
  // CHECK: arith.shrsi %{{.*}}, %c3
  %c = arith.divsi %n, %c8 : index
  // CHECK: arith.andi %{{.*}}, %c7
  %d = arith.remsi %n, %c8 : index
  return %a, %b, %c, %d : index, index, index, index
}

// -----
func.func @variable(%n: index, %m: index) -> index {
  // expected-error @+1 {{divides by what is not a constant above zero}}
  %a = arith.divui %n, %m : index
  return %a : index
}
