// RUN: garam-opt %s --split-input-file --verify-diagnostics

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{number of elements differs: 6 of 'tensor<2x3xf32>' and 8 of 'tensor<8xf32>'}}
  %0 = graph.reshape %x : tensor<2x3xf32> to tensor<8xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{'graph.transpose' op perm must name each of the 2 dimensions once}}
  %0 = graph.transpose %x [0, 0] : tensor<2x3xf32> to tensor<2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{'graph.transpose' op perm must name each of the 2 dimensions once}}
  %0 = graph.transpose %x [1] : tensor<2x3xf32> to tensor<3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{'tensor<2x3xf32>' does not broadcast to 'tensor<3x2xf32>'}}
  %0 = graph.broadcast %x : tensor<2x3xf32> to tensor<3x2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{'graph.slice' op needs 0 <= begin <= end <= 3 and step > 0, got 1 to 4 step 1}}
  %0 = graph.slice %x [0, 1] to [2, 4] step [1, 1] : tensor<2x3xf32> to tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{'graph.slice' op begin, end and step must have 2 entries each}}
  %0 = graph.slice %x [0] to [2] step [1] : tensor<2x3xf32> to tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %y: tensor<3x3xf32>) {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{'graph.concat' op operands may differ in dimension 1 only, got 'tensor<2x3xf32>' and 'tensor<3x3xf32>'}}
  %0 = graph.concat %x, %y {dim = 1} : (tensor<2x3xf32>, tensor<3x3xf32>) -> tensor<2x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{'graph.concat' op dim must be in 0 to 1, got 2}}
  %0 = graph.concat %x {dim = 2} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{'graph.reduce' op dim must be in 0 to 1, got -1}}
  %0 = graph.reduce <sum> %x {dim = -1} : tensor<2x3xf32> to tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xi32>) {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{'graph.reduce' op mean needs floats, got 'tensor<2x3xi32>'}}
  %0 = graph.reduce <mean> %x {dim = 1} : tensor<2x3xi32> to tensor<2xi32>
  return
}

// -----

func.func @f(%x: tensor<2x0xf32>) {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{'graph.argmax' op needs a last dimension of at least one column}}
  %0 = graph.argmax %x : tensor<2x0xf32> to tensor<2xi64>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{'graph.iota' op dim must be in 0 to 0, got 1}}
  %0 = graph.iota {dim = 1} : tensor<3xi64>
  return
}
