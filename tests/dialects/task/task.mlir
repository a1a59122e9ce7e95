// RUN: garam-opt %s --verify-roundtrip | FileCheck %s

// CHECK-LABEL: func.func @ops
func.func @ops(%x: !task.buffer {task.arg = "input", task.type = memref<32x64xbf16, #tile.mem<hbm>>}) attributes {task.kernel} {
  %c0 = arith.constant 0 : index
  %core = task.core
  %p = task.param 3
  // CHECK: task.workspace <hbm> memref<32x64xbf16> at 256
  %ws = task.workspace <hbm> memref<32x64xbf16> at 256
  task.phase {
    // CHECK: task.alloc <l1> 4096 * 2 at 64
    %a = task.alloc <l1> 4096 * 2 at 64
    %s = task.slot %a
    %acc = task.alloc <acc> 4096 * 1
    // CHECK: task.load %{{.*}}[%{{.*}}] to %{{.*}}[%{{.*}}] counts [128, %{{.*}}, 1, 1, 1] strides [1, 128, 0, 0, 0] to [1, 128, 0, 0, 0] wait <1, 2:3> signal <4>
    task.load %x[%c0] to %a[%c0] counts [128, %core, 1, 1, 1] strides [1, 128, 0, 0, 0] to [1, 128, 0, 0, 0] wait <1, 2:3> signal <4>
    task.load %x[%c0] to %a[%c0] indices %a[%c0] : i64 rows 40 counts [128, 1, 1, 1, %core] strides [1, 0, 0, 0, 128] to [1, 0, 0, 0, 128]
    task.store %a[%c0] to %x[%c0] counts [128, 32, 1, 1, 1] strides [1, 128, 0, 0, 0] to [1, 128, 0, 0, 0]
    // CHECK: task.mma %{{.*}}[%{{.*}}] : bf16, %{{.*}}[%{{.*}}] : bf16 transposed to %{{.*}}[%{{.*}}] sizes [32, %{{.*}}, 32] strides [128, 128, 128] accumulate %{{.*}} wait <4>
    task.mma %a[%c0] : bf16, %a[%c0] : bf16 transposed to %acc[%c0] sizes [32, %core, 32] strides [128, 128, 128] accumulate %core wait <4>
    task.map from (%acc, %a at %c0, %c0) [f32, bf16] strides [128, 0] columns [false, true] to %a[%c0] : bf16 reduce %a[%c0] scalar %core sizes [32, 32] chain <mul s1, reduce sum columns> {targetStride = 64 : i64}
    task.rotate %a[%c0] : bf16, %a[%c0], %a[%c0] to %a[%c0] : bf16 sizes [%core] strides [128, 128, 128, 128] heads 1 dim 32 halves
    task.transpose %a[%c0] : bf16 to %a[%c0] : bf16 sizes [8, 8] strides [16, 16]
    task.scan %a[%c0] : f32 to %a[%c0] : f32 sizes [8, 8] strides [32, 32]
    task.argmax %a[%c0] : f32 to %a[%c0] : i64 sizes [8, 8] strides [32, 8]
    %v = task.read %a[%c0] : i64 wait <7>
    // CHECK: task.sync vector wait <7> signal <8>
    task.sync vector wait <7> signal <8>
  }
  // CHECK: task.barrier chip signal <2>
  task.barrier chip signal <2>
  return
}
