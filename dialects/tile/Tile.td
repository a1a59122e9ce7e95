// The tile dialect: where the bytes are. docs/tile.md is the page about the level.
#ifndef GARAM_DIALECTS_TILE_TILE_TD
#define GARAM_DIALECTS_TILE_TILE_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/DialectBase.td"
include "mlir/IR/EnumAttr.td"

def Tile_Dialect : Dialect {
  let name = "tile";
  let cppNamespace = "::garam::tile";
  let summary = "Loops, buffers and transfers";
  let description = [{
    Decided at this level: loops, buffers with a memory space, explicit transfers between spaces, and the tiles that the
    engines work on. Not decided yet: engines, addresses, order between engines.
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
  let useDefaultAttributePrinterParser = 1;
  let hasOperationAttrVerify = 1;
}

def Tile_Mem : I32EnumAttr<"Mem", "memory of a buffer", [
    I32EnumAttrCase<"hbm", 0>, I32EnumAttrCase<"shared", 1>, I32EnumAttrCase<"l1", 2>, I32EnumAttrCase<"acc", 3>]> {
  let cppNamespace = "::garam::tile";
  let genSpecializedAttr = 0;
}
def Tile_MemAttr : EnumAttr<Tile_Dialect, Tile_Mem, "mem"> {
  let assemblyFormat = "`<` $value `>`";
}

def Tile_Scope : I32EnumAttr<"Scope", "cores that meet at a barrier", [
    I32EnumAttrCase<"die", 0>, I32EnumAttrCase<"chip", 1>]> {
  let cppNamespace = "::garam::tile";
  let genSpecializedAttr = 0;
}
def Tile_ScopeAttr : EnumAttr<Tile_Dialect, Tile_Scope, "scope">;

def Tile_RotateMode : I32EnumAttr<"RotateMode", "pairs that a rotation turns", [
    I32EnumAttrCase<"halves", 0>, I32EnumAttrCase<"pairs", 1>]> {
  let cppNamespace = "::garam::tile";
  let genSpecializedAttr = 0;
}
def Tile_RotateModeAttr : EnumAttr<Tile_Dialect, Tile_RotateMode, "rotate_mode">;

def Tile_ChainAttr : AttrDef<Tile_Dialect, "Chain"> {
  let mnemonic = "chain";
  let summary = "Steps of the vector engine";
  let description = [{
    What `rt::Chain` holds except the element types, which follow from the operands. The running value starts as source 0;
    each step changes it. An operand of a step is a source `s0` … `s2`, a saved value `t0`, `t1`, the index `row` or `col`, the
    run-time `scalar`, or a number.

    `#tile.chain<mul s1, add 0.5, exp>`, `#tile.chain<sub s1, exp, reduce sum columns>`, `#tile.chain<integer, add 1.0>`
  }];
  let parameters = (ins
    ArrayRefParameter<"::garam::rt::Step">:$steps,
    "::mlir::DenseF32ArrayAttr":$constants,
    "bool":$integer,
    "::garam::rt::Reduction":$reduction,
    "bool":$reduceRows);
  let builders = [AttrBuilder<(ins "const ::garam::rt::Chain &":$chain), [{
    return $_get($_ctxt, ::llvm::ArrayRef(chain.steps), ::mlir::DenseF32ArrayAttr::get($_ctxt, chain.constants),
                 chain.integer, chain.reduction, chain.reduceRows);
  }]>];
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}

#endif
