// Ops of the isa dialect: tables of a program by hand, instructions generated from the record.
#ifndef GARAM_DIALECTS_ISA_OPS_TD
#define GARAM_DIALECTS_ISA_OPS_TD

include "dialects/isa/Isa.td"

class Isa_Op<string mnemonic, list<Trait> traits = []> : Op<Isa_Dialect, mnemonic, traits>;

// ---- program ---------------------------------------------------------------------------------------------------

def Isa_ProgramOp : Isa_Op<"program", [NoTerminator, SingleBlock]> {
  let summary = "a whole program: everything that a .garam file holds";
  let arguments = (ins I32Attr:$version, StrAttr:$model, StrAttr:$chip, I32Attr:$dies, StrAttr:$dtype, StrAttr:$phase, I64Attr:$batch,
      I64Attr:$sequence_length, I64Attr:$kv_capacity, StrArrayAttr:$weight_files, I64Attr:$flops, I64Attr:$compulsory_bytes, StrAttr:$mapping,
      OptionalAttr<DictionaryAttr>:$chip_keys);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "attr-dict-with-keyword $body";
  let description = [{
    `chip_keys` holds what the compiler knew of the chip, `table.key = "value"`; without it the program is for every chip of that name.
  }];
  let hasRegionVerifier = 1;
}

class Isa_ProgramEntry<string mnemonic, list<Trait> traits = []> : Isa_Op<mnemonic, !listconcat([HasParent<"ProgramOp">], traits)>;
class Isa_KernelEntry<string mnemonic, list<Trait> traits = []> : Isa_Op<mnemonic, !listconcat([HasParent<"KernelOp">], traits)>;

def Isa_ValueOp : Isa_ProgramEntry<"value"> {
  let summary = "a run-time value and its range, both ends included";
  let arguments = (ins StrAttr:$name, I64Attr:$low, I64Attr:$high);
  let assemblyFormat = "$name $low `to` $high attr-dict";
}

def Isa_SegmentOp : Isa_ProgramEntry<"segment"> {
  let summary = "a piece of memory, numbered in order: its place, and what it starts with";
  let arguments = (ins I32Attr:$index, StrAttr:$name, Isa_SegmentKind:$kind, I64Attr:$address, I64Attr:$bytes, TypeAttr:$type,
      OptionalAttr<TypedArrayAttrBase<Isa_WeightAttr, "array of weights">>:$weights, OptionalAttr<ElementsAttr>:$data,
      DefaultValuedAttr<I32Attr, "1">:$dies, UnitAttr:$split,
      OptionalAttr<DenseI64ArrayAttr>:$range);
  let assemblyFormat = [{
    $index $name $kind `at` $address `bytes` $bytes `as` $type (`weights` $weights^)? (`data` $data^)? (`dies` $dies^)?
    (`split` $split^)? (`range` $range^)? attr-dict
  }];
  let hasVerifier = 1;
}

def Isa_OutputOp : Isa_ProgramEntry<"output"> {
  let summary = "what the model returns, in order: the segment that holds it after the last launch";
  let arguments = (ins StrAttr:$name, I32Attr:$segment);
  let assemblyFormat = "$name `in` $segment attr-dict";
}

def Isa_LaunchOp : Isa_ProgramEntry<"launch"> {
  let summary = "a run of a kernel with its parameters";
  let arguments = (ins StrAttr:$name, I32Attr:$kernel, TypedArrayAttrBase<Isa_ParameterAttr, "array of parameters">:$parameters);
  let assemblyFormat = "$name `kernel` $kernel $parameters attr-dict";
}

def Isa_BoundaryOp : Isa_ProgramEntry<"boundary"> {
  let summary = "a tensor that a launch writes, by the name of the exported graph's node";
  let arguments = (ins StrAttr:$node, I32Attr:$segment, I64Attr:$offset, TypeAttr:$type, I32Attr:$launch,
      DefaultValuedAttr<I32Attr, "-1">:$split);
  let assemblyFormat = "$node `in` $segment `+` $offset `as` $type `launch` $launch (`split` $split^)? attr-dict";
  let hasVerifier = 1;
}

def Isa_LocationOp : Isa_ProgramEntry<"location"> {
  let summary = "where instructions come from, numbered in order";
  let arguments = (ins I32Attr:$index, StrAttr:$op, StrAttr:$tile_op, StrAttr:$node, StrAttr:$source);
  let assemblyFormat = "$index $op $tile_op $node $source attr-dict";
}

// ---- kernel ----------------------------------------------------------------------------------------------------

def Isa_KernelOp : Isa_ProgramEntry<"kernel", [NoTerminator, SingleBlock]> {
  let summary = "a kernel, numbered in order: tables first, then instructions";
  let arguments = (ins I32Attr:$index, StrAttr:$name);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$index $name $body attr-dict";
  let hasRegionVerifier = 1;
}

def Isa_SemaphoreOp : Isa_KernelEntry<"semaphore"> {
  let summary = "a semaphore in use: the engine that waits on it and the tokens it starts with";
  let arguments = (ins I32Attr:$number, Isa_Engine:$waiter, I32Attr:$tokens);
  let assemblyFormat = "$number $waiter `tokens` $tokens attr-dict";
  let hasVerifier = 1;
}

def Isa_DmaShapeOp : Isa_KernelEntry<"dma_shape"> {
  let summary = "descriptor of a transfer: counts and strides, innermost first";
  let arguments = (ins I32Attr:$index, DenseI64ArrayAttr:$counts, DenseI64ArrayAttr:$from, DenseI64ArrayAttr:$to);
  let assemblyFormat = "$index $counts `from` $from `to` $to attr-dict";
  let hasVerifier = 1;
}

def Isa_VectorChainOp : Isa_KernelEntry<"vector_chain"> {
  let summary = "descriptor of a chain";
  let arguments = (ins I32Attr:$index, Isa_ChainAttr:$chain);
  let assemblyFormat = "$index $chain attr-dict";
}

def Isa_OriginOp : Isa_KernelEntry<"origin"> {
  let summary = "the next `count` instructions come from a location";
  let arguments = (ins I32Attr:$location, I32Attr:$count);
  let assemblyFormat = "$location `*` $count attr-dict";
}

// ---- instructions ----------------------------------------------------------------------------------------------

// Slots are those of the record's fields; bit i of `regs` says that slot i names a register. Tokens are encoded as in the
// instruction word (docs/hardware/isa.md).
class Isa_Insn<string mnemonic> : Isa_KernelEntry<mnemonic> {
  let arguments = (ins DenseI32ArrayAttr:$slots, I32Attr:$regs, DenseI32ArrayAttr:$waits, DenseI32ArrayAttr:$signals);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let builders = [OpBuilder<(ins "const ::garam::rt::Insn &":$insn), "::garam::isa::fill($_state, insn);">];
  let extraClassDefinition = [{
    ::mlir::ParseResult $cppClass::parse(::mlir::OpAsmParser &parser, ::mlir::OperationState &result) {
      return ::garam::isa::parseInsn(parser, result);
    }
    void $cppClass::print(::mlir::OpAsmPrinter &printer) { ::garam::isa::printInsn(printer, *this); }
    ::llvm::LogicalResult $cppClass::verify() { return ::garam::isa::verifyInsn(*this); }
  }];
}

include "runtime/isa/IsaOps.td"

#endif
