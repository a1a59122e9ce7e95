// The text of this level goes to a program file and back.
// RUN: garam-opt %s | garam-opt | FileCheck %s
// RUN: garam-opt --mlir-print-op-generic %s | garam-opt | FileCheck %s
// RUN: garam-translate --isa-to-program %s -o %t.garam
// RUN: garam-objdump %t.garam | FileCheck %s
// RUN: garam-objdump %t.garam | garam-translate --isa-to-program -o %t.again.garam
// RUN: cmp %t.garam %t.again.garam
// RUN: garam-translate --program-to-isa %t.garam | garam-translate --isa-to-program -o %t.third.garam
// RUN: cmp %t.garam %t.third.garam

// CHECK: isa.program attributes {
// CHECK-SAME: chip_keys = {clock.core_mhz = "1000", l1.size_bytes = "4096"}
// CHECK-SAME: model = "two"
isa.program attributes {version = 3 : i32, model = "two", chip = "rebel100", dies = 2 : i32, dtype = "bf16", phase = "decode",
    batch = 1 : i64, sequence_length = 8 : i64, kv_capacity = 0 : i64, weight_files = ["v.safetensors", "w.safetensors"], flops = 123 : i64,
    compulsory_bytes = 456 : i64, mapping = "{}", chip_keys = {"clock.core_mhz" = "1000", "l1.size_bytes" = "4096"}} {
  // CHECK: isa.value "pos" 0 to 127
  isa.value "pos" 0 to 127
  // CHECK: isa.segment 0 "x" input at 0 bytes 64 as tensor<4x8xbf16>
  isa.segment 0 "x" input at 0 bytes 64 as tensor<4x8xbf16>
  // CHECK: isa.segment 1 "w" weight at 4096 bytes 128 as tensor<f32> weights [#isa.weight<tensor = "a.weight", file = 1, type = tensor<8x8xf32>
  isa.segment 1 "w" weight at 4096 bytes 128 as tensor<f32> weights [#isa.weight<tensor = "a.weight", file = 1, type = tensor<8x8xf32>,
    sha256 = "", offset = 0, to = bf16, permutation = [1, 0], begin = [], end = []>]
  // CHECK: isa.segment 2 "c" constant at 8192 bytes 4 as tensor<f32> data dense<[0, 0, -128, 63]> : tensor<4xi8>
  isa.segment 2 "c" constant at 8192 bytes 4 as tensor<f32> data dense<[0, 0, -128, 63]> : tensor<4xi8>
  // CHECK: isa.segment 3 "parts" workspace at 12288 bytes 64 as tensor<8x8xbf16> dies 2 split
  isa.segment 3 "parts" workspace at 12288 bytes 64 as tensor<8x8xbf16> dies 2 split
  // CHECK: isa.segment 4 "copies" workspace at 16384 bytes 64 as tensor<4x8xbf16> dies 2{{$}}
  isa.segment 4 "copies" workspace at 16384 bytes 64 as tensor<4x8xbf16> dies 2
  // CHECK: isa.segment 5 "ids" input at 20480 bytes 64 as tensor<8xi64> range [0, 99]
  isa.segment 5 "ids" input at 20480 bytes 64 as tensor<8xi64> range [0, 99]
  // CHECK-NEXT: isa.output "x" in 2
  isa.output "x" in 2
  // CHECK-NEXT: isa.output "same" in 0
  isa.output "same" in 0
  // CHECK: isa.location 0 "layer" "mm" "node" "model.py:3"
  isa.location 0 "layer" "mm" "node" "model.py:3"
  // CHECK: isa.kernel 0 "k" {
  isa.kernel 0 "k" {
    // CHECK-NEXT: isa.semaphore 3 matrix tokens 0
    isa.semaphore 3 matrix tokens 0
    // CHECK-NEXT: isa.semaphore 4 vector tokens 2
    isa.semaphore 4 vector tokens 2
    // CHECK-NEXT: isa.dma_shape 0 [64, 1, 1, 1, 1] from [1, 0, 0, 0, 0] to [1, 0, 0, 0, 0]
    isa.dma_shape 0 [64, 1, 1, 1, 1] from [1, 0, 0, 0, 0] to [1, 0, 0, 0, 0]
    // CHECK-NEXT: isa.vector_chain 1 <s0 bf16, s1 f32 row, dst bf16, mul s1, add c0, reduce sum columns, constants [1.5]>
    isa.vector_chain 1 <s0 bf16, s1 f32 row, dst bf16, mul s1, add c0, reduce sum columns, constants [1.5]>
    // Constants keep their bits: infinity, a NaN with a payload, -0, the smallest number.
    // CHECK-NEXT: isa.vector_chain 2 <s0 f32, dst f32, add c0, constants [0xFF800000, 0x7FC00001, -0.0, 1.40129846e-45]>
    isa.vector_chain 2 <s0 f32, dst f32, add c0, constants [0xFF800000, 0x7FC00001, -0.0, 0x00000001]>
    // CHECK-NEXT: isa.seq_param rd=1 index=0
    isa.seq_param rd=1 index=0
    // CHECK-NEXT: isa.origin 0 * 2
    isa.origin 0 * 2
    // CHECK-NEXT: isa.dma_load desc=0 src=r1 dst=0 c0=0 c1=0 c2=0 c3=0 c4=0 targets=0 signal=3
    isa.dma_load desc=0 src=r1 dst=0 c0=0 c1=0 c2=0 c3=0 c4=0 targets=0 signal=3
    // CHECK-NEXT: isa.mma a=0 a_stride=16 w=64 w_stride=16 acc=1073741824 acc_stride=32 m=4 k=8 n=8 accumulate=0 types=34 wait=3 signal=4*2
    isa.mma a=0 a_stride=16 w=64 w_stride=16 acc=1073741824 acc_stride=32 m=4 k=8 n=8 accumulate=0 types=34 wait=3 signal=4*2
    // CHECK-NEXT: isa.dma_out_sync peer=0 signal=remote:3
    isa.dma_out_sync peer=0 signal=remote:3
    // CHECK-NEXT: isa.seq_end
    isa.seq_end
  }
  // CHECK: isa.launch "k#0" kernel 0 [#isa.parameter<segment = 0, offset = 16, value = "">]
  isa.launch "k#0" kernel 0 [#isa.parameter<segment = 0, offset = 16, value = "">]
  // CHECK: isa.boundary "node" in 0 + 0 as tensor<4x8xbf16> launch 0
  isa.boundary "node" in 0 + 0 as tensor<4x8xbf16> launch 0
  // CHECK: isa.boundary "part" in 3 + 0 as tensor<4x16xbf16> launch 0 split 1
  isa.boundary "part" in 3 + 0 as tensor<4x16xbf16> launch 0 split 1
}
