// RUN: garam-opt %s --task-lower-addresses --convert-task-to-isa | FileCheck %s

// More values live through the loop than there are registers: they are computed again inside it.
// CHECK: isa.seq_loop
// CHECK: isa.seq_mul rd={{[0-9]+}} a={{r[0-9]+}} b=65
// CHECK: isa.vec_scan
// CHECK: isa.seq_end
module attributes {graph.chip = #graph.chip<name = "atom", path = "">} {
  func.func @many(%y: !task.buffer {task.arg = "output", task.type = memref<4xf32>, task.param = 0 : i64, task.offset = 0 : i64})
      attributes {task.kernel, task.workspace_bytes = 0 : i64, task.shared_bytes = 0 : i64, task.weight_bytes = 0 : i64} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c4 = arith.constant 4 : index
    %core = task.core
    %k0 = arith.constant 1 : index
    %v0 = arith.muli %core, %k0 : index
    %k1 = arith.constant 2 : index
    %v1 = arith.muli %core, %k1 : index
    %k2 = arith.constant 3 : index
    %v2 = arith.muli %core, %k2 : index
    %k3 = arith.constant 4 : index
    %v3 = arith.muli %core, %k3 : index
    %k4 = arith.constant 5 : index
    %v4 = arith.muli %core, %k4 : index
    %k5 = arith.constant 6 : index
    %v5 = arith.muli %core, %k5 : index
    %k6 = arith.constant 7 : index
    %v6 = arith.muli %core, %k6 : index
    %k7 = arith.constant 8 : index
    %v7 = arith.muli %core, %k7 : index
    %k8 = arith.constant 9 : index
    %v8 = arith.muli %core, %k8 : index
    %k9 = arith.constant 10 : index
    %v9 = arith.muli %core, %k9 : index
    %k10 = arith.constant 11 : index
    %v10 = arith.muli %core, %k10 : index
    %k11 = arith.constant 12 : index
    %v11 = arith.muli %core, %k11 : index
    %k12 = arith.constant 13 : index
    %v12 = arith.muli %core, %k12 : index
    %k13 = arith.constant 14 : index
    %v13 = arith.muli %core, %k13 : index
    %k14 = arith.constant 15 : index
    %v14 = arith.muli %core, %k14 : index
    %k15 = arith.constant 16 : index
    %v15 = arith.muli %core, %k15 : index
    %k16 = arith.constant 17 : index
    %v16 = arith.muli %core, %k16 : index
    %k17 = arith.constant 18 : index
    %v17 = arith.muli %core, %k17 : index
    %k18 = arith.constant 19 : index
    %v18 = arith.muli %core, %k18 : index
    %k19 = arith.constant 20 : index
    %v19 = arith.muli %core, %k19 : index
    %k20 = arith.constant 21 : index
    %v20 = arith.muli %core, %k20 : index
    %k21 = arith.constant 22 : index
    %v21 = arith.muli %core, %k21 : index
    %k22 = arith.constant 23 : index
    %v22 = arith.muli %core, %k22 : index
    %k23 = arith.constant 24 : index
    %v23 = arith.muli %core, %k23 : index
    %k24 = arith.constant 25 : index
    %v24 = arith.muli %core, %k24 : index
    %k25 = arith.constant 26 : index
    %v25 = arith.muli %core, %k25 : index
    %k26 = arith.constant 27 : index
    %v26 = arith.muli %core, %k26 : index
    %k27 = arith.constant 28 : index
    %v27 = arith.muli %core, %k27 : index
    %k28 = arith.constant 29 : index
    %v28 = arith.muli %core, %k28 : index
    %k29 = arith.constant 30 : index
    %v29 = arith.muli %core, %k29 : index
    %k30 = arith.constant 31 : index
    %v30 = arith.muli %core, %k30 : index
    %k31 = arith.constant 32 : index
    %v31 = arith.muli %core, %k31 : index
    %k32 = arith.constant 33 : index
    %v32 = arith.muli %core, %k32 : index
    %k33 = arith.constant 34 : index
    %v33 = arith.muli %core, %k33 : index
    %k34 = arith.constant 35 : index
    %v34 = arith.muli %core, %k34 : index
    %k35 = arith.constant 36 : index
    %v35 = arith.muli %core, %k35 : index
    %k36 = arith.constant 37 : index
    %v36 = arith.muli %core, %k36 : index
    %k37 = arith.constant 38 : index
    %v37 = arith.muli %core, %k37 : index
    %k38 = arith.constant 39 : index
    %v38 = arith.muli %core, %k38 : index
    %k39 = arith.constant 40 : index
    %v39 = arith.muli %core, %k39 : index
    %k40 = arith.constant 41 : index
    %v40 = arith.muli %core, %k40 : index
    %k41 = arith.constant 42 : index
    %v41 = arith.muli %core, %k41 : index
    %k42 = arith.constant 43 : index
    %v42 = arith.muli %core, %k42 : index
    %k43 = arith.constant 44 : index
    %v43 = arith.muli %core, %k43 : index
    %k44 = arith.constant 45 : index
    %v44 = arith.muli %core, %k44 : index
    %k45 = arith.constant 46 : index
    %v45 = arith.muli %core, %k45 : index
    %k46 = arith.constant 47 : index
    %v46 = arith.muli %core, %k46 : index
    %k47 = arith.constant 48 : index
    %v47 = arith.muli %core, %k47 : index
    %k48 = arith.constant 49 : index
    %v48 = arith.muli %core, %k48 : index
    %k49 = arith.constant 50 : index
    %v49 = arith.muli %core, %k49 : index
    %k50 = arith.constant 51 : index
    %v50 = arith.muli %core, %k50 : index
    %k51 = arith.constant 52 : index
    %v51 = arith.muli %core, %k51 : index
    %k52 = arith.constant 53 : index
    %v52 = arith.muli %core, %k52 : index
    %k53 = arith.constant 54 : index
    %v53 = arith.muli %core, %k53 : index
    %k54 = arith.constant 55 : index
    %v54 = arith.muli %core, %k54 : index
    %k55 = arith.constant 56 : index
    %v55 = arith.muli %core, %k55 : index
    %k56 = arith.constant 57 : index
    %v56 = arith.muli %core, %k56 : index
    %k57 = arith.constant 58 : index
    %v57 = arith.muli %core, %k57 : index
    %k58 = arith.constant 59 : index
    %v58 = arith.muli %core, %k58 : index
    %k59 = arith.constant 60 : index
    %v59 = arith.muli %core, %k59 : index
    %k60 = arith.constant 61 : index
    %v60 = arith.muli %core, %k60 : index
    %k61 = arith.constant 62 : index
    %v61 = arith.muli %core, %k61 : index
    %k62 = arith.constant 63 : index
    %v62 = arith.muli %core, %k62 : index
    %k63 = arith.constant 64 : index
    %v63 = arith.muli %core, %k63 : index
    %k64 = arith.constant 65 : index
    %v64 = arith.muli %core, %k64 : index
    task.phase {
      %a = task.alloc <l1> 65536 * 1 at 0
      scf.for %i = %c0 to %c4 step %c1 {
        task.scan %a[%v0] : f32 to %a[%v0] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v1] : f32 to %a[%v1] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v2] : f32 to %a[%v2] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v3] : f32 to %a[%v3] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v4] : f32 to %a[%v4] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v5] : f32 to %a[%v5] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v6] : f32 to %a[%v6] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v7] : f32 to %a[%v7] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v8] : f32 to %a[%v8] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v9] : f32 to %a[%v9] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v10] : f32 to %a[%v10] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v11] : f32 to %a[%v11] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v12] : f32 to %a[%v12] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v13] : f32 to %a[%v13] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v14] : f32 to %a[%v14] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v15] : f32 to %a[%v15] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v16] : f32 to %a[%v16] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v17] : f32 to %a[%v17] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v18] : f32 to %a[%v18] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v19] : f32 to %a[%v19] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v20] : f32 to %a[%v20] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v21] : f32 to %a[%v21] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v22] : f32 to %a[%v22] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v23] : f32 to %a[%v23] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v24] : f32 to %a[%v24] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v25] : f32 to %a[%v25] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v26] : f32 to %a[%v26] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v27] : f32 to %a[%v27] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v28] : f32 to %a[%v28] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v29] : f32 to %a[%v29] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v30] : f32 to %a[%v30] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v31] : f32 to %a[%v31] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v32] : f32 to %a[%v32] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v33] : f32 to %a[%v33] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v34] : f32 to %a[%v34] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v35] : f32 to %a[%v35] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v36] : f32 to %a[%v36] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v37] : f32 to %a[%v37] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v38] : f32 to %a[%v38] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v39] : f32 to %a[%v39] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v40] : f32 to %a[%v40] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v41] : f32 to %a[%v41] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v42] : f32 to %a[%v42] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v43] : f32 to %a[%v43] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v44] : f32 to %a[%v44] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v45] : f32 to %a[%v45] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v46] : f32 to %a[%v46] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v47] : f32 to %a[%v47] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v48] : f32 to %a[%v48] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v49] : f32 to %a[%v49] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v50] : f32 to %a[%v50] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v51] : f32 to %a[%v51] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v52] : f32 to %a[%v52] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v53] : f32 to %a[%v53] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v54] : f32 to %a[%v54] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v55] : f32 to %a[%v55] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v56] : f32 to %a[%v56] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v57] : f32 to %a[%v57] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v58] : f32 to %a[%v58] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v59] : f32 to %a[%v59] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v60] : f32 to %a[%v60] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v61] : f32 to %a[%v61] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v62] : f32 to %a[%v62] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v63] : f32 to %a[%v63] : f32 sizes [1, 1] strides [4, 4]
        task.scan %a[%v64] : f32 to %a[%v64] : f32 sizes [1, 1] strides [4, 4]
      }
    }
    return
  }
  func.func @main() {
    %y = memref.alloc() : memref<4xf32, #tile.mem<hbm>>
    tile.launch @many(%y) : memref<4xf32, #tile.mem<hbm>>
    tile.output %y {name = "y"} : memref<4xf32, #tile.mem<hbm>>
    return
  }
}
