// Operations of the tile dialect. Transfers and engine work read and write buffers; the element type and shape are in the type.
#ifndef GARAM_DIALECTS_TILE_TILEOPS_TD
#define GARAM_DIALECTS_TILE_TILEOPS_TD

include "dialects/tile/Tile.td"
include "mlir/IR/OpBase.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Tile_Op<string mnemonic, list<Trait> traits = []> : Op<Tile_Dialect, mnemonic, traits>;

class Reads<string text> : Arg<AnyMemRef, text, [MemRead]>;
class Writes<string text> : Arg<AnyMemRef, text, [MemWrite]>;
class Updates<string text> : Arg<AnyMemRef, text, [MemRead, MemWrite]>;

// ---- module ---------------------------------------------------------------------------------------------------

def Tile_LaunchOp : Tile_Op<"launch", [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "Runs a kernel on all cores";
  let description = [{ Example: `tile.launch @layer(%x, %w, %y) : memref<…>, memref<…>, memref<…>` }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, Variadic<AnyType>:$arguments);
  let assemblyFormat = "$kernel `(` $arguments `)` attr-dict (`:` type($arguments)^)?";
}

def Tile_OutputOp : Tile_Op<"output", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "Names a result of the program";
  let description = [{ Example: `tile.output %y {name = "sentence_embedding"} : memref<…>` }];
  let arguments = (ins AnyMemRef:$value, StrAttr:$name);
  let assemblyFormat = "$value attr-dict `:` type($value)";
}

// ---- buffers --------------------------------------------------------------------------------------------------

def Tile_AllocOp : Tile_Op<"alloc"> {
  let summary = "A fresh buffer in each iteration of the loop around it";
  let description = [{
    `depth` copies rotate, so that an engine fills one while another is read. The buffer dies at the end of the iteration.
    Example: `%b = tile.alloc {depth = 2 : i64} : memref<128x384xbf16, #tile.mem<l1>>`
  }];
  let arguments = (ins DefaultValuedAttr<I64Attr, "1">:$depth);
  let results = (outs Res<AnyMemRef, "", [MemAlloc]>:$buffer);
  let assemblyFormat = "attr-dict `:` type($buffer)";
  let hasVerifier = 1;
  let builders = [OpBuilder<(ins "::mlir::MemRefType":$type, CArg<"int64_t", "1">:$depth), [{
    build($_builder, $_state, type, $_builder.getI64IntegerAttr(depth));
  }]>];
}

// ---- transfers ------------------------------------------------------------------------------------------------

def Tile_LoadOp : Tile_Op<"load"> {
  let summary = "Copies from hbm or shared to l1";
  let arguments = (ins Reads<"hbm or shared">:$source, Writes<"l1">:$target);
  let assemblyFormat = "$source `,` $target attr-dict `:` type($source) `,` type($target)";
  let hasVerifier = 1;
}

def Tile_StoreOp : Tile_Op<"store"> {
  let summary = "Copies from l1 or acc to hbm or shared";
  let arguments = (ins Reads<"l1 or acc">:$source, Writes<"hbm or shared">:$target);
  let assemblyFormat = "$source `,` $target attr-dict `:` type($source) `,` type($target)";
  let hasVerifier = 1;
}

def Tile_GatherOp : Tile_Op<"gather"> {
  let summary = "target[j] = table[indices[j]]";
  let arguments = (ins Reads<"hbm, [V, ...]">:$table, Reads<"l1, [N] i32 or i64">:$indices, Writes<"l1, [N, ...]">:$target);
  let assemblyFormat = "$table `,` $indices `,` $target attr-dict `:` type($table) `,` type($indices) `,` type($target)";
  let hasVerifier = 1;
}

def Tile_ScatterOp : Tile_Op<"scatter"> {
  let summary = "table[indices[j]] = source[j]";
  let arguments = (ins Reads<"l1, [N, ...]">:$source, Reads<"l1, [N] i32 or i64">:$indices, Writes<"hbm, [V, ...]">:$table);
  let assemblyFormat = "$source `,` $indices `,` $table attr-dict `:` type($source) `,` type($indices) `,` type($table)";
  let hasVerifier = 1;
}

// ---- engines --------------------------------------------------------------------------------------------------

def Tile_MatmulOp : Tile_Op<"matmul"> {
  let summary = "Product of two tiles into or onto an accumulator";
  let description = [{
    a [M,K] · w [K,N], or w [N,K] if `transposed`. Replaces acc if `accumulate` is absent or zero, else adds.
    Example: `tile.matmul %a, %w, %acc accumulate %i : index {transposed} : memref<…>, memref<…>, memref<…>`
  }];
  let arguments = (ins Reads<"l1, [M,K]">:$a, Reads<"l1, [K,N] or [N,K]">:$w, Updates<"acc, [M,N]">:$acc,
                       Optional<AnyTypeOf<[I1, Index]>>:$accumulate, UnitAttr:$transposed);
  let assemblyFormat = [{
    $a `,` $w `,` $acc (`accumulate` $accumulate^ `:` type($accumulate))? attr-dict
    `:` type($a) `,` type($w) `,` type($acc)
  }];
  let hasVerifier = 1;
}

def Tile_MapOp : Tile_Op<"map", [AttrSizedOperandSegments]> {
  let summary = "A chain of vector steps over rows × columns";
  let description = [{
    The first result, or source 0 where there is none, fixes rows × columns ([R, C]; rank 1 is one row). A source is [R, C], a row
    vector [C] or [1, C], or a column [R, 1]. The reduction's result is f32, [R] (`columns`) or [C] (`rows`).
    Example: `tile.map ins(%x, %m : …) outs(%y : …) reduce(%s : …) chain = #tile.chain<sub s1, exp, reduce sum columns>`
  }];
  let arguments = (ins Arg<Variadic<AnyMemRef>, "l1 or acc", [MemRead]>:$sources,
                       Arg<Variadic<AnyMemRef>, "l1 or acc; at most one", [MemWrite]>:$outputs,
                       Arg<Optional<AnyMemRef>, "l1, f32", [MemWrite]>:$reduced,
                       Optional<Index>:$scalar, Tile_ChainAttr:$chain);
  let assemblyFormat = [{
    `ins` `(` ($sources^ `:` type($sources))? `)` (`outs` `(` $outputs^ `:` type($outputs) `)`)?
    (`reduce` `(` $reduced^ `:` type($reduced) `)`)? (`scalar` `(` $scalar^ `)`)? `chain` `=` $chain attr-dict
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Rows and columns; dynamic where the operand that fixes them is.
    std::pair<int64_t, int64_t> getShape();
    /// The operand that fixes rows and columns.
    ::mlir::Value getShapeOperand();
    /// The chain with the element types of the operands.
    ::garam::rt::Chain getRuntimeChain();
  }];
}

def Tile_RotateOp : Tile_Op<"rotate"> {
  let summary = "Rotary embedding";
  let description = [{ x and out are [rows, heads · dim], cos and sin f32 [rows, dim]; heads lie contiguous in a row. }];
  let arguments = (ins Reads<"l1">:$x, Reads<"l1, f32">:$cos, Reads<"l1, f32">:$sin, Writes<"l1">:$out, I64Attr:$dim,
                       DefaultValuedAttr<Tile_RotateModeAttr, "RotateMode::halves">:$mode);
  let assemblyFormat = [{
    $x `,` $cos `,` $sin `,` $out attr-dict `:` type($x) `,` type($cos) `,` type($sin) `,` type($out)
  }];
  let hasVerifier = 1;
}

class Tile_RowsOp<string mnemonic, string text> : Tile_Op<mnemonic> {
  let summary = text;
  let arguments = (ins Reads<"l1 or acc, [R,C]">:$x, Writes<"l1">:$out);
  let assemblyFormat = "$x `,` $out attr-dict `:` type($x) `,` type($out)";
  let hasVerifier = 1;
}
#define GARAM_TILE_ROWS
include "runtime/isa/RowsOps.td"

// ---- order and control ----------------------------------------------------------------------------------------

def Tile_BarrierOp : Tile_Op<"barrier", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "All cores meet; earlier writes are visible after it";
  let arguments = (ins DefaultValuedAttr<Tile_ScopeAttr, "Scope::chip">:$scope);
  let assemblyFormat = "attr-dict";
}

def Tile_ReadOp : Tile_Op<"read"> {
  let summary = "A control value from an l1 buffer into the sequencer";
  let description = [{ Example: `%n = tile.read %lengths[%i] : memref<8xi32, #tile.mem<l1>>` }];
  let arguments = (ins Reads<"l1, i32 or i64">:$buffer, Variadic<Index>:$indices);
  let results = (outs Index:$value);
  let assemblyFormat = "$buffer `[` $indices `]` attr-dict `:` type($buffer)";
  let hasVerifier = 1;
}

#endif
