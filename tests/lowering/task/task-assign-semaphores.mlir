// RUN: garam-opt %s --task-assign-semaphores --split-input-file --verify-diagnostics | FileCheck %s

// Tokens of one phase leave room for those of the next, if the same engine waits; a join's do not meet either's.
// CHECK-LABEL: func.func @reuse
func.func @reuse() attributes {task.kernel} {
  task.phase {
    // CHECK: task.sync vector signal <0>
    // CHECK: task.sync dma_out wait <0>
    task.sync vector signal <100>
    task.sync dma_out wait <100>
  }
  // CHECK: task.sync vector signal <1>
  // CHECK: task.barrier die wait <1> signal <2>
  // CHECK: task.sync vector wait <2>
  task.sync vector signal <101>
  task.barrier die wait <101> signal <102>
  task.sync vector wait <102>
  task.phase {
    // CHECK: task.sync vector signal <0>
    // CHECK: task.sync dma_out wait <0>
    task.sync vector signal <103>
    task.sync dma_out wait <103>
  }
  return
}

// -----
func.func @waiters() attributes {task.kernel} {
  task.phase {
    task.sync vector wait <5>
    // expected-error @+1 {{waits for semaphore 5, which vector waits for; a semaphore has one waiting engine}}
    task.sync matrix wait <5>
  }
  return
}
