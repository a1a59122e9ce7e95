// RUN: garam-opt %s --task-verify-schedule --split-input-file --verify-diagnostics

module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  func.func @hang(%x: !task.buffer {task.arg = "input", task.type = memref<16xf32>}) attributes {task.kernel} {
    %c0 = arith.constant 0 : index
    task.phase {
      %a = task.alloc <l1> 64 * 1 at 0
      // expected-note @+2 {{would signal it, and is never reached: task.transpose}}
      // expected-error @+1 {{'task.transpose' op on vector waits for semaphore 1 forever: a deadlock on core 0}}
      task.transpose %a[%c0] : f32 to %a[%c0] : f32 sizes [4, 4] strides [16, 16] wait <1> signal <1>
    }
    return
  }
}

// -----
// Each engine waits for the other: neither order of issue helps.
module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  func.func @cycle() attributes {task.kernel} {
    task.phase {
      // expected-error @+1 {{on dma_in waits for semaphore 0 forever}}
      task.sync dma_in wait <0> signal <1>
      // expected-note @+1 {{would signal it, and is never reached: task.sync}}
      task.sync vector wait <1> signal <0>
    }
    return
  }
}

// -----
// The queue of dma_in (16 entries) fills with instructions that wait for a later one of vector: the sequencer never gets there.
module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  func.func @queue() attributes {task.kernel} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c17 = arith.constant 17 : index
    task.phase {
      // expected-error @+1 {{on dma_in waits for semaphore 0 forever}}
      task.sync dma_in wait <0:17>
      scf.for %i = %c0 to %c17 step %c1 {
        task.sync dma_in
      }
      // expected-note @+1 {{would signal it, and is never reached: task.sync}}
      task.sync vector signal <0:17>
    }
    return
  }
}

// -----
module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  func.func @race(%x: !task.buffer {task.arg = "input", task.type = memref<16xf32>}) attributes {task.kernel} {
    %c0 = arith.constant 0 : index
    task.phase {
      // expected-note @+1 {{the buffer}}
      %a = task.alloc <l1> 64 * 1 at 0
      // expected-note @+1 {{the other access: task.load}}
      task.load %x[%c0] to %a[%c0] counts [64, 1, 1, 1, 1] strides [1, 0, 0, 0, 0] to [1, 0, 0, 0, 0]
      // expected-error @+1 {{on vector reads bytes that dma_in uses, and nothing orders the two: a race on core 0}}
      task.transpose %a[%c0] : f32 to %a[%c0] : f32 sizes [4, 4] strides [16, 16]
    }
    return
  }
}

// -----
// One credit too many for a ring of two slots: the third load may overwrite what is still read.
module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  func.func @credit(%x: !task.buffer {task.arg = "input", task.type = memref<16xf32>}) attributes {task.kernel} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c5 = arith.constant 5 : index
    task.phase {
      task.sync dma_in signal <0:3>
      scf.for %i = %c0 to %c5 step %c1 {
        // expected-note @+1 {{the buffer}}
        %a = task.alloc <l1> 64 * 2 at 0
        // expected-note @+1 {{the other access: task.load}}
        task.load %x[%c0] to %a[%c0] counts [64, 1, 1, 1, 1] strides [1, 0, 0, 0, 0] to [1, 0, 0, 0, 0] wait <0> signal <1>
        // expected-error @+1 {{on vector reads bytes that dma_in uses}}
        task.transpose %a[%c0] : f32 to %a[%c0] : f32 sizes [4, 4] strides [16, 16] wait <1> signal <0>
      }
      task.sync dma_in wait <0:3>
    }
    return
  }
}

// -----
// Two buffers at one address.
module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  func.func @overlap(%x: !task.buffer {task.arg = "input", task.type = memref<16xf32>}) attributes {task.kernel} {
    %c0 = arith.constant 0 : index
    task.phase {
      // expected-note @+1 {{the buffer}}
      %a = task.alloc <l1> 64 * 1 at 0
      %b = task.alloc <l1> 64 * 1 at 32
      // expected-error @+1 {{on vector reads bytes that dma_in uses}}
      task.transpose %a[%c0] : f32 to %a[%c0] : f32 sizes [4, 4] strides [16, 16]
      // expected-note @+1 {{the other access: task.load}}
      task.load %x[%c0] to %b[%c0] counts [64, 1, 1, 1, 1] strides [1, 0, 0, 0, 0] to [1, 0, 0, 0, 0]
    }
    return
  }
}

// -----
module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  func.func @balance() attributes {task.kernel} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c3 = arith.constant 3 : index
    task.phase {
      // expected-error @+1 {{iteration 0 on core 0 leaves 1 tokens in semaphore 0}}
      scf.for %i = %c0 to %c3 step %c1 {
        task.sync vector signal <0>
      }
      task.sync dma_in wait <0:3>
    }
    return
  }
}

// -----
module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  func.func @maximum() attributes {task.kernel} {
    task.phase {
      task.sync vector signal <0:40>
      // expected-error @+1 {{may bring semaphore 0 to 80 tokens on core 0; at most 63}}
      task.sync vector signal <0:40>
      task.sync dma_in wait <0:40>
      task.sync dma_in wait <0:40>
    }
    return
  }
}

// -----
module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  func.func @two(%x: !task.buffer {task.arg = "input", task.type = memref<16xf32>}) attributes {task.kernel} {
    task.phase {
      // expected-error @+1 {{signals semaphore 0 in no order with matrix}}
      task.sync vector signal <0>
      task.sync matrix signal <0>
      task.sync dma_in wait <0>
      task.sync dma_in wait <0>
    }
    return
  }
}

// -----
module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  // expected-note @+1 {{the buffer}}
  func.func @bounds(%x: !task.buffer {task.arg = "input", task.type = memref<16xf32>}) attributes {task.kernel} {
    %c0 = arith.constant 0 : index
    %c8 = arith.constant 8 : index
    %core = task.core
    %at = arith.muli %core, %c8 : index
    task.phase {
      %a = task.alloc <l1> 64 * 1 at 0
      // expected-error @+1 {{reads bytes 40 to 71 of a buffer of 64 bytes, on core 5}}
      task.load %x[%at] to %a[%c0] counts [32, 1, 1, 1, 1] strides [1, 0, 0, 0, 0] to [1, 0, 0, 0, 0]
    }
    return
  }
}

// -----
module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  func.func @value(%x: !task.buffer {task.arg = "input", task.type = memref<16x4xf32>},
                   %n: index {task.arg = "value", task.range = array<i64: 0, 9>}) attributes {task.kernel} {
    %c0 = arith.constant 0 : index
    task.phase {
      // expected-note @+1 {{the buffer}}
      %a = task.alloc <l1> 128 * 1 at 0
      // expected-error @+1 {{writes bytes 0 to 143 of a buffer of 128 bytes, on core 0}}
      task.load %x[%c0] to %a[%c0] counts [16, %n, 1, 1, 1] strides [1, 16, 0, 0, 0] to [1, 16, 0, 0, 0]
    }
    return
  }
}

// -----
module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  // expected-note @+1 {{the buffer}}
  func.func @cores(%x: !task.buffer {task.arg = "output", task.type = memref<16x16xf32>}) attributes {task.kernel} {
    %c0 = arith.constant 0 : index
    %c60 = arith.constant 60 : index
    %core = task.core
    %at = arith.muli %core, %c60 : index
    task.phase {
      %a = task.alloc <l1> 64 * 1 at 0
      // expected-note @+2 {{the other access: task.store}}
      // expected-error @+1 {{on core 1 touches byte 60 that core 0 uses between the same barriers: a race}}
      task.store %a[%c0] to %x[%at] counts [64, 1, 1, 1, 1] strides [1, 0, 0, 0, 0] to [1, 0, 0, 0, 0]
    }
    return
  }
}

// -----
// The load does not wait for the barrier.
module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  // expected-note @+1 {{the buffer}}
  func.func @early(%x: !task.buffer {task.arg = "state", task.type = memref<8x16xf32>}) attributes {task.kernel} {
    %c0 = arith.constant 0 : index
    %c64 = arith.constant 64 : index
    %core = task.core
    %mine = arith.muli %core, %c64 : index
    task.phase {
      %a = task.alloc <l1> 64 * 1 at 0
      // expected-note @+1 {{the other access: task.store}}
      task.store %a[%c0] to %x[%mine] counts [64, 1, 1, 1, 1] strides [1, 0, 0, 0, 0] to [1, 0, 0, 0, 0]
    }
    task.barrier chip
    task.phase {
      %b = task.alloc <l1> 512 * 1 at 64
      // expected-error @+1 {{touches byte}}
      task.load %x[%c0] to %b[%c0] counts [512, 1, 1, 1, 1] strides [1, 0, 0, 0, 0] to [1, 0, 0, 0, 0]
    }
    return
  }
}

// -----
module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  // expected-error @+1 {{core 1 meets 0 barriers, core 0 1; all cores meet the same}}
  func.func @barriers() attributes {task.kernel} {
    %c1 = arith.constant 1 : index
    %core = task.core
    %first = arith.cmpi slt, %core, %c1 : index
    scf.if %first {
      task.barrier chip
    }
    return
  }
}

// -----
module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  func.func @unknown() attributes {task.kernel} {
    %c0 = arith.constant 0 : index
    task.phase {
      %a = task.alloc <l1> 64 * 1 at 0
      // expected-error @+1 {{a value that only the run knows decides what follows}}
      %v = task.read %a[%c0] : i64
    }
    return
  }
}

// -----
module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  func.func @outside() attributes {task.kernel} {
    task.phase {
      // expected-error @+1 {{lies outside of L1, which has 4194304 bytes}}
      %a = task.alloc <l1> 64 * 2 at 4194240
    }
    return
  }
}

// -----
module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  func.func @workspace() attributes {task.kernel} {
    %a = task.workspace <hbm> memref<16xf32> at 0
    // expected-error @+1 {{has no place of its own in the workspace}}
    %b = task.workspace <hbm> memref<16xf32> at 60
    return
  }
}

// -----
module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  func.func @number() attributes {task.kernel} {
    task.phase {
      // expected-error @+1 {{names 1 tokens of semaphore 64; 1 to 63 of 0 to 63}}
      task.sync vector signal <64>
    }
    return
  }
}

// -----
module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  func.func @slots() attributes {task.kernel} {
    task.phase {
      // expected-error @+1 {{has 0 slots; 1 to 63}}
      %a = task.alloc <l1> 64 * 0 at 0
    }
    return
  }
}

// -----
// A load ahead of its phase, of what the phase before writes: the barrier comes after it.
module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  // expected-note @+1 {{the buffer}}
  func.func @early(%x: !task.buffer {task.arg = "output", task.type = memref<8x16xf32>}) attributes {task.kernel} {
    %c0 = arith.constant 0 : index
    %c64 = arith.constant 64 : index
    %core = task.core
    %at = arith.muli %core, %c64 : index
    task.phase {
      %a = task.alloc <l1> 64 * 1 at 0
      // expected-note @+1 {{the other access: task.store}}
      task.store %a[%c0] to %x[%at] counts [64, 1, 1, 1, 1] strides [1, 0, 0, 0, 0] to [1, 0, 0, 0, 0]
    }
    task.barrier die signal <0>
    %b = task.alloc <l1> 64 * 1 at 64
    // expected-error @+1 {{of the same core uses, and nothing orders the two: a race on core 0}}
    task.load %x[%at] to %b[%c0] counts [64, 1, 1, 1, 1] strides [1, 0, 0, 0, 0] to [1, 0, 0, 0, 0]
    task.sync dma_in wait <0>
    task.phase {
    }
    return
  }
}
