// RUN: garam-opt --graph-outline-kernels --graph-form-groups --graph-assign-mapping %s | FileCheck %s
// RUN: garam-opt --graph-outline-kernels --graph-form-groups --graph-assign-mapping=mapping-file=%S/inputs/rows.json %s | FileCheck %s --check-prefix=FILE
// RUN: not garam-opt --graph-outline-kernels --graph-form-groups --graph-assign-mapping=mapping-file=%S/inputs/unknown-group.json %s 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not garam-opt --graph-outline-kernels --graph-form-groups --graph-assign-mapping=mapping-file=%S/inputs/bad-size.json %s 2>&1 | FileCheck %s --check-prefix=SIZE
// RUN: not garam-opt --graph-outline-kernels --graph-form-groups --graph-assign-mapping=mapping-file=%S/inputs/nosuch.json %s 2>&1 | FileCheck %s --check-prefix=MISSING

// A result of the kernel lies in HBM, what stays inside in shared memory; the file decides where it has an entry.
// UNKNOWN: unknown-group.json"): kernel 'main_0' has no group 'nosuch'; --emit mapping lists those of this model
// SIZE: bad-size.json"): groups[0]: 'tile.rows' is no size; integers above zero
// MISSING: nosuch.json"): No such file or directory; a file that --emit mapping wrote
module attributes {graph.chip = #graph.chip<name = "unit", path = "">} {
  // CHECK: graph.group "relu" {{.*}} place = {result0 = "shared"}
  // CHECK: graph.group "argmax" {{.*}} place = {result0 = "hbm"}
  // FILE: graph.group "relu" {{.*}}depth = {loads = 3 : i64, stores = 1 : i64}, grid = {cores = 2 : i64}, place = {result0 = "shared"}, tile = {columns = 4 : i64, rows = 2 : i64}
  func.func @main(%x: tensor<8x8xf32> {graph.kind = "input", graph.name = "x"}) -> (tensor<8xi64> {graph.name = "y"}) {
    %0 = graph.relu %x : tensor<8x8xf32>
    %1 = graph.transpose %0 [1, 0] : tensor<8x8xf32> to tensor<8x8xf32>
    %2 = graph.argmax %1 : tensor<8x8xf32> to tensor<8xi64>
    return %2 : tensor<8xi64>
  }
}
