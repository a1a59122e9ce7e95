// The isa dialect: how. One op for each instruction record, integer fields only, and around them all that a program
// file holds, so that the text of this level is complete.
#ifndef GARAM_DIALECTS_ISA_TD
#define GARAM_DIALECTS_ISA_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"

def Isa_Dialect : Dialect {
  let name = "isa";
  let cppNamespace = "::garam::isa";
  let summary = "How: instructions with integer fields, and the tables of a program";
  let description = [{
    Decided here: encodings. Nothing is left open. The ops of instructions are generated from `runtime/isa/Isa.td`; their text is the
    assembler's.
  }];
  let useDefaultAttributePrinterParser = 1;
}

def Isa_Engine : I32EnumAttr<"EngineName", "engine", [
    I32EnumAttrCase<"Seq", 0, "seq">, I32EnumAttrCase<"DmaIn", 1, "dma_in">, I32EnumAttrCase<"DmaOut", 2, "dma_out">,
    I32EnumAttrCase<"Matrix", 3, "matrix">, I32EnumAttrCase<"Vector", 4, "vector">, I32EnumAttrCase<"None", 255, "none">]> {
  let cppNamespace = "::garam::isa";
}

def Isa_SegmentKind : I32EnumAttr<"SegmentKindName", "what a segment holds", [
    I32EnumAttrCase<"Input", 0, "input">, I32EnumAttrCase<"Output", 1, "output">, I32EnumAttrCase<"Weight", 2, "weight">,
    I32EnumAttrCase<"Constant", 3, "constant">, I32EnumAttrCase<"State", 4, "state">, I32EnumAttrCase<"Workspace", 5, "workspace">]> {
  let cppNamespace = "::garam::isa";
}

class Isa_Attr<string name, string mnemonic_> : AttrDef<Isa_Dialect, name> { let mnemonic = mnemonic_; }

def Isa_ChainAttr : Isa_Attr<"Chain", "chain"> {
  let summary = "a chain of vector steps, as rt::Chain";
  let description = [{
    Sources and result with their types, steps in order, then the constants by number:
    `#isa.chain<s0 bf16, s1 f32 row, dst bf16, mul s1, add c0, reduce sum columns, constants [1.0]>`.
    `row` marks an operand with one element for each row, `integer` a chain that computes in integers.
  }];
  let parameters = (ins "::garam::rt::Chain":$chain);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}

def Isa_WeightAttr : Isa_Attr<"Weight", "weight"> {
  let summary = "where the bytes of a weight come from: a tensor of one of the program's weight files, by number, and what is done to it";
  let parameters = (ins StringRefParameter<"name in the file">:$tensor, "uint32_t":$file, "::mlir::RankedTensorType":$type,
      StringRefParameter<"of the tensor's bytes, hex">:$sha256, "uint64_t":$offset, "::mlir::Type":$to,
      "::mlir::DenseI64ArrayAttr":$permutation, "::mlir::DenseI64ArrayAttr":$begin, "::mlir::DenseI64ArrayAttr":$end);
  let assemblyFormat = "`<` struct(params) `>`";
}

def Isa_ParameterAttr : Isa_Attr<"Parameter", "parameter"> {
  let summary = "a launch parameter: an address (segment and offset), or a run-time value by name";
  let parameters = (ins "int32_t":$segment, "int64_t":$offset, StringRefParameter<"run-time value">:$value);
  let assemblyFormat = "`<` struct(params) `>`";
}

#endif
