// RUN: garam-opt %s --split-input-file --verify-diagnostics

isa.program attributes {version = 3 : i32, model = "", chip = "", dies = 1 : i32, dtype = "", phase = "", batch = 1 : i64,
    sequence_length = 1 : i64, kv_capacity = 0 : i64, weight_files = [], flops = 0 : i64, compulsory_bytes = 0 : i64, mapping = ""} {
  // expected-error @+1 {{kernel 1 is number 0 in order}}
  isa.kernel 1 "k" {
    isa.seq_end
  }
}

// -----

isa.program attributes {version = 3 : i32, model = "", chip = "", dies = 1 : i32, dtype = "", phase = "", batch = 1 : i64,
    sequence_length = 1 : i64, kv_capacity = 0 : i64, weight_files = [], flops = 0 : i64, compulsory_bytes = 0 : i64, mapping = ""} {
  isa.kernel 0 "k" {
    isa.seq_end
    // expected-error @+1 {{must come before the instructions}}
    isa.semaphore 1 vector tokens 0
  }
}

// -----

isa.program attributes {version = 3 : i32, model = "", chip = "", dies = 1 : i32, dtype = "", phase = "", batch = 1 : i64,
    sequence_length = 1 : i64, kv_capacity = 0 : i64, weight_files = [], flops = 0 : i64, compulsory_bytes = 0 : i64, mapping = ""} {
  isa.kernel 0 "k" {
    // expected-error @+1 {{64 tokens; a semaphore holds at most 63}}
    isa.semaphore 1 vector tokens 64
  }
}

// -----

isa.program attributes {version = 3 : i32, model = "", chip = "", dies = 1 : i32, dtype = "", phase = "", batch = 1 : i64,
    sequence_length = 1 : i64, kv_capacity = 0 : i64, weight_files = [], flops = 0 : i64, compulsory_bytes = 0 : i64, mapping = ""} {
  isa.kernel 0 "k" {
    // expected-error @+1 {{field `index` is missing}}
    isa.seq_param rd=1
  }
}

// -----

isa.program attributes {version = 3 : i32, model = "", chip = "", dies = 1 : i32, dtype = "", phase = "", batch = 1 : i64,
    sequence_length = 1 : i64, kv_capacity = 0 : i64, weight_files = [], flops = 0 : i64, compulsory_bytes = 0 : i64, mapping = ""} {
  isa.kernel 0 "k" {
    // expected-error @+1 {{a third `wait`}}
    isa.vector_sync wait=1 wait=2 wait=3
  }
}

// -----

isa.program attributes {version = 3 : i32, model = "", chip = "", dies = 1 : i32, dtype = "", phase = "", batch = 1 : i64,
    sequence_length = 1 : i64, kv_capacity = 0 : i64, weight_files = [], flops = 0 : i64, compulsory_bytes = 0 : i64, mapping = ""} {
  isa.kernel 0 "k" {
    // expected-error @+1 {{'explode' is no step of a chain}}
    isa.vector_chain 0 <s0 f32, dst f32, explode>
  }
}

// -----

isa.program attributes {version = 3 : i32, model = "", chip = "", dies = 1 : i32, dtype = "", phase = "", batch = 1 : i64,
    sequence_length = 1 : i64, kv_capacity = 0 : i64, weight_files = [], flops = 0 : i64, compulsory_bytes = 0 : i64, mapping = ""} {
  isa.kernel 0 "k" {
    // expected-error @+1 {{a step names constant c1, of 1}}
    isa.vector_chain 0 <s0 f32, dst f32, add c1, constants [1.0]>
  }
}

// -----

isa.program attributes {version = 3 : i32, model = "", chip = "", dies = 1 : i32, dtype = "", phase = "", batch = 1 : i64,
    sequence_length = 1 : i64, kv_capacity = 0 : i64, weight_files = [], flops = 0 : i64, compulsory_bytes = 0 : i64, mapping = ""} {
  // expected-error @+1 {{type must be a static tensor}}
  isa.segment 0 "x" input at 0 bytes 64 as tensor<?xf32>
}

// -----

isa.program attributes {version = 3 : i32, model = "", chip = "", dies = 1 : i32, dtype = "", phase = "", batch = 1 : i64,
    sequence_length = 1 : i64, kv_capacity = 0 : i64, weight_files = [], flops = 0 : i64, compulsory_bytes = 0 : i64, mapping = ""} {
  // expected-error @+1 {{range must be the lowest and the highest value}}
  isa.segment 0 "ids" input at 0 bytes 64 as tensor<8xi64> range [9]
}

// -----

// expected-error @+1 {{chip key "l1.size_bytes" must be text}}
isa.program attributes {version = 3 : i32, model = "", chip = "", dies = 1 : i32, dtype = "", phase = "", batch = 1 : i64,
    sequence_length = 1 : i64, kv_capacity = 0 : i64, weight_files = [], flops = 0 : i64, compulsory_bytes = 0 : i64, mapping = "",
    chip_keys = {"l1.size_bytes" = 4}} {
}
