// RUN: garam-opt --graph-verify-mapped --split-input-file --verify-diagnostics %s

module attributes {graph.chip = #graph.chip<name = "unit", path = "">} {
  func.func private @k(%x: tensor<8x8xf32>) -> tensor<8x8xf32> {
    // expected-error @+1 {{'relu': has no mapping; run graph-assign-mapping first}}
    %0 = graph.group "relu" (%a = %x) : (tensor<8x8xf32>) -> tensor<8x8xf32> {
      %1 = graph.relu %a : tensor<8x8xf32>
      graph.yield %1 : tensor<8x8xf32>
    }
    return %0 : tensor<8x8xf32>
  }
}

// -----

module attributes {graph.chip = #graph.chip<name = "unit", path = "">} {
  func.func private @k(%x: tensor<8x8xf32>) -> tensor<8x8xf32> {
    // expected-error @+1 {{'relu': its mapping lacks 'tile.columns'; this kind of group needs tile.rows, tile.columns, grid.cores, depth.loads, depth.stores}}
    %0 = graph.group "relu" (%a = %x) : (tensor<8x8xf32>) -> tensor<8x8xf32> attributes {mapping = #graph.mapping<{tile = {rows = 8}}>} {
      %1 = graph.relu %a : tensor<8x8xf32>
      graph.yield %1 : tensor<8x8xf32>
    }
    return %0 : tensor<8x8xf32>
  }
}

// -----

module attributes {graph.chip = #graph.chip<name = "unit", path = "">} {
  func.func private @k(%x: tensor<1024x1024xf32>) -> tensor<1024x1024xf32> {
    // expected-error @+1 {{'relu': the mapping overflows L1 by 6291456 bytes; chip 'unit' has 2097152}}
    %0 = graph.group "relu" (%a = %x) : (tensor<1024x1024xf32>) -> tensor<1024x1024xf32>
        attributes {mapping = #graph.mapping<{tile = {rows = 1024, columns = 1024}, grid = {cores = 4}, depth = {loads = 1, stores = 1}}>} {
      %1 = graph.relu %a : tensor<1024x1024xf32>
      graph.yield %1 : tensor<1024x1024xf32>
    }
    return %0 : tensor<1024x1024xf32>
  }
}

// -----

module attributes {graph.chip = #graph.chip<name = "unit", path = "">} {
  func.func private @k(%x: tensor<128x64xbf16>, %w: tensor<256x64xbf16>) -> tensor<128x256xbf16> {
    // expected-error @+1 {{'matmul': the mapping overflows acc by 65536 bytes; chip 'unit' has 65536}}
    %0 = graph.group "matmul" (%a = %x, %b = %w) : (tensor<128x64xbf16>, tensor<256x64xbf16>) -> tensor<128x256xbf16>
        attributes {mapping = #graph.mapping<{tile = {m = 128, n = 256, k = 64}, grid = {m = 1, n = 1}, depth = {a = 1, b = 1, out = 1}}>} {
      %1 = graph.matmul %a, %b {transpose_b = true} : (tensor<128x64xbf16>, tensor<256x64xbf16>) -> tensor<128x256xbf16>
      graph.yield %1 : tensor<128x256xbf16>
    }
    return %0 : tensor<128x256xbf16>
  }
}

// -----

module attributes {graph.chip = #graph.chip<name = "unit", path = "">} {
  func.func private @k(%x: tensor<8x8xf32>) -> tensor<8x8xf32> {
    // expected-error @+1 {{'relu': the mapping gives 'loads' 64 buffers; 1 to 63}}
    %0 = graph.group "relu" (%a = %x) : (tensor<8x8xf32>) -> tensor<8x8xf32>
        attributes {mapping = #graph.mapping<{tile = {rows = 1, columns = 8}, grid = {cores = 1}, depth = {loads = 64, stores = 1}}>} {
      %1 = graph.relu %a : tensor<8x8xf32>
      graph.yield %1 : tensor<8x8xf32>
    }
    return %0 : tensor<8x8xf32>
  }
}
