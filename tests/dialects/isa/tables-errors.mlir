// RUN: garam-opt %s --split-input-file --verify-diagnostics
// Tables and chains of a program that the container cannot hold.

isa.program attributes {version = 3 : i32, model = "", chip = "", dies = 1 : i32, dtype = "", phase = "", batch = 1 : i64,
    sequence_length = 1 : i64, kv_capacity = 0 : i64, weight_files = [], flops = 0 : i64, compulsory_bytes = 0 : i64, mapping = ""} {
  isa.kernel 0 "k" {
    // expected-error @+1 {{is no entry of an isa.kernel; those are semaphores, descriptors, origins and instructions}}
    %c = arith.constant 1 : index
  }
}

// -----
isa.program attributes {version = 3 : i32, model = "", chip = "", dies = 1 : i32, dtype = "", phase = "", batch = 1 : i64,
    sequence_length = 1 : i64, kv_capacity = 0 : i64, weight_files = [], flops = 0 : i64, compulsory_bytes = 0 : i64, mapping = ""} {
  isa.kernel 0 "k" {
    // expected-error @+1 {{semaphore 64; there are 0 to 63}}
    isa.semaphore 64 vector tokens 0
  }
}

// -----
isa.program attributes {version = 3 : i32, model = "", chip = "", dies = 1 : i32, dtype = "", phase = "", batch = 1 : i64,
    sequence_length = 1 : i64, kv_capacity = 0 : i64, weight_files = [], flops = 0 : i64, compulsory_bytes = 0 : i64, mapping = ""} {
  isa.kernel 0 "k" {
    isa.semaphore 1 vector tokens 0
    // expected-error @+1 {{semaphore 1 is there twice}}
    isa.semaphore 1 vector tokens 0
  }
}

// -----
isa.program attributes {version = 3 : i32, model = "", chip = "", dies = 1 : i32, dtype = "", phase = "", batch = 1 : i64,
    sequence_length = 1 : i64, kv_capacity = 0 : i64, weight_files = [], flops = 0 : i64, compulsory_bytes = 0 : i64, mapping = ""} {
  isa.kernel 0 "k" {
    // expected-error @+1 {{needs five counts and five strides on each side}}
    isa.dma_shape 0 [1, 1] from [1, 0, 0, 0, 0] to [1, 0, 0, 0, 0]
  }
}

// -----
isa.program attributes {version = 3 : i32, model = "", chip = "", dies = 1 : i32, dtype = "", phase = "", batch = 1 : i64,
    sequence_length = 1 : i64, kv_capacity = 0 : i64, weight_files = [], flops = 0 : i64, compulsory_bytes = 0 : i64, mapping = ""} {
  // expected-error @+1 {{data must be a dense vector of i8}}
  isa.segment 0 "c" constant at 0 bytes 4 as tensor<f32> data dense<1> : tensor<4xi32>
}

// -----
isa.program attributes {version = 3 : i32, model = "", chip = "", dies = 1 : i32, dtype = "", phase = "", batch = 1 : i64,
    sequence_length = 1 : i64, kv_capacity = 0 : i64, weight_files = [], flops = 0 : i64, compulsory_bytes = 0 : i64, mapping = ""} {
  // expected-error @+1 {{is no entry of an isa.program; those are value, segment, output, location, kernel, launch, boundary}}
  %c = arith.constant 1 : index
}

// -----
isa.program attributes {version = 3 : i32, model = "", chip = "", dies = 1 : i32, dtype = "", phase = "", batch = 1 : i64,
    sequence_length = 1 : i64, kv_capacity = 0 : i64, weight_files = [], flops = 0 : i64, compulsory_bytes = 0 : i64, mapping = ""} {
  isa.kernel 0 "k" {
    // expected-error @+1 {{'f64' is no element type}}
    isa.vector_chain 0 <s0 f64, dst f32, neg>
  }
}

// -----
isa.program attributes {version = 3 : i32, model = "", chip = "", dies = 1 : i32, dtype = "", phase = "", batch = 1 : i64,
    sequence_length = 1 : i64, kv_capacity = 0 : i64, weight_files = [], flops = 0 : i64, compulsory_bytes = 0 : i64, mapping = ""} {
  isa.kernel 0 "k" {
    // expected-error @+1 {{a reduction is none, sum, max or min, then rows or columns}}
    isa.vector_chain 0 <s0 f32, dst f32, reduce sum planes>
  }
}

// -----
isa.program attributes {version = 3 : i32, model = "", chip = "", dies = 1 : i32, dtype = "", phase = "", batch = 1 : i64,
    sequence_length = 1 : i64, kv_capacity = 0 : i64, weight_files = [], flops = 0 : i64, compulsory_bytes = 0 : i64, mapping = ""} {
  isa.kernel 0 "k" {
    // expected-error @+1 {{an operand is s0, s1, s2, t0, t1, row, col, scalar, or c0 to c7}}
    isa.vector_chain 0 <s0 f32, dst f32, add c8>
  }
}

// -----
isa.program attributes {version = 3 : i32, model = "", chip = "", dies = 1 : i32, dtype = "", phase = "", batch = 1 : i64,
    sequence_length = 1 : i64, kv_capacity = 0 : i64, weight_files = [], flops = 0 : i64, compulsory_bytes = 0 : i64, mapping = ""} {
  isa.kernel 0 "k" {
    // expected-error @+1 {{17 steps; a chain has at most 16}}
    isa.vector_chain 0 <s0 f32, dst f32, neg, neg, neg, neg, neg, neg, neg, neg, neg, neg, neg, neg, neg, neg, neg, neg, neg>
  }
}

// -----
isa.program attributes {version = 3 : i32, model = "", chip = "", dies = 1 : i32, dtype = "", phase = "", batch = 1 : i64,
    sequence_length = 1 : i64, kv_capacity = 0 : i64, weight_files = [], flops = 0 : i64, compulsory_bytes = 0 : i64, mapping = ""} {
  isa.kernel 0 "k" {
    // expected-error @+1 {{9 constants; a chain has at most 8}}
    isa.vector_chain 0 <s0 f32, dst f32, constants [0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5]>
  }
}

// -----
isa.program attributes {version = 3 : i32, model = "", chip = "", dies = 1 : i32, dtype = "", phase = "", batch = 1 : i64,
    sequence_length = 1 : i64, kv_capacity = 0 : i64, weight_files = [], flops = 0 : i64, compulsory_bytes = 0 : i64, mapping = ""} {
  isa.kernel 0 "k" {
    // expected-error @+1 {{slots, regs, waits and signals do not have the sizes of the record}}
    "isa.seq_core"() <{slots = array<i32: 1, 2>, regs = 0 : i32, waits = array<i32>, signals = array<i32>}> : () -> ()
  }
}

// -----
isa.program attributes {version = 3 : i32, model = "", chip = "", dies = 1 : i32, dtype = "", phase = "", batch = 1 : i64,
    sequence_length = 1 : i64, kv_capacity = 0 : i64, weight_files = [], flops = 0 : i64, compulsory_bytes = 0 : i64, mapping = ""} {
  // expected-error @+1 {{type must be a static tensor of f32, f16, bf16, f8E4M3FN, f8E5M2, i8, i1, i32 or i64, got 'tensor<2xf64>'}}
  isa.segment 0 "w" weight at 0 bytes 4 as tensor<f32> weights [#isa.weight<tensor = "a", file = 0, type = tensor<2xf64>, sha256 = "", offset = 0, to = f32, permutation = [], begin = [], end = []>]
}

// -----
isa.program attributes {version = 3 : i32, model = "", chip = "", dies = 1 : i32, dtype = "", phase = "", batch = 1 : i64,
    sequence_length = 1 : i64, kv_capacity = 0 : i64, weight_files = [], flops = 0 : i64, compulsory_bytes = 0 : i64, mapping = ""} {
  // expected-error @+1 {{weight a becomes 'f64'; an element type of the machine}}
  isa.segment 0 "w" weight at 0 bytes 4 as tensor<f32> weights [#isa.weight<tensor = "a", file = 0, type = tensor<2xf32>, sha256 = "", offset = 0, to = f64, permutation = [], begin = [], end = []>]
}

// -----
isa.program attributes {version = 3 : i32, model = "", chip = "", dies = 1 : i32, dtype = "", phase = "", batch = 1 : i64,
    sequence_length = 1 : i64, kv_capacity = 0 : i64, weight_files = ["u", "v"], flops = 0 : i64, compulsory_bytes = 0 : i64, mapping = ""} {
  // expected-error @+1 {{weight a is in file 2; the program has 2}}
  isa.segment 0 "w" weight at 0 bytes 4 as tensor<f32> weights [#isa.weight<tensor = "a", file = 2, type = tensor<1xf32>, sha256 = "", offset = 0, to = f32, permutation = [], begin = [], end = []>]
}

// -----
isa.program attributes {version = 3 : i32, model = "", chip = "", dies = 1 : i32, dtype = "", phase = "", batch = 1 : i64,
    sequence_length = 1 : i64, kv_capacity = 0 : i64, weight_files = [], flops = 0 : i64, compulsory_bytes = 0 : i64, mapping = ""} {
  // expected-error @+1 {{weight a is in file 1; the program has 0}}
  isa.segment 0 "w" weight at 0 bytes 4 as tensor<f32> weights [#isa.weight<tensor = "a", file = 1, type = tensor<1xf32>, sha256 = "", offset = 0, to = f32, permutation = [], begin = [], end = []>]
}
