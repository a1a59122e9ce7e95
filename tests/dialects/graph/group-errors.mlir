// RUN: garam-opt %s --split-input-file --verify-diagnostics

func.func @f(%x: tensor<8xf32>) {
  // expected-error @+1 {{results must have the types of the yielded values}}
  %0 = graph.group "g" (%a = %x) : (tensor<8xf32>) -> tensor<4xf32> {
    graph.yield %a : tensor<8xf32>
  }
  return
}

// -----

func.func @f(%x: tensor<8xf32>) {
  // expected-error @+1 {{block arguments must have the types of the operands, in order}}
  %0 = "graph.group"(%x) <{name = "g"}> ({
  ^bb0(%a: tensor<4xf32>):
    graph.yield %a : tensor<4xf32>
  }) : (tensor<8xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<8xf32>) {
  // expected-note @+1 {{required by region isolation constraints}}
  %0 = graph.group "g" (%a = %x) : (tensor<8xf32>) -> tensor<8xf32> {
    // expected-error @+1 {{using value defined outside the region}}
    %1 = graph.exp %x : tensor<8xf32>
    graph.yield %1 : tensor<8xf32>
  }
  return
}

// -----

// expected-error @+1 {{mapping: unknown key 'tiles'; known are tile, grid, order, depth, place}}
#m = #graph.mapping<{tiles = {m = 4}}>

// -----

// expected-error @+1 {{mapping: 'tile.m' must be an integer above zero}}
#m = #graph.mapping<{tile = {m = 0}}>

// -----

// expected-error @+1 {{mapping: 'place.a' must be one of "hbm", "shared", "l1"}}
#m = #graph.mapping<{place = {a = "l2"}}>

// -----

// expected-error @+1 {{argument 0: 'graph.kind' must be one of "input", "weight", "state", "value"}}
func.func @f(%x: tensor<8xf32> {graph.kind = "output"}) {
  return
}

// -----

// expected-error @+1 {{argument 0: 'graph.range' must be array<i64: low, high> with low <= high}}
func.func @f(%x: index {graph.range = array<i64: 3, 2>}) {
  return
}

// -----

// expected-error @+1 {{'graph.chip' must be a #graph.chip on a module}}
module attributes {graph.chip = "atom"} {
}
