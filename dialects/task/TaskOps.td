// Operations of the task dialect. `%buffer[%offset]` is an operand in memory; offsets and strides are bytes.
#ifndef GARAM_DIALECTS_TASK_TASKOPS_TD
#define GARAM_DIALECTS_TASK_TASKOPS_TD

include "dialects/task/Task.td"
include "dialects/tile/Tile.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Task_Op<string mnemonic, list<Trait> traits = []> : Op<Task_Dialect, mnemonic, traits>;

// ---- memory ---------------------------------------------------------------------------------------------------

def Task_AllocOp : Task_Op<"alloc"> {
  let summary = "A buffer of a core: `depth` slots that rotate over the executions of this op";
  let description = [{
    Each execution takes the next slot, round and round over the whole phase. Example: `%b = task.alloc <l1> 98304 * 2 at 4096`
  }];
  let arguments = (ins Tile_MemAttr:$mem, I64Attr:$bytes, I64Attr:$depth, OptionalAttr<I64Attr>:$address);
  let results = (outs Res<Task_Buffer, "", [MemAlloc]>:$buffer);
  let assemblyFormat = "$mem $bytes `*` $depth (`at` $address^)? attr-dict";
  let extraClassDeclaration = [{
    /// Bytes from a slot to the next.
    int64_t getSlotBytes();
  }];
}

def Task_WorkspaceOp : Task_Op<"workspace"> {
  let summary = "A tensor in hbm or shared that lives for one launch";
  let arguments = (ins Tile_MemAttr:$mem, TypeAttr:$type, OptionalAttr<StrAttr>:$node, OptionalAttr<I64Attr>:$offset);
  let results = (outs Res<Task_Buffer, "", [MemAlloc]>:$buffer);
  let assemblyFormat = "$mem $type (`at` $offset^)? attr-dict";
}

def Task_SlotOp : Task_Op<"slot", [Pure]> {
  let summary = "Address of a buffer's slot in this iteration";
  let arguments = (ins Task_Buffer:$buffer);
  let results = (outs Index:$address);
  let assemblyFormat = "$buffer attr-dict";
}

def Task_CoreOp : Task_Op<"core", [Pure]> {
  let summary = "Number of this core in the program";
  let results = (outs Index:$core);
  let assemblyFormat = "attr-dict";
}

def Task_ParamOp : Task_Op<"param", [Pure]> {
  let summary = "A launch parameter";
  let arguments = (ins I64Attr:$index);
  let results = (outs Index:$value);
  let assemblyFormat = "$index attr-dict";
}

def Task_PhaseOp : Task_Op<"phase", [NoTerminator, SingleBlock]> {
  let summary = "Work of one group, on all cores; rings and tokens start and end with it";
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$body attr-dict";
}

// ---- engines --------------------------------------------------------------------------------------------------

class Task_Insn<string mnemonic, list<Trait> traits = []>
    : Task_Op<mnemonic, !listconcat(traits, [DeclareOpInterfaceMethods<Task_EngineOp, ["getEngine", "getAccesses"]>])> {
  dag sync = (ins OptionalAttr<Task_TokensAttr>:$waits, OptionalAttr<Task_TokensAttr>:$signals);
}
defvar sync_format = " (`wait` $waits^)? (`signal` $signals^)? attr-dict";

class Task_Transfer<string mnemonic, string text> : Task_Insn<mnemonic, [AttrSizedOperandSegments]> {
  let summary = text;
  let description = [{
    Counts and strides innermost first; dimension 0 is contiguous bytes. With indices, dimension 4 steps through the list, and
    `rows` is the size of the table that they index.
  }];
  let arguments = !con((ins Task_Buffer:$source, Index:$sourceOffset, Task_Buffer:$target, Index:$targetOffset,
                            Optional<Task_Buffer>:$indices, Optional<Index>:$indicesOffset, OptionalAttr<TypeAttr>:$indexType,
                            OptionalAttr<I64Attr>:$rows,
                            Variadic<Index>:$counts, DenseI64ArrayAttr:$staticCounts, DenseI64ArrayAttr:$sourceStrides,
                            DenseI64ArrayAttr:$targetStrides), sync);
  let assemblyFormat = !strconcat([{
    $source `[` $sourceOffset `]` `to` $target `[` $targetOffset `]` (`indices` $indices^ `[` $indicesOffset `]` `:` $indexType)?
    (`rows` $rows^)?
    `counts` custom<DynamicIndexList>($counts, $staticCounts) `strides` $sourceStrides `to` $targetStrides
  }], sync_format);
  let hasVerifier = 1;
}
def Task_LoadOp : Task_Transfer<"load", "Copies from hbm or shared to l1; with indices a gather">;
def Task_StoreOp : Task_Transfer<"store", "Copies from l1 or acc to hbm or shared; with indices a scatter">;

def Task_MmaOp : Task_Insn<"mma", [AttrSizedOperandSegments]> {
  let summary = "Tile product: sizes are m, k, n; strides are those of a, w, acc";
  let arguments = !con((ins Task_Buffer:$a, Index:$aOffset, Task_Buffer:$w, Index:$wOffset, Task_Buffer:$acc, Index:$accOffset,
                            Variadic<Index>:$sizes, DenseI64ArrayAttr:$staticSizes, DenseI64ArrayAttr:$strides,
                            Optional<Index>:$accumulate, TypeAttr:$aType, TypeAttr:$wType, UnitAttr:$transposed), sync);
  let assemblyFormat = !strconcat([{
    $a `[` $aOffset `]` `:` $aType `,` $w `[` $wOffset `]` `:` $wType (`transposed` $transposed^)? `to` $acc `[` $accOffset `]`
    `sizes` custom<DynamicIndexList>($sizes, $staticSizes) `strides` $strides (`accumulate` $accumulate^)?
  }], sync_format);
  let hasVerifier = 1;
}

def Task_MapOp : Task_Insn<"map", [AttrSizedOperandSegments]> {
  let summary = "A chain of vector steps over rows × columns";
  let arguments = !con((ins Variadic<Task_Buffer>:$sources, Variadic<Index>:$sourceOffsets, TypeArrayAttr:$sourceTypes,
                            DenseI64ArrayAttr:$sourceStrides, DenseBoolArrayAttr:$perRow,
                            Optional<Task_Buffer>:$target, Optional<Index>:$targetOffset, OptionalAttr<TypeAttr>:$targetType,
                            DefaultValuedAttr<I64Attr, "0">:$targetStride,
                            Optional<Task_Buffer>:$reduced, Optional<Index>:$reducedOffset, Optional<Index>:$scalar,
                            Variadic<Index>:$sizes, DenseI64ArrayAttr:$staticSizes, Tile_ChainAttr:$chain), sync);
  let assemblyFormat = !strconcat([{
    `from` `(` ($sources^ `at` $sourceOffsets)? `)` $sourceTypes `strides` $sourceStrides `columns` $perRow
    (`to` $target^ `[` $targetOffset `]` `:` $targetType)? (`reduce` $reduced^ `[` $reducedOffset `]`)? (`scalar` $scalar^)?
    `sizes` custom<DynamicIndexList>($sizes, $staticSizes) `chain` $chain
  }], sync_format);
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::garam::rt::Chain getRuntimeChain();
  }];
}

def Task_RotateOp : Task_Insn<"rotate"> {
  let summary = "Rotary embedding: sizes are rows; strides are those of x, cos, sin, out";
  let arguments = !con((ins Task_Buffer:$x, Index:$xOffset, Task_Buffer:$cos, Index:$cosOffset, Task_Buffer:$sin, Index:$sinOffset,
                            Task_Buffer:$out, Index:$outOffset, Variadic<Index>:$sizes, DenseI64ArrayAttr:$staticSizes,
                            DenseI64ArrayAttr:$strides, I64Attr:$heads, I64Attr:$dim, TypeAttr:$xType, TypeAttr:$outType,
                            Tile_RotateModeAttr:$mode), sync);
  let assemblyFormat = !strconcat([{
    $x `[` $xOffset `]` `:` $xType `,` $cos `[` $cosOffset `]` `,` $sin `[` $sinOffset `]` `to` $out `[` $outOffset `]` `:` $outType
    `sizes` custom<DynamicIndexList>($sizes, $staticSizes) `strides` $strides `heads` $heads `dim` $dim $mode
  }], sync_format);
  let hasVerifier = 1;
}

class Task_RowsOp<string mnemonic, string text> : Task_Insn<mnemonic> {
  let summary = text;
  let arguments = !con((ins Task_Buffer:$x, Index:$xOffset, Task_Buffer:$out, Index:$outOffset, Variadic<Index>:$sizes,
                            DenseI64ArrayAttr:$staticSizes, DenseI64ArrayAttr:$strides, TypeAttr:$xType, TypeAttr:$outType), sync);
  let assemblyFormat = !strconcat([{
    $x `[` $xOffset `]` `:` $xType `to` $out `[` $outOffset `]` `:` $outType
    `sizes` custom<DynamicIndexList>($sizes, $staticSizes) `strides` $strides
  }], sync_format);
  let hasVerifier = 1;
}
#define GARAM_TASK_ROWS
include "runtime/isa/RowsOps.td"

def Task_ReadOp : Task_Insn<"read"> {
  let summary = "An integer in l1 into the sequencer";
  let arguments = !con((ins Task_Buffer:$buffer, Index:$offset, TypeAttr:$type), sync);
  let results = (outs Index:$value);
  let assemblyFormat = !strconcat("$buffer `[` $offset `]` `:` $type", sync_format);
}

def Task_BarrierOp : Task_Insn<"barrier"> {
  let summary = "All cores of the scope meet; an instruction of dma_out";
  let arguments = !con((ins Tile_ScopeAttr:$scope), sync);
  let assemblyFormat = !strconcat("$scope", sync_format);
}

def Task_SyncOp : Task_Insn<"sync"> {
  let summary = "Waits and signals only";
  let arguments = !con((ins Task_EngineAttr:$on), sync);
  let assemblyFormat = !strconcat("$on", sync_format);
}

#endif
