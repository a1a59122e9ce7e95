// RUN: split-file %s %t
// RUN: not garam-opt --graph-outline-kernels --graph-form-groups --graph-assign-mapping=mapping-file=%t/no-object.json --graph-verify-mapped %t/model.mlir 2>&1 | FileCheck %s --check-prefix=MAP-NO-OBJECT
// RUN: not garam-opt --graph-outline-kernels --graph-form-groups --graph-assign-mapping=mapping-file=%t/bad-order.json --graph-verify-mapped %t/model.mlir 2>&1 | FileCheck %s --check-prefix=MAP-BAD-ORDER
// RUN: not garam-opt --graph-outline-kernels --graph-form-groups --graph-assign-mapping=mapping-file=%t/bad-place.json --graph-verify-mapped %t/model.mlir 2>&1 | FileCheck %s --check-prefix=MAP-BAD-PLACE
// RUN: not garam-opt --graph-outline-kernels --graph-form-groups --graph-assign-mapping=mapping-file=%t/bad-memory.json --graph-verify-mapped %t/model.mlir 2>&1 | FileCheck %s --check-prefix=MAP-BAD-MEMORY
// RUN: not garam-opt --graph-outline-kernels --graph-form-groups --graph-assign-mapping=mapping-file=%t/bad-key.json --graph-verify-mapped %t/model.mlir 2>&1 | FileCheck %s --check-prefix=MAP-BAD-KEY
// RUN: not garam-opt --graph-outline-kernels --graph-form-groups --graph-assign-mapping=mapping-file=%t/bad-json.json --graph-verify-mapped %t/model.mlir 2>&1 | FileCheck %s --check-prefix=MAP-BAD-JSON
// RUN: not garam-opt --graph-outline-kernels --graph-form-groups --graph-assign-mapping=mapping-file=%t/no-groups.json --graph-verify-mapped %t/model.mlir 2>&1 | FileCheck %s --check-prefix=MAP-NO-GROUPS
// RUN: not garam-opt --graph-outline-kernels --graph-form-groups --graph-assign-mapping=mapping-file=%t/no-name.json --graph-verify-mapped %t/model.mlir 2>&1 | FileCheck %s --check-prefix=MAP-NO-NAME
// RUN: not garam-opt --graph-outline-kernels --graph-form-groups --graph-assign-mapping=mapping-file=%t/twice.json --graph-verify-mapped %t/model.mlir 2>&1 | FileCheck %s --check-prefix=MAP-TWICE
// RUN: not garam-opt --graph-outline-kernels --graph-form-groups --graph-assign-mapping=mapping-file=%t/no-columns.json --graph-verify-mapped %t/model.mlir 2>&1 | FileCheck %s --check-prefix=MAP-NO-COLUMNS

// Every way a mapping file can be wrong.
// MAP-NO-OBJECT: groups[0]: 'tile' is no object; sizes by name
// MAP-BAD-ORDER: groups[0]: 'order' is no list of dimensions; for a matmul m, n, k
// MAP-BAD-PLACE: groups[0]: 'place' is no object; memories by result
// MAP-BAD-MEMORY: groups[0]: 'place.result0' is no memory; hbm or shared
// MAP-BAD-KEY: groups[0]: unknown key 'tiles'; kernel, group, location, tile, grid, order, depth, place
// MAP-BAD-JSON: ; JSON as --emit mapping writes it
// MAP-NO-GROUPS: : has no list 'groups'; JSON as --emit mapping writes it
// MAP-NO-NAME: groups[0]: has no 'kernel' and 'group'; both are names
// MAP-TWICE: groups[1]: names group 'relu' of kernel 'main_0' again; one entry each
// MAP-NO-COLUMNS: an op that looks along the row needs all 8

//--- model.mlir
module attributes {graph.chip = #graph.chip<name = "unit", path = "">} {
  func.func @main(%x: tensor<8x8xf32> {graph.kind = "input", graph.name = "x"}) -> (tensor<8x8xf32> {graph.name = "y"}) {
    %0 = graph.relu %x : tensor<8x8xf32>
    %1 = graph.transpose %0 [1, 0] : tensor<8x8xf32> to tensor<8x8xf32>
    %2 = graph.softmax %1 : tensor<8x8xf32>
    return %2 : tensor<8x8xf32>
  }
}
//--- no-object.json
{"groups": [{"kernel": "main_0", "group": "relu", "tile": 3}]}
//--- bad-order.json
{"groups": [{"kernel": "main_0", "group": "relu", "order": [1]}]}
//--- bad-place.json
{"groups": [{"kernel": "main_0", "group": "relu", "place": "hbm"}]}
//--- bad-memory.json
{"groups": [{"kernel": "main_0", "group": "relu", "place": {"result0": "l3"}}]}
//--- bad-key.json
{"groups": [{"kernel": "main_0", "group": "relu", "tiles": {}}]}
//--- bad-json.json
{"groups": [
//--- no-groups.json
{}
//--- no-name.json
{"groups": [{"kernel": "main_0"}]}
//--- twice.json
{"groups": [{"kernel": "main_0", "group": "relu"}, {"kernel": "main_0", "group": "relu"}]}
//--- no-columns.json
{"groups": [{"kernel": "main_0", "group": "softmax", "tile": {"rows": 2, "columns": 4}, "grid": {"cores": 2}, "depth": {"loads": 1, "stores": 1}}]}
