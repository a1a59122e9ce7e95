// Every pass: what it does, what must hold before, what holds after. The order is that of Pipeline.cpp.
#ifndef GARAM_PASSES_TD
#define GARAM_PASSES_TD

include "mlir/Pass/PassBase.td"

// ---- golden ----------------------------------------------------------------------------------------------------

def ConvertGraphToLinalg : Pass<"convert-graph-to-linalg", "::mlir::ModuleOp"> {
  let summary = "Replaces graph ops by their reference in linalg";
  let description = [{
    The golden meaning of each op, for MLIR's JIT on the CPU; it shares nothing with the way to the chip. Before: any graph
    module. After: no graph op is left; values are computed in f32 and rounded to the element type of each result.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
                           "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect", "::mlir::func::FuncDialect"];
}

// ---- graph -----------------------------------------------------------------------------------------------------

def GraphVerifyIntegers : Pass<"graph-verify-integers", "::mlir::ModuleOp"> {
  let summary = "Refuses reductions of integers that f32 may not hold";
  let description = [{
    Before: any graph module. After: unchanged; each sum, extremum, prefix sum and position of integers stays within 2^24, by the types
    and casts of its operand.
  }];
}

def GraphSplitBatch : Pass<"graph-split-batch", "::mlir::ModuleOp"> {
  let summary = "Gives each die a part of the batch";
  let description = [{
    An optimisation, for chips of several dies. Before: a graph module with @main. After: unchanged, or, where the mapping file says
    so or the cost model expects it to be faster, `garam.parts` on the module and every tensor the size of one part; what is split has
    its dimension as `graph.split`. One part is the whole on one die.
  }];
  let dependentDialects = ["::garam::graph::GraphDialect"];
  let options = [Option<"mappingFile", "mapping-file", "std::string", "", "JSON as --emit mapping writes it; its `parts` decide">,
                 Option<"parts", "parts", "int64_t", "0", "as many, and an error where that cannot be; 0: as is fastest">];
}

def GraphOutlineKernels : Pass<"graph-outline-kernels", "::mlir::ModuleOp"> {
  let summary = "Moves the stretches of @main between calls into functions";
  let description = [{
    Before: a graph module with @main. After: @main holds calls and constants only; each function it calls is a kernel, each call a
    launch; constants that are more than one number are arguments of their kernel, which has no more of them than a launch has parameters;
    no iota is left.
  }];
  let dependentDialects = ["::garam::graph::GraphDialect"];
}

def GraphFormGroups : Pass<"graph-form-groups", "::mlir::func::FuncOp"> {
  let summary = "Fuses the ops of a kernel into groups and resolves views";
  let description = [{
    Before: a kernel of one block without calls. After: it holds graph.group ops and a return. Reshapes, transposes, slices and
    broadcasts stand where they are read, as strides of a load or a store; the others are copies.
  }];
  let dependentDialects = ["::garam::graph::GraphDialect"];
}

def GraphStageInputs : Pass<"graph-stage-inputs", "::mlir::ModuleOp"> {
  let summary = "Copies activations that several products read to shared memory";
  let description = [{
    An optimisation, for chips of one die with shared memory. Before: groups. After: the same, with copies in front.
  }];
  let dependentDialects = ["::garam::graph::GraphDialect"];
}

def GraphAssignMapping : Pass<"graph-assign-mapping", "::mlir::ModuleOp"> {
  let summary = "Chooses tiles, core grid, loop order, buffer depth and placement of each group";
  let description = [{
    By the file where it has an entry, else by the cost model. Before: groups; the module names its chip. After: every group has a
    mapping that fits the chip.
  }];
  let dependentDialects = ["::garam::graph::GraphDialect"];
  let options = [Option<"mappingFile", "mapping-file", "std::string", "", "JSON as --emit mapping writes it">];
}

def GraphVerifyMapped : Pass<"graph-verify-mapped", "::mlir::ModuleOp"> {
  let summary = "Closes the mapped graph level";
  let description = [{
    After: kernels hold groups only; each has a complete mapping that fits L1, accumulator and cores of the chip.
  }];
}

def ConvertGraphToTile : Pass<"convert-graph-to-tile", "::mlir::ModuleOp"> {
  let summary = "Groups become phases over the cores, tensors buffers, calls launches";
  let description = [{ Before: graph-verify-mapped. After: a module of docs/tile.md, without graph ops. }];
  let dependentDialects = ["::garam::tile::TileDialect", "::mlir::arith::ArithDialect", "::mlir::scf::SCFDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::func::FuncDialect"];
}

// ---- tile ------------------------------------------------------------------------------------------------------

def TileVerify : Pass<"tile-verify", "::mlir::ModuleOp"> {
  let summary = "Closes the tile level";
  let description = [{
    After: kernels hold phases, loops, index arithmetic and tile ops only; buffers are used through subview and
    reinterpret_cast only; every transfer is a tile op. docs/tile.md has the rules.
  }];
}

def TileSimplify : Pass<"tile-simplify", "::mlir::ModuleOp"> {
  let summary = "Folds index arithmetic, views, loops and branches";
  let description = [{ Canonicalisation without that of `scf.forall`: a phase on one core must stay a phase. }];
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
}

def ConvertTileToTask : Pass<"convert-tile-to-task", "::mlir::ModuleOp"> {
  let summary = "Binds each tile op to its engine and each operand to bytes";
  let description = [{
    Before: tile-verify. After: kernels are functions over `!task.buffer` whose phases hold loops, index arithmetic and task ops
    in the order of the tile program; no tokens and no addresses yet. Grid indices come from the number of the core.
  }];
  let dependentDialects = ["::garam::task::TaskDialect", "::mlir::arith::ArithDialect", "::mlir::scf::SCFDialect",
                           "::mlir::func::FuncDialect"];
}

// ---- task ------------------------------------------------------------------------------------------------------

def TaskExpandDivision : Pass<"task-expand-division", "::mlir::func::FuncOp"> {
  let summary = "Division and remainder by constants as multiplication and shift";
  let description = [{
    The sequencer does not divide. Dividends are at least zero and below 2^31. After: no division is left; one by a value that
    is not constant is an error.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def TaskPrefetch : Pass<"task-prefetch", "::mlir::ModuleOp"> {
  let summary = "Loads of constants move behind the loads of the phase before";
  let description = [{
    An optimisation. Before: no tokens. After: what a phase loads once, from memory that its kernel never writes, is loaded between the
    phases, into a buffer of the kernel's body, as far as L1 holds it beside the phase before.
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect"];
}

def TaskInsertSync : Pass<"task-insert-sync", "::mlir::func::FuncOp"> {
  let summary = "Orders the engines' accesses to each buffer by tokens";
  let description = [{
    Before: no tokens. After: within a phase every two accesses to a buffer of which one writes are ordered; each loop iteration
    is at net zero. Semaphores are virtual; rings start full at the start of a phase and are drained at its end.
  }];
  let dependentDialects = ["::garam::task::TaskDialect"];
}

def TaskAllocate : Pass<"task-allocate", "::mlir::ModuleOp"> {
  let summary = "Byte addresses in L1 and acc, offsets in weight and workspace segments, launch parameters";
  let description = [{
    After: every alloc has an address, every workspace an offset, every argument a launch parameter and an offset from the
    address it holds. What does not fit is an error that names the memory, the bytes and the op.
  }];
}

def TaskFoldSync : Pass<"task-fold-sync", "::mlir::func::FuncOp"> {
  let summary = "Moves waits and signals of sync ops into neighbouring ops of their engine";
  let description = [{ Optional: the same tokens with fewer ops. }];
}

def TaskSplitSync : Pass<"task-split-sync", "::mlir::func::FuncOp"> {
  let summary = "At most two waits and two signals on an op";
  let description = [{ After: what an instruction holds; the rest is on sync ops of the same engine beside it. }];
}

def TaskAssignSemaphores : Pass<"task-assign-semaphores", "::mlir::func::FuncOp"> {
  let summary = "Virtual semaphores to the 64 of a core";
  let description = [{
    After: tokens name semaphores of the machine, each with one waiting engine. A semaphore is used again where a join of all
    engines lies between the two uses.
  }];
}

def TaskVerifySchedule : Pass<"task-verify-schedule", "::mlir::ModuleOp"> {
  let summary = "Proves that the program can neither hang nor race nor leave its buffers";
  let description = [{
    Executes the sequencer's program of every core without time: queues, tokens and barriers give freedom from deadlock; vector
    clocks over engines and barriers give freedom from races, byte by byte; tokens balance in every iteration and never exceed
    the maximum; every access lies inside its buffer. Programs with run-time values are executed for all of their range.
  }];
}

def TaskLowerAddresses : Pass<"task-lower-addresses", "::mlir::func::FuncOp"> {
  let summary = "Offsets become addresses";
  let description = [{
    Before: task-allocate. After: the offset of every operand is its address, in index arithmetic. In a module of `garam.parts` the
    number of a core is that on its die, and addresses are those of its die; dies without a part do nothing.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::scf::SCFDialect", "::garam::task::TaskDialect"];
}

def ConvertTaskToIsa : Pass<"convert-task-to-isa", "::mlir::ModuleOp"> {
  let summary = "Instructions, registers, descriptors, and the tables of the program";
  let description = [{
    Before: task-lower-addresses, and cse and loop-invariant-code-motion after it. After: the module holds one isa.program. Uses
    of the module: `garam.flops`, `garam.compulsory_bytes`, `garam.dtype`, `garam.phase`, `garam.batch`, `garam.sequence_length`,
    `garam.kv_capacity`, `garam.weight_files`, `garam.mapping`.
  }];
  let dependentDialects = ["::garam::isa::IsaDialect"];
}

#endif
