// RUN: garam-opt --split-input-file --verify-diagnostics --graph-verify-integers %s

// Truth values, as counts and as masks, moved or handed to a function: all stay within 2^24.
func.func private @layer(%n: tensor<4x6xi64>) -> tensor<4x6xi64> {
  %0 = graph.cumsum %n : tensor<4x6xi64>
  return %0 : tensor<4x6xi64>
}
func.func @main(%m: tensor<4x6xi1>, %x: tensor<4x6xf32>) -> (tensor<4x6xi64>, tensor<6xi64>, tensor<4xf32>) {
  %0 = graph.cast %m : tensor<4x6xi1> to tensor<4x6xi64>
  %1 = call @layer(%0) : (tensor<4x6xi64>) -> tensor<4x6xi64>
  %2 = graph.transpose %0 [1, 0] : tensor<4x6xi64> to tensor<6x4xi64>
  %3 = graph.reduce <sum> %2 {dim = 1 : i64} : tensor<6x4xi64> to tensor<6xi64>
  %4 = graph.reduce <sum> %x {dim = 1 : i64} : tensor<4x6xf32> to tensor<4xf32>
  return %1, %3, %4 : tensor<4x6xi64>, tensor<6xi64>, tensor<4xf32>
}

// -----

func.func @sum(%n: tensor<4x6xi64>) -> tensor<4xi64> {
  // expected-error @below {{reduces integers in f32, which holds them to 2^24}}
  %0 = graph.reduce <sum> %n {dim = 1 : i64} : tensor<4x6xi64> to tensor<4xi64>
  return %0 : tensor<4xi64>
}

// -----

func.func @largest(%n: tensor<4x6xi32>) -> tensor<4xi32> {
  // expected-error @below {{reduces integers in f32, which holds them to 2^24}}
  %0 = graph.reduce <max> %n {dim = 1 : i64} : tensor<4x6xi32> to tensor<4xi32>
  return %0 : tensor<4xi32>
}

// -----

func.func @first(%x: tensor<4x6xf32>) -> tensor<4xi64> {
  %0 = graph.cast %x : tensor<4x6xf32> to tensor<4x6xi64>
  // expected-error @below {{reduces integers in f32, which holds them to 2^24}}
  %1 = graph.argmax %0 : tensor<4x6xi64> to tensor<4xi64>
  return %1 : tensor<4xi64>
}

// -----

func.func @running(%n: tensor<6xi64>) -> tensor<6xi64> {
  // expected-error @below {{reduces integers in f32, which holds them to 2^24}}
  %0 = graph.cumsum %n : tensor<6xi64>
  return %0 : tensor<6xi64>
}

// -----

// One more than 2^24 truth values.
func.func @many(%m: tensor<16777217xi1>) -> tensor<i64> {
  %0 = graph.cast %m : tensor<16777217xi1> to tensor<16777217xi64>
  // expected-error @below {{reduces integers in f32, which holds them to 2^24}}
  %1 = graph.reduce <sum> %0 {dim = 0 : i64} : tensor<16777217xi64> to tensor<i64>
  return %1 : tensor<i64>
}

// -----

// A call that passes numbers.
func.func private @layer(%n: tensor<6xi64>) -> tensor<6xi64> {
  // expected-error @below {{reduces integers in f32, which holds them to 2^24}}
  %0 = graph.cumsum %n : tensor<6xi64>
  return %0 : tensor<6xi64>
}
func.func @main(%m: tensor<6xi1>, %n: tensor<6xi64>) -> (tensor<6xi64>, tensor<6xi64>) {
  %0 = graph.cast %m : tensor<6xi1> to tensor<6xi64>
  %1 = call @layer(%0) : (tensor<6xi64>) -> tensor<6xi64>
  %2 = call @layer(%n) : (tensor<6xi64>) -> tensor<6xi64>
  return %1, %2 : tensor<6xi64>, tensor<6xi64>
}
